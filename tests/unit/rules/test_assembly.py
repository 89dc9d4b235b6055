"""What the assembly decides, and when the next is, against answers worked out by hand."""

import pytest

from sim.core.units import Motion, Phase
from sim.rules import assembly
from sim.rules.assembly import AssemblyInputs
from sim.rules.channel import ChannelParameters

P = ChannelParameters()


def tidings(**given):
    usual = {
        "hour": 70, "online": 5000.0, "top_today": 900.0, "top_ever": 1000.0,
        "hours_in_phase": 10, "answer": 0.0, "leading": int(Motion.ATTACK),
    }  # fmt: skip
    return AssemblyInputs(**usual | given)


HALF = P._replace(
    quorum=5000.0, dissolve_share=0.5, answer_accepted=0.6, attack_before_truce=30, divert_after=40.0
)  # fmt: skip
ASSEMBLIES = [
    (Phase.GATHER, {}, Phase.ATTACK),  # at the quorum itself
    (Phase.GATHER, {"online": 4999.0}, Phase.GATHER),
    (Phase.GATHER, {"leading": -1}, Phase.ATTACK),
    (Phase.GATHER, {"leading": int(Motion.PAUSE)}, Phase.GATHER),
    (Phase.GATHER, {"leading": int(Motion.DISSOLVE)}, Phase.GATHER),
    (Phase.GATHER, {"leading": int(Motion.ESCALATE)}, Phase.ATTACK),
    (Phase.ATTACK, {}, Phase.ATTACK),
    (Phase.ATTACK, {"answer": 0.6}, Phase.DISSOLVE),
    (Phase.ATTACK, {"answer": 0.59}, Phase.ATTACK),
    (Phase.ATTACK, {"leading": int(Motion.DISSOLVE)}, Phase.DISSOLVE),
    (Phase.ATTACK, {"top_today": 500.0}, Phase.ATTACK),
    (Phase.ATTACK, {"top_today": 499.0}, Phase.DISSOLVE),
    (Phase.ATTACK, {"leading": int(Motion.PAUSE)}, Phase.TRUCE),
    (Phase.ATTACK, {"leading": int(Motion.ESCALATE)}, Phase.ESCALATE),
    (Phase.ATTACK, {"hours_in_phase": 29}, Phase.ATTACK),
    (Phase.ATTACK, {"hours_in_phase": 30}, Phase.TRUCE),
    (Phase.TRUCE, {"top_today": 1.0, "hours_in_phase": 99}, Phase.TRUCE),
    (Phase.TRUCE, {"answer": 0.6}, Phase.DISSOLVE),
    (Phase.TRUCE, {"leading": int(Motion.ESCALATE)}, Phase.TRUCE),
    (Phase.ESCALATE, {"hours_in_phase": 99}, Phase.ESCALATE),
    (Phase.ESCALATE, {"leading": int(Motion.ESCALATE)}, Phase.ESCALATE),
    (Phase.ESCALATE, {"leading": int(Motion.PAUSE)}, Phase.TRUCE),
    (Phase.ESCALATE, {"top_today": 499.0}, Phase.DISSOLVE),
    (Phase.DISSOLVE, {"leading": int(Motion.ATTACK)}, Phase.DISSOLVE),
    (Phase.DISSOLVE, {"awaited": True, "hours_stalled": 99}, Phase.DISSOLVE),
    (Phase.GATHER, {"awaited": True, "hours_stalled": 99}, Phase.ATTACK),
    (Phase.ATTACK, {"awaited": True}, Phase.TRUCE),
    (Phase.ESCALATE, {"awaited": True, "hours_stalled": 99}, Phase.TRUCE),
    (Phase.ATTACK, {"awaited": True, "top_today": 499.0}, Phase.DISSOLVE),
    (Phase.ESCALATE, {"hours_stalled": 39}, Phase.ESCALATE),
    (Phase.ESCALATE, {"hours_stalled": 40}, Phase.DIVERT),
    (Phase.ATTACK, {"hours_stalled": 40, "leading": int(Motion.ESCALATE)}, Phase.DIVERT),
    (Phase.ATTACK, {"hours_stalled": 40, "leading": int(Motion.PAUSE)}, Phase.TRUCE),
    (Phase.TRUCE, {"hours_stalled": 40}, Phase.TRUCE),
    (Phase.DIVERT, {"hours_in_phase": 99}, Phase.DIVERT),
    (Phase.DIVERT, {"leading": int(Motion.ESCALATE)}, Phase.DIVERT),
    (Phase.DIVERT, {"leading": int(Motion.PAUSE)}, Phase.TRUCE),
    (Phase.DIVERT, {"awaited": True}, Phase.TRUCE),
    (Phase.DIVERT, {"answer": 0.6}, Phase.DISSOLVE),
    (Phase.DIVERT, {"top_today": 499.0}, Phase.DISSOLVE),
]


@pytest.mark.parametrize(("phase", "told", "then"), ASSEMBLIES)
def test_the_assembly_decides_as_model_md_says(phase, told, then):
    assert assembly.decide(phase, tidings(**told), HALF) == then


def test_at_the_deadline_an_answer_is_accepted_or_a_word_awaited_or_it_is_too_little():
    p = P._replace(answer_accepted=0.6)
    found = [assembly.at_deadline(a, w, p) for w in (False, True) for a in (0.0, 0.59, 0.6, 1.0)]
    ends = [Phase.DISSOLVE] * 2
    assert found == [Phase.ESCALATE] * 2 + ends + [Phase.TRUCE] * 2 + ends


def test_the_next_assembly_that_is_called_is_that_of_the_day_after_some_hours():
    p = P._replace(assembly_hour=21, muster_after=24)
    hours = (10, 20, 21, 44, 45, 46, 68, 69)
    away = [assembly.hours_to_assembly(hour, 10, p) for hour in hours]
    assert away == [35, 25, 24, 1, 0, 23, 1, 0]
    at_once = p._replace(muster_after=0)
    assert [assembly.hours_to_assembly(hour, 10, at_once) for hour in (10, 21, 22)] == [11, 0, 23]
    midnight = p._replace(assembly_hour=0, muster_after=14)
    assert assembly.hours_to_assembly(10, 10, midnight) == 14
