"""Stage 8: consumers visit, here and in the quiet twin."""

import numpy as np
import pytest

from sim.core.units import N_CATEGORIES
from sim.responses import Orders
from sim.stages.shopping import odds_of, shop
from tests.small_worlds import world_at


def shopped(change=lambda world: None, **changes):
    """Return a world after one hour of shopping, and its shelves before."""
    world = world_at(45, population__n_consumers=4_000_000, **changes)
    change(world)
    before = world.stores.stock.copy()
    shop(world)
    return world, before


def test_where_nothing_has_happened_both_worlds_sell_alike():
    world, _ = shopped()
    books = world.books
    assert books.orders[45].sum() > 0
    assert np.array_equal(books.orders[45], books.orders_twin[45])
    assert np.array_equal(books.rival_orders[45], books.rival_orders_twin[45])
    assert not world.sellers.sales_gained.any()
    for name in ("new_failed_visits", "small_sales_lost", "surplus_loss", "seller_loss", "stopped"):
        assert books.series[name][45] == 0, name


def test_what_is_sold_leaves_the_shelf_in_either_world():
    world, before = shopped(shopping__hot_share=1.0)
    sold = world.books.orders[45, : before.size]
    assert np.array_equal(before - world.stores.stock, sold)
    twin = world.books.orders_twin[45, : before.size]
    assert np.array_equal(before - world.stores.stock_twin, twin)


def test_only_hot_goods_leave_the_shelf_and_can_be_missed():
    world, before = shopped(shopping__hot_share=0.25)
    sold, left = world.books.orders[45, : before.size], before - world.stores.stock
    assert left.sum() / sold.sum() == pytest.approx(0.25, abs=0.15)  # of some seventy

    def empty(world):
        world.stores.stock[:] = 0.0

    bare, _ = shopped(empty, shopping__hot_share=0.25)
    missed = bare.books.series["empty_shelf"][45]
    assert missed == left.sum()
    assert bare.books.orders[45, : before.size].sum() == sold.sum() - missed


def test_a_closed_store_sells_nothing_while_its_twin_goes_on():
    def close(world):
        world.stores.listed[:] = False
        world.stores.ever_delisted[:] = True

    world, _ = shopped(close)
    n, books = world.stores.listed.size, world.books
    assert not books.orders[45, :n].any()
    assert books.orders_twin[45, :n].sum() > 0
    assert books.series["new_failed_visits"][45] > 0
    assert books.rival_orders[45].sum() > books.rival_orders_twin[45].sum()
    assert books.orders[45, n:].sum() > books.orders_twin[45, n:].sum()
    assert books.series["surplus_loss"][45] > 0


def test_sales_of_small_sellers_gained_are_those_of_their_categories():
    def close(world):
        world.stores.listed[:] = False
        world.stores.ever_delisted[:] = True

    world, _ = shopped(close)
    n, price = world.stores.listed.size, world.scenario.population.price_median
    more = world.books.orders[45, n:] - world.books.orders_twin[45, n:]
    assert (more > 0).sum() > 3
    gained = world.sellers.sales_gained / price * world.weight
    by_category = np.bincount(world.sellers.category, gained, N_CATEGORIES)
    there = np.bincount(world.sellers.category, minlength=N_CATEGORIES) > 0
    assert by_category[there] == pytest.approx(more[there])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_honest_orders_are_stopped_at_big_stores_as_ordered_and_nowhere_else(share):
    def order(world):
        world.platform.orders = Orders(honest_orders=share, mistake_cost=5.0)

    world, _ = shopped(order)
    n, books = world.stores.listed.size, world.books
    stopped = books.series["stopped"][45]
    assert stopped == share * books.orders_twin[45, :n].sum()
    assert (books.orders[45, :n].sum() == 0) == bool(share)
    assert books.series["response_cost"][45] == 5.0 * stopped
    assert np.array_equal(books.orders[45, n:], books.orders_twin[45, n:])


def test_honest_ratings_come_with_honest_orders():
    world, _ = shopped()
    before = world_at(45, population__n_consumers=4_000_000).stores.n_honest
    rated = world.books.orders[45, : before.size] * world.scenario.stores.review_share
    assert (world.stores.n_honest - before).tolist() == pytest.approx(rated.tolist())


def test_odds_are_disturbed_only_where_a_store_differs_from_its_normal_state():
    world = world_at(45)
    assert not odds_of(world)[1]
    world.stores.listed[7] = False
    odds, disturbed = odds_of(world)
    assert disturbed
    assert (odds.ratio[:, 7] == 0).all()
    assert (np.delete(odds.ratio, 7, axis=1) == 1).all()
