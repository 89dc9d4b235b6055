"""Stage 11: each store's losses, by cause, against the same store in the quiet twin."""

import numpy as np
import pytest

from sim.core.units import Cause, Tactic
from sim.responses import Orders
from sim.stages.ledger import record_losses
from tests.small_worlds import world_at


def selling(orders=3.0, twin=5.0):
    """Return a world whose stores have sold so much in the hour, here and in the twin."""
    world = world_at(50)
    n = world.books.first
    world.books.orders[50, :n], world.books.orders_twin[50, :n] = orders, twin
    return world


def test_an_hour_like_the_twins_costs_nothing_and_is_counted():
    world = selling(5.0, 5.0)
    record_losses(world)
    assert not world.books.loss[50].any()
    assert world.books.series["store_loss"][50] == 0.0
    assert world.books.hours == 51


def test_margin_lost_is_booked_once_by_closing_or_else_by_rating():
    world = selling()
    stores = world.stores
    stores.listed[0], stores.cod_on[1], stores.stock[2] = False, False, 0.5
    record_losses(world)
    lost = 2.0 * stores.price * stores.margin
    loss = world.books.loss[50]
    assert loss[:3, Cause.CLOSED].tolist() == lost[:3].tolist()
    assert not loss[3:, Cause.CLOSED].any()
    assert loss[3:, Cause.RATING].tolist() == lost[3:].tolist()
    assert not loss[:3, Cause.RATING].any()


def test_a_store_that_sells_more_than_its_twin_has_gained():
    world = selling(6.0, 5.0)
    record_losses(world)
    assert (world.books.loss[50, :, Cause.RATING] < 0).all()


def test_handling_adds_to_what_was_saved_by_orders_that_were_voided():
    world = selling(5.0, 5.0)
    p = world.scenario.stores
    world.books.loss[50, :, Cause.HANDLING] = -7.0
    world.books.actions[50, :, Tactic.PURCHASE] = 2.0
    world.books.actions[50, :, Tactic.REFUSAL] = 3.0
    record_losses(world)
    expected = 2 * p.handling_purchase + 3 * p.handling_refusal - 7.0
    assert set(world.books.loss[50, :, Cause.HANDLING]) == {expected}


def test_false_clicks_cost_their_price_less_what_honest_ones_no_longer_cost():
    world = selling(5.0, 5.0)
    world.books.actions[50, :, Tactic.CLICK] = 4.0
    world.books.ad_honest[50], world.books.ad_honest_twin[50] = 1.0, 3.0
    record_losses(world)
    expected = 4.0 * world.stores.click_cost - 2.0
    assert world.books.loss[50, :, Cause.ADS].tolist() == pytest.approx(expected.tolist())


def test_the_hours_loss_is_that_of_all_stores_less_what_they_were_paid():
    world = selling()
    world.books.actions[50] = 3.0
    world.books.ad_refund[50] = 1.5
    world.platform.orders = Orders(compensate=0.5, padding=0.2)
    record_losses(world)
    books = world.books
    assert books.compensation[50].min() > 0
    paid = books.ad_refund[50].sum() + books.compensation[50].sum()
    assert books.series["store_loss"][50] == pytest.approx(books.loss[50].sum() - paid)


def test_without_an_order_to_compensate_nothing_is_paid():
    world = selling()
    world.books.actions[50] = 3.0
    record_losses(world)
    assert not world.books.compensation.any()


def test_a_claim_shows_freight_clicks_and_closed_doors_and_a_share_of_it_is_paid():
    world = selling()
    x, p = world.stores, world.scenario.stores
    world.books.actions[50, :, Tactic.REFUSAL] = 2.0
    world.books.actions[50, :, Tactic.CLICK] = 1.0
    world.books.ad_refund[50, 0] = 1e9  # refunded already: no claim, and no debt either
    x.listed[1], x.ever_delisted[1] = False, True
    world.platform.orders = Orders(compensate=0.5, padding=0.2)
    record_losses(world)
    paid, freight = world.books.compensation[50] / 0.6, 2.0 * p.handling_refusal
    assert paid[0] == pytest.approx(freight)
    assert paid[2:].tolist() == pytest.approx((freight + x.click_cost[2:]).tolist())
    assert paid[1] > freight + x.click_cost[1]


def test_an_empty_shelf_of_a_store_that_was_never_hit_claims_no_closed_door():
    world = selling()
    world.stores.stock[:] = 0.0
    world.platform.orders = Orders(compensate=1.0)
    record_losses(world)
    assert not np.any(world.books.compensation)
