"""Stage 4: the queue moves, speakers speak, the organisers decide."""

import numpy as np
import pytest

from sim.core.units import Motion, Phase
from sim.responses import Orders
from sim.stages.channel import speak
from sim.world.changes import is_awaited
from tests.small_worlds import let_in, world_at

ASSEMBLY = 45
"""An assembly's hour: 21:00 of the second day."""


def gathered(hour=40, n=3495, **changes):
    """Return a world in which so many are inside and online, as the hour's books say."""
    world = world_at(hour, **changes)
    let_in(world, np.arange(n))
    world.books.series["online"][hour] = n * world.weight
    world.organisers.top_today = world.organisers.top_ever = n * world.weight
    return world


@pytest.mark.parametrize("seconds", [60.0, 600.0, 3600.0])
def test_one_person_speaks_at_a_time(seconds):
    world = gathered(channel__slot_seconds=seconds, channel__request_rate=1.0)
    speak(world)
    assert world.books.series["new_speakers"][40] == 3600 / seconds
    assert world.organisers.tally.sum() == 3600 / seconds
    assert 0 <= world.floor.queue.clock[0] - 41 * 3600.0 < seconds  # when the last has finished


def test_no_more_wait_than_there_are_places_and_the_others_are_refused():
    world = gathered(channel__queue_places=50, channel__request_rate=1.0, channel__balking=0.0)
    speak(world)
    assert world.floor.n == world.books.series["n_queue"][40] == 50
    assert world.books.series["new_refused"][40] > 1000


def test_in_an_empty_channel_the_queue_is_gone_and_nobody_speaks():
    world = world_at(40)
    world.floor.n = 7
    speak(world)
    assert world.floor.n == 0
    assert world.books.series["new_speakers"][40] == 0
    assert not world.organisers.tally.any()
    assert np.isnan(world.books.series["queue_wait"][40])


def test_support_and_the_tally_fade_by_their_shares_where_nobody_speaks():
    world = world_at(40, channel__support_kept=0.5, channel__tally_kept=0.25)
    world.stores.support[:] = 8.0
    world.organisers.tally[:] = 8.0
    speak(world)
    assert set(world.stores.support) == {4.0}
    assert set(world.organisers.tally) == {2.0}


def test_the_open_store_with_the_most_support_is_called_for():
    world = world_at(60, channel__targets=2)
    world.platform.first_attack = 45  # yesterday
    world.stores.support[:] = 0.0
    world.stores.support[[5, 9, 7]] = 1e6, 1e5, 1e4
    speak(world)
    assert world.organisers.targets.tolist() == [5, 9]
    world.stores.listed[5] = False
    speak(world)
    assert world.organisers.targets.tolist() == [9, 7]
    world.stores.listed[:] = False
    speak(world)
    assert world.organisers.targets.size == 0


@pytest.mark.parametrize(("first", "by_list"), [(-1, True), (48, True), (71, True), (47, False)])
def test_in_the_first_night_the_stores_of_a_list_are_called(first, by_list):
    world = world_at(71, channel__first_targets=3)
    world.platform.first_attack = first
    world.stores.support[5] = 1e6
    visible = np.argsort(-world.stores.visibility, kind="stable")
    speak(world)
    listed = world.organisers.targets.tolist() == visible[:3].tolist()
    assert listed == by_list
    assert listed or world.organisers.targets[0] == 5


@pytest.mark.parametrize(
    ("hour", "phase"),
    [(ASSEMBLY - 1, Phase.GATHER), (ASSEMBLY, Phase.ATTACK), (ASSEMBLY + 1, Phase.GATHER)],
)
def test_the_organisers_decide_in_the_hour_of_the_assembly_alone(hour, phase):
    world = gathered(hour, channel__quorum=3000, channel__request_rate=0.0)
    speak(world)
    assert world.organisers.phase == phase
    assert world.books.series["phase"][hour] == phase


def test_without_a_quorum_no_attack_is_called():
    world = gathered(ASSEMBLY, n=20, channel__quorum=3000, channel__request_rate=0.0)
    speak(world)
    assert world.organisers.phase == Phase.GATHER


def test_a_truce_begins_next_morning_and_a_second_assembly_does_not_put_it_off():
    world = gathered(ASSEMBLY, channel__request_rate=0.0)
    o = world.organisers
    o.phase, o.phase_since = Phase.ATTACK, ASSEMBLY - 1
    o.tally[Motion.PAUSE] = 9.0
    speak(world)
    assert o.phase == Phase.ATTACK
    assert o.next_phase == (48 + world.scenario.channel.truce_hour, Phase.TRUCE)
    called, world.hour = o.next_phase, ASSEMBLY + 24
    world.books.series["online"][world.hour] = world.books.series["online"][ASSEMBLY]
    speak(world)
    assert o.next_phase == called


def test_a_later_word_of_the_assembly_takes_back_a_truce_that_has_not_begun():
    world = gathered(ASSEMBLY, channel__request_rate=0.0)
    o = world.organisers
    o.phase, o.phase_since, o.next_phase = Phase.ATTACK, ASSEMBLY - 1, (60, Phase.TRUCE)
    o.tally[Motion.ESCALATE] = 9.0
    speak(world)
    assert (o.phase, o.phase_since, o.next_phase) == (Phase.ESCALATE, ASSEMBLY, None)


def test_nobody_joins_a_full_queue_where_all_balk_and_nobody_is_refused():
    world = gathered(channel__queue_places=50, channel__request_rate=1.0, channel__balking=1.0)
    speak(world)
    assert 30 < world.floor.n <= 50
    assert world.books.series["new_refused"][40] == 0


def test_a_word_is_awaited_for_its_time_from_each_word_once():
    world = world_at(60, channel__await_hours=5)
    world.platform.orders, world.platform.talks = Orders(regulator=True), False
    awaited = {}
    for world.hour in range(60, 80):
        world.platform.talks = world.hour >= 70
        speak(world)
        awaited[world.hour] = is_awaited(world)
    assert [h for h, waits in awaited.items() if waits] == [*range(60, 65), *range(70, 75)]
    assert world.organisers.stalled == -1


def test_a_better_answer_is_awaited_and_may_stall_and_an_equal_one_is_not():
    world = world_at(60, channel__answer_heard=0.3)
    o = world.organisers
    heard = []
    for world.hour, world.platform.answer in (
        (60, 0.2),
        (61, 0.3),
        (62, 0.3),
        (63, 0.1),
        (64, 0.5),
    ):
        speak(world)
        heard.append((o.awaited, o.stalled, o.heard))
    assert heard == [(-1, -1, 0.0), *[(61, 61, 0.3)] * 3, (64, 64, 0.5)]


def test_where_an_ultimatum_led_to_nothing_another_target_is_called_in_time():
    world = gathered(ASSEMBLY, channel__request_rate=0.0, channel__divert_after=20)
    o = world.organisers
    o.phase, o.stalled = Phase.ESCALATE, ASSEMBLY - 19
    speak(world)
    assert o.phase == Phase.ESCALATE
    o.stalled = ASSEMBLY - 20
    speak(world)
    assert (o.phase, o.phase_since) == (Phase.DIVERT, ASSEMBLY)
