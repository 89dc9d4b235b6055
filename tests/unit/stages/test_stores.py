"""Stage 7: stores absorb, close or reopen goods, suspend cash on delivery, buy advertising."""

import numpy as np
import pytest

from sim.core.units import Tactic
from sim.stages.stores import update_stores
from tests.small_worlds import world_at


def attacked(tactic, actions, hour=50, rows=slice(0, 20), **changes):
    """Return a world in which some stores have suffered so many actions in the hour."""
    world = world_at(hour, **changes)
    world.books.actions[hour, rows, tactic] = actions
    world.attempts[rows] = actions
    return world


def test_what_went_out_comes_back_after_the_hours_it_is_held():
    for hour, back in ((59, 0.0), (60, 6.0), (61, 0.0)):
        world = world_at(hour, stores__hold_hours=10)
        world.out[50] = 6.0
        before = world.stores.stock.copy()
        update_stores(world)
        assert np.array_equal(world.stores.stock - before, np.full(40, back))


def test_a_store_to_which_nothing_happens_stays_open():
    world = world_at(50)
    update_stores(world)
    assert world.stores.listed.all()
    assert world.stores.cod_on.all()
    assert world.books.series["n_delisted"][50] == world.books.series["n_cod_off"][50] == 0


def test_false_orders_beyond_all_measure_close_goods_and_a_few_do_not():
    certain = {"stores__delist_rate": 10.0, "stores__precaution": 0.0, "stores__precaution_category": 0.0}  # fmt: skip
    world = attacked(Tactic.PURCHASE, 1e9, **certain)
    update_stores(world)
    assert not world.stores.listed[:20].any()
    assert world.stores.listed[20:].all()
    assert np.array_equal(world.books.delisted[50], ~world.stores.listed)
    assert world.stores.ever_delisted.sum() == world.books.series["n_delisted"][50] == 20
    calm = attacked(Tactic.PURCHASE, 1e-6, **certain)
    update_stores(calm)
    assert calm.stores.listed.all()


def test_refusals_suspend_cash_on_delivery_and_purchases_do_not():
    for tactic, suspended in ((Tactic.REFUSAL, True), (Tactic.PURCHASE, False)):
        world = attacked(tactic, 1e9, stores__cod_rate=10.0)
        update_stores(world)
        assert (~world.stores.cod_on[:20]).all() == suspended
        assert world.stores.cod_on[20:].all()
        assert np.array_equal(world.books.cod_off[50], ~world.stores.cod_on)


def test_an_empty_shelf_closes_goods_only_where_the_twin_has_something_left():
    world = world_at(50, stores__delist_stockout=10.0)
    world.stores.stock[:20] = 0.0
    world.stores.stock_twin[:10] = 0.0
    update_stores(world)
    assert world.store_day.sold_out.tolist() == [False] * 10 + [True] * 10 + [False] * 20
    assert world.stores.listed.tolist() == [True] * 10 + [False] * 10 + [True] * 20


@pytest.mark.parametrize(("quiet", "opens"), [(5.0, False), (40.0, True)])
def test_goods_come_back_after_quiet_hours_and_not_before(quiet, opens):
    world = world_at(50, stores__quiet_hours=18, stores__relist_rate=10.0)
    stores = world.stores
    stores.listed[:20], stores.quiet[:20] = False, quiet
    stores.kept_shut[0] = True
    update_stores(world)
    assert stores.listed[1:20].all() == stores.listed[1:20].any() == opens
    assert not stores.listed[0]


def test_bad_reviews_stay_and_a_days_actions_are_counted_of_all_tactics():
    world = attacked(Tactic.BAD_REVIEW, 4.0)
    world.books.actions[50, :20, Tactic.CLICK] = 3.0
    update_stores(world)
    assert world.stores.n_bad.tolist() == [4.0] * 20 + [0.0] * 20
    assert world.stores.actions_today.tolist() == [7.0] * 20 + [0.0] * 20
    assert world.books.series["new_bad_reviews"][50] == 80
    assert world.books.series["new_clicks"][50] == 60


def test_a_store_with_closed_goods_buys_no_advertising_and_its_twin_does():
    world = world_at(50)
    world.stores.listed[:20] = False
    update_stores(world)
    assert not world.books.ad_honest[50, :20].any()
    assert (world.books.ad_honest[50, 20:] > 0).all()
    assert (world.books.ad_honest_twin[50] > 0).all()
    assert np.array_equal(world.books.ad_honest[50, 20:], world.books.ad_honest_twin[50, 20:])
