"""Stages 1 to 3: the calendar, attention, and who joins, stays or quits."""

import math

import numpy as np
import pytest

from sim.core.units import Phase, Role, Stance
from sim.responses import Orders
from sim.rules import mobilisation
from sim.stages.crowd import mobilise, pay_attention, start_hour
from sim.world.changes import is_mustering
from tests.small_worlds import let_in, world_at


def test_a_new_day_restocks_what_is_not_out_with_buyers_and_refills_budgets():
    world = world_at(48, stores__hold_hours=10)
    stores = world.stores
    world.out[37, 0], world.out[38, 1], world.out[47, 1] = 3.0, 4.0, 5.0  # the first came back
    world.out[47, 2] = 1e12
    for column in (stores.stock, stores.stock_twin, stores.ad_left, stores.ad_left_twin):
        column[:] = 0.0
    stores.actions_today[:] = world.organisers.top_today = 9.0
    start_hour(world)
    opening = stores.opening_stock
    assert stores.stock[:3].tolist() == [opening[0], opening[1] - 9.0, 0.0]
    assert np.array_equal(stores.stock[3:], opening[3:])
    assert np.array_equal(stores.stock_twin, opening)
    assert np.array_equal(stores.ad_left, stores.ad_budget)
    assert np.array_equal(stores.ad_left_twin, stores.ad_budget)
    assert not stores.actions_today.any()
    assert world.organisers.top_today == 0.0


def test_within_a_day_nothing_is_restocked_and_nothing_forgotten():
    world = world_at(49)
    world.stores.stock[:] = world.stores.ad_left[:] = 1.0
    world.organisers.top_today = 9.0
    start_hour(world)
    assert set(world.stores.stock) == set(world.stores.ad_left) == {1.0}
    assert world.organisers.top_today == 9.0


def test_a_phase_that_is_due_begins_in_its_hour_and_not_before():
    world = world_at(56)
    o = world.organisers
    o.next_phase = (57, Phase.TRUCE)
    start_hour(world)
    assert o.phase == Phase.GATHER
    world.hour = 57
    start_hour(world)
    assert (o.phase, o.phase_since, o.next_phase) == (Phase.TRUCE, 57, None)
    assert (o.ultimatum, world.books.ultimatum) == (57, 57)


@pytest.mark.parametrize(
    ("answer", "awaited", "phase", "deadline"),
    [
        (0.0, -1, Phase.ESCALATE, 72),
        (0.4, 40, Phase.ESCALATE, 72),
        (0.4, 70, Phase.TRUCE, 96),
        (0.0, 70, Phase.TRUCE, 96),
        (0.9, 70, Phase.DISSOLVE, 72),
    ],
)
def test_at_the_deadline_answer_and_awaited_word_decide_and_before_it_nothing_does(
    answer, awaited, phase, deadline
):
    world = world_at(71, channel__answer_accepted=0.6, channel__await_hours=30)
    o = world.organisers
    o.phase, o.deadline, world.platform.answer = Phase.TRUCE, 72, answer
    o.awaited = awaited
    start_hour(world)
    assert (o.phase, o.deadline) == (Phase.TRUCE, 72)
    world.hour = 72
    start_hour(world)
    assert (o.phase, o.deadline) == (phase, deadline)
    assert o.stalled == (-1 if phase == Phase.TRUCE else 72)
    assert world.books.pause_again == (72 if phase == Phase.TRUCE else -1)


def calls(hours, phase=Phase.GATHER, **changes):
    """Return the hours in which a call goes out, announced in hour 10, assemblies at 21:00."""
    world = world_at(0, announced=10, **changes)
    world.organisers.phase = phase
    called = []
    for world.hour in range(hours):
        start_hour(world)
        called += [world.hour] if world.organisers.called == world.hour else []
    return called


def test_a_call_goes_out_so_many_hours_before_each_assembly_while_people_gather():
    assert calls(96, channel__muster_after=24, channel__muster_hours=5) == [40, 64, 88]
    assert calls(96, channel__muster_after=0, channel__muster_hours=24) == []
    assert calls(96, channel__muster_after=24, channel__muster_hours=24) == [21]
    assert calls(60, channel__muster_after=0, channel__muster_hours=11) == [10, 34, 58]
    assert calls(60, channel__muster_after=0, channel__muster_hours=12) == [
        33,
        57,
    ]  # 9 is too early
    assert calls(96, channel__muster_hours=0) == []
    assert calls(96, phase=Phase.ATTACK) == []


def test_a_muster_lasts_up_to_the_assembly_and_the_call_fades_after_it():
    world = world_at(40, channel__muster_hours=5, mobilisation__call_memory=10.0)
    world.organisers.called = 40
    musters, p = [], world.scenario.mobilisation
    for world.hour in range(40, 60):
        musters += [world.hour] * is_mustering(world)
        mobilise(world)
        fresh = mobilisation.freshness(world.hour - 40, p)
        assert (world.climate.call, world.climate.muster_factor) == (
            fresh, p.muster_factor if world.hour <= 45 else 1.0
        )  # fmt: skip
    assert musters == list(range(40, 46))
    assert world.climate.call == pytest.approx(math.exp(-1.9))


def test_attention_without_news_fades_by_its_memory_alone():
    world = world_at(60, announced=None, attention__memory=10)
    world.media.attention = 0.5
    pay_attention(world)
    assert world.media.attention == pytest.approx(0.5 * math.exp(-0.1))
    assert world.books.series["attention"][60] == world.media.attention


def test_a_statement_is_news_once_however_long_it_is_repeated():
    world = world_at(60, announced=None)
    world.platform.orders = Orders(statement=True)
    pay_attention(world)
    heard = world.media.attention
    assert heard == pytest.approx(1 - math.exp(-world.scenario.attention.statement))
    for world.hour in (61, 62):
        before = world.media.attention
        pay_attention(world)
        assert world.media.attention < before


def test_the_announcement_is_told_over_its_hours_and_no_longer():
    told = {}
    for hour in (9, 10, 13, 14):
        world = world_at(hour, announced=10, attention__announcement_hours=4)
        pay_attention(world)
        told[hour] = world.media.attention
    assert told[9] == told[14] == 0.0
    assert told[10] == told[13] > 0.0


def test_nobody_moves_before_the_fees_are_announced():
    world = world_at(9, announced=10)
    world.media.attention = 1.0
    before = world.crowd.stance.copy()
    mobilise(world)
    assert np.array_equal(world.crowd.stance, before)
    assert world.inside.size == 0
    assert world.climate is None


def moved():
    """Return a world in which some have joined, some have left and some have stayed."""
    world = world_at(60)
    world.media.attention = 1.0
    let_in(world, range(100, 200), utility=0.0)
    world.platform.sanction = 0.3
    mobilise(world)
    world.hour = 61
    mobilise(world)
    return world


def test_who_is_inside_is_told_alike_by_stances_rows_census_and_books():
    world = moved()
    crowd, weight = world.crowd, world.weight
    inside = np.flatnonzero(~np.isin(crowd.stance, (Stance.OUTSIDE, Stance.QUIT)))
    assert 100 < inside.size < crowd.role.size
    assert np.array_equal(world.inside, inside)
    members = np.bincount(crowd.role[inside], minlength=len(Role))
    online = np.bincount(crowd.role[crowd.online], minlength=len(Role))
    assert np.array_equal(world.census, [members, online])
    assert not crowd.online[np.setdiff1d(np.arange(crowd.role.size), inside)].any()
    series = {name: values[61] for name, values in world.books.series.items()}
    assert series["online"] == online.sum() * weight
    assert series["online_sellers"] == online[Role.SELLER] * weight
    assert series["n_sellers_in"] + series["n_onlookers_in"] == inside.size * weight


def test_everybody_knows_how_many_neighbours_are_inside():
    world = moved()
    g, within = world.graph, np.isin(np.arange(world.crowd.role.size), world.inside)
    counted = np.add.reduceat(np.append(within[g.neighbours], 0), g.offsets[:-1])
    counted[np.diff(g.offsets) == 0] = 0
    assert np.array_equal(world.crowd.neighbours_in, counted)


def test_the_highest_attendance_of_the_day_and_of_all_is_kept():
    world = moved()
    online = world.books.series["online"]
    assert world.organisers.top_today == world.organisers.top_ever == max(online[60], online[61])
    world.organisers.top_ever, world.hour = 1e9, 62
    mobilise(world)
    assert world.organisers.top_ever == 1e9
