"""Changes of a world that more than one stage makes, and what several read off it."""

import numpy as np
import pytest

from sim.core.units import Phase, Role, Stance
from sim.world.changes import advertises, begin, expel, has_promised, ratings, set_membership
from tests.small_worlds import let_in, world_at


def neighbours_inside(world):
    """Count each person's neighbours in the protest, from the graph alone."""
    g, within = world.graph, np.isin(np.arange(world.graph.n), world.inside)
    return [int(within[g.neighbours[g.offsets[i] : g.offsets[i + 1]]].sum()) for i in range(g.n)]


def test_a_phase_begins_in_the_hour_that_runs_and_names_no_ultimatum():
    world = world_at(50)
    begin(world, Phase.ATTACK)
    o = world.organisers
    assert (o.phase, o.phase_since, o.ultimatum, o.deadline) == (Phase.ATTACK, 50, -1, -1)


def test_a_truce_names_its_ultimatum_and_ends_at_midnight_of_its_last_day():
    world = world_at(57, channel__truce_days=3)
    begin(world, Phase.TRUCE)
    assert (world.organisers.ultimatum, world.organisers.deadline) == (57, (2 + 3) * 24)
    assert (world.books.ultimatum, world.books.deadline) == (57, 120)


@pytest.mark.parametrize(
    ("first", "after", "promised"),
    [(-1, 0, False), (40, None, False), (40, 11, False), (40, 10, True), (50, 0, True), (51, 0, False)],
)  # fmt: skip
def test_a_promise_comes_so_long_after_the_first_attack(first, after, promised):
    world = world_at(50)
    world.platform.first_attack = first
    assert has_promised(world, after) is promised


def test_whoever_is_put_in_or_out_by_hand_is_seen_by_neighbours():
    world = world_at(50)
    let_in(world, [5, 9, 700])
    assert world.inside.tolist() == [5, 9, 700]
    assert world.crowd.neighbours_in.tolist() == neighbours_inside(world)
    rows = np.array([9, 11], np.int32)
    before = world.crowd.stance[rows].copy()
    world.crowd.stance[rows] = Stance.QUIT, Stance.PAUSED
    set_membership(world, rows, before)
    assert world.inside.tolist() == [5, 11, 700]
    assert world.crowd.neighbours_in.tolist() == neighbours_inside(world)


def test_a_change_of_stance_within_the_protest_is_told_to_nobody():
    world = world_at(50)
    rows = let_in(world, [5, 9])
    told = world.crowd.neighbours_in.copy()
    before = world.crowd.stance[rows].copy()
    world.crowd.stance[rows] = Stance.ATTACKING
    set_membership(world, rows, before)
    assert world.inside.tolist() == [5, 9]
    assert np.array_equal(world.crowd.neighbours_in, told)


def test_whoever_is_expelled_has_quit_and_is_counted_nowhere():
    world = world_at(50)
    let_in(world, range(400, 600))
    expel(world, np.arange(450, 700, dtype=np.int32))  # of these 100 were never inside
    crowd = world.crowd
    assert world.inside.tolist() == list(range(400, 450))
    assert set(crowd.stance[450:600]) == {Stance.QUIT}
    assert set(crowd.stance[600:700]) == {Stance.OUTSIDE}
    assert not crowd.online[450:].any()
    counted = np.bincount(crowd.role[400:450], minlength=len(Role))
    assert np.array_equal(world.census, [counted, counted])
    assert crowd.neighbours_in.tolist() == neighbours_inside(world)


def test_expelling_nobody_who_is_inside_changes_nothing():
    world, same = world_at(50), world_at(50)
    for one in (world, same):
        let_in(one, range(10))
    expel(world, np.arange(10, 20, dtype=np.int32))
    assert world.is_as(same)


def test_bad_reviews_lower_a_rating_and_without_them_it_is_the_quality():
    world = world_at(50)
    world.stores.n_bad[0] = world.stores.n_honest[0]
    rated = ratings(world)
    assert rated[0] == pytest.approx((world.stores.quality[0] + 1) / 2)
    assert np.array_equal(rated[1:], world.stores.quality[1:])


def test_a_store_advertises_with_money_for_a_click_or_where_its_twin_has_none_either():
    world = world_at(50)
    x = world.stores
    x.ad_left[:2] = 0.0
    x.ad_left_twin[1] = 0.0
    assert advertises(world)[:3].tolist() == [False, True, True]
    x.ad_left[0] = x.click_cost[0]
    assert advertises(world)[0]
