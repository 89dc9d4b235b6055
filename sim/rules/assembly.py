"""Stage 4: what the committee decides, and when it calls (docs/odd.md, 7.7)."""

from typing import NamedTuple

from sim.core.calendar import HOURS_A_DAY
from sim.core.units import Motion, Phase
from sim.rules.channel import ChannelParameters


class AssemblyInputs(NamedTuple):
    """What the organisers go by in an assembly."""

    hour: int
    online: float
    top_today: float
    top_ever: float
    hours_in_phase: int
    answer: float
    leading: int  # the leading motion, -1 when none
    awaited: bool = False  # whether a word is awaited
    hours_stalled: int = -1  # since an answer or an ultimatum led to nothing; -1: it did not


def decide(phase: Phase, t: AssemblyInputs, p: ChannelParameters) -> Phase:
    """Decide the next phase in the day's assembly (docs/odd.md, 7.7).

    GATHER to ATTACK with a quorum, unless a pause or the end leads the tally. Later, DISSOLVE
    when the answer is accepted, the end leads the tally or, outside a truce, the day's highest
    attendance has fallen far enough. A pause that leads the tally, or an attack long enough
    unanswered, calls a TRUCE (begun next morning); an escalation that leads it, ESCALATE. A
    truce ends at its deadline only. Where an ultimatum or an answer has led to nothing for long
    enough, DIVERT: the call is to something other than the stores (F39).
    """
    if phase == Phase.DISSOLVE:
        return phase
    if phase == Phase.GATHER:
        against = t.leading in (Motion.PAUSE, Motion.DISSOLVE)
        return Phase.ATTACK if t.online >= p.quorum and not against else phase
    if t.answer >= p.answer_accepted or t.leading == Motion.DISSOLVE:
        return Phase.DISSOLVE
    if phase == Phase.TRUCE:
        return phase
    if t.top_today < p.dissolve_share * t.top_ever:
        return Phase.DISSOLVE
    if t.awaited or t.leading == Motion.PAUSE:
        return Phase.TRUCE
    if phase == Phase.DIVERT or t.hours_stalled >= p.divert_after:
        return Phase.DIVERT
    if phase == Phase.ATTACK and t.leading == Motion.ESCALATE:
        return Phase.ESCALATE
    if phase == Phase.ATTACK and t.hours_in_phase >= p.attack_before_truce:
        return Phase.TRUCE
    return phase


def at_deadline(answer: float, awaited: bool, p: ChannelParameters) -> Phase:
    """Decide when an ultimatum runs out: accepted, a word awaited (a day more), or go on.

    Source: F38, the pause that went on after the ministry's word.
    """
    if answer >= p.answer_accepted:
        return Phase.DISSOLVE
    return Phase.TRUCE if awaited else Phase.ESCALATE


def hours_to_assembly(hour: int, announced: int, p: ChannelParameters) -> int:
    """Return the hours from an hour to the next assembly that may be called; 0: it is now.

    None is called within ``muster_after`` hours of the announcement.
    """
    first = announced + p.muster_after
    first += (p.assembly_hour - first) % HOURS_A_DAY
    return first - hour if hour < first else (p.assembly_hour - hour) % HOURS_A_DAY
