"""What watched agents weighed, noted by the stages; nothing is kept of the others."""

import numpy as np
import pytest

from sim.core.chance import unit, words
from sim.core.units import Phase, Stance
from sim.rules.assembly import AssemblyInputs
from sim.stages.attack import act
from sim.stages.crowd import mobilise
from sim.stages.stores import update_stores
from sim.world import diary
from tests.small_worlds import let_in, world_at

HEARD = AssemblyInputs(45, 4000.0, 5000.0, 6000.0, 3, 0.0, 2)


def test_who_is_watched_twice_has_one_diary_that_begins_next_hour():
    world = world_at(50)
    first = diary.watch(world, diary.STORE, 4)
    assert diary.watch(world, diary.STORE, 4) is first
    assert diary.watch(world, diary.STORE, 5) is not first
    assert (first.since, first.entries) == (51, [])


def test_of_agents_that_are_not_watched_nothing_is_noted():
    world = world_at(60)
    for note in (
        diary.note_people,
        diary.note_acting,
        lambda w: diary.note_stores(w, w.store_day),
        lambda w: diary.note_assembly(w, HEARD, Phase.ATTACK),
        lambda w: diary.note_platform(w, []),
    ):
        note(world)
    assert world.watched == {}


def test_a_person_is_told_to_do_what_the_stage_then_does():
    world = world_at(60)
    world.media.attention = 1.0
    let_in(world, range(600, 1200), utility=0.0)
    rows = [3, 400, 601, 700, 1100, 3000]
    kept = {row: diary.watch(world, diary.PERSON, row) for row in rows}
    mobilise(world)
    crowd = world.crowd
    for row, book in kept.items():
        (entry,) = book.entries
        inside = crowd.stance[row] not in (Stance.OUTSIDE, Stance.QUIT)
        assert entry["decision"] == {
            ("joining", True): "joins", ("joining", False): "stays out",
            ("quitting", True): "stays in", ("quitting", False): "quits",
        }[entry["probability_of"], inside]  # fmt: skip
        if inside:  # of whom the stage works it out for certain
            assert entry["utility"] == pytest.approx(crowd.utility[row])
        assert entry["online"] == crowd.online[row]
        assert entry["hour"] == 60
        assert entry["date"] == "12 October 12:00"
        assert entry["stance_before"] == ("MEMBER" if row in kept and 600 <= row < 1200 else "OUTSIDE")  # fmt: skip


@pytest.mark.parametrize(("phase", "may"), [(Phase.ATTACK, True), (Phase.TRUCE, False)])
def test_only_one_who_is_called_online_and_of_an_attacking_role_may_act(phase, may):
    world = world_at(60)
    let_in(world, range(10))
    book = diary.watch(world, diary.PERSON, 3)
    world.organisers.phase = phase
    book.entries.append({"hour": 60, "online": True})
    act(world)
    assert (book.entries[-1]["chance_to_act"] > 0) == may
    assert book.entries[-1]["stance"] == Stance(int(world.crowd.stance[3])).name
    book.entries[:] = [{"hour": 59, "online": True}]  # not of this hour: nothing is added
    diary.note_acting(world)
    assert "chance_to_act" not in book.entries[-1]


def test_a_store_is_told_to_close_by_its_own_number_and_chance():
    world = world_at(50)
    books = [diary.watch(world, diary.STORE, k) for k in range(40)]
    world.attempts[:20] = world.books.actions[50, :20, 0] = 1e9
    update_stores(world)
    for k, book in enumerate(books):
        (entry,) = book.entries
        assert entry["random_draw"] == unit(words(world.key, 6, 50, k, 0)[0])
        assert entry["chance_to_close"] == pytest.approx(1 - np.exp(-entry["hazard_to_close"]))
        closes = entry["random_draw"] < entry["chance_to_close"]
        assert entry["decision"] == ("closes" if closes else "stays open")
        assert (entry["false_orders"] > 0) == (k < 20)
        assert entry["chance_to_reopen"] == 0.0


def test_an_assembly_is_noted_with_what_was_heard_and_decided():
    world = world_at(45)
    book = diary.watch(world, diary.ORGANISERS, 0)
    diary.note_assembly(world, HEARD, Phase.ESCALATE)
    diary.note_assembly(world, HEARD._replace(leading=-1), Phase.GATHER)
    first, second = book.entries
    assert (first["phase"], first["leading"], first["decides"]) == ("GATHER", "ESCALATE", "ESCALATE")  # fmt: skip
    assert (first["online"], second["leading"], second["decides"]) == (4000.0, "none", "GATHER")


def test_the_platform_is_noted_with_its_measures_or_with_none():
    world = world_at(60)
    book = diary.watch(world, diary.PLATFORM, 0)
    diary.note_platform(world, ["void-orders", "statement"])
    diary.note_platform(world, [])
    assert [entry["measures"] for entry in book.entries] == ["void-orders, statement", "none"]
