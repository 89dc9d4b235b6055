"""Visits, one by one, through both worlds, against answers worked out apart."""

import math

import numpy as np
import pytest

from sim.core.chance import key_of, unit, words
from sim.core.state import Stores
from sim.rules import shopping, visits
from sim.rules.shopping import N_CLASSES, Odds
from sim.rules.visits import Trade, Visits
from tests.columns import columns
from tests.unit.rules.test_shopping import FIRST, GRID, SHARE, P, market


def test_sales_stop_at_the_bare_shelf():
    stock, orders = np.array([5.0, 2.5]), np.zeros(2)
    assert visits.sell(1, 2.0, True, stock, orders) == 0.0
    assert visits.sell(1, 2.0, True, stock, orders) == 1.5
    assert stock.tolist() == [5.0, 0.0]
    assert orders.tolist() == [0.0, 2.5]
    assert visits.sell(1, 2.0, False, stock, orders) == 0.0  # goods that do not run out
    assert (stock[1], orders[1]) == (0.0, 4.5)


def test_who_visits_is_drawn_by_class_and_then_by_row():
    rates = np.arange(1.0, N_CLASSES + 1)
    n = 150  # 22 classes of three rows, 42 of two
    sums = np.cumsum(rates * [(n - c + N_CLASSES - 1) // N_CLASSES for c in range(N_CLASSES)])
    side = (np.arange(1000) + 0.5) / 1000
    seen = [visits.visitor(u, v, n, sums) for u in side for v in (0.1, 0.4, 0.6, 0.9)]
    assert set(seen) <= set(range(n))
    by_class = np.bincount(np.array(seen) % N_CLASSES, minlength=N_CLASSES) / len(seen)
    assert by_class == pytest.approx(np.diff(sums, prepend=0.0) / sums[-1], abs=2e-3)
    assert [visits.visitor(1e-9, v, n, sums) for v in (0.0, 0.34, 0.99)] == [0, 64, 128]


def test_the_small_seller_of_a_sale_is_drawn_by_turnover_in_its_category():
    m = market()
    assert visits.seller_of(0.7, 0, m) == 7
    drawn = [visits.seller_of(u, 1, m) for u in GRID[::4]]
    assert drawn.count(3) / len(drawn) == pytest.approx(0.25, abs=1e-3)
    assert set(drawn) == {3, 5}
    assert visits.seller_of(0.5, 2, m) == -1
    poor = m._replace(seller_first=np.array([0, 3, 3, 3]), seller_sum=np.cumsum([0.2, 0.1, 0.1]))
    assert [visits.seller_of(u, 0, poor) for u in (0.49, 0.51, 0.74, 0.76)] == [7, 3, 3, 5]


def an_hour(
    n_visits,
    *,
    listed=None,
    stopped=0.0,
    ratio=None,
    loyalty=1.0,
    once_closed=False,
    stock=1e6,
    n_failed=0,
    hot_share=1.0,
):
    """Walk an hour's visits of 500 consumers who like store 1 in a mall of five stores."""
    m = market()._replace(favourite=np.full(500, 1, np.int16))
    sums = np.cumsum([(500 - c + N_CLASSES - 1) // N_CLASSES for c in range(N_CLASSES)])
    m = m._replace(class_sum=sums.astype(float))
    made = Odds(
        np.ones((2, 5)) if ratio is None else ratio,
        *(np.full((2, n), 9.0) for n in (8, 8, 8, 3, 3)),
    )
    shopping.prepare(SHARE, FIRST, P, made)
    trade = Trade(
        np.full(500, loyalty, np.float32), np.full(500, n_failed, np.uint8),
        np.zeros(500, np.bool_), np.zeros(8), np.zeros(8), np.zeros(8),
        np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(len(visits.Tally)),
    )  # fmt: skip
    open_ = np.ones(5, bool) if listed is None else listed
    stores = columns(
        Stores, 5, listed=open_, ever_delisted=~open_ | once_closed, stock=np.full(5, stock),
        stock_twin=np.full(5, stock),
    )  # fmt: skip
    hour = Visits(n_visits, 2.0, stopped, ratio is not None)
    p = P._replace(hot_share=hot_share)
    visits.visit(key_of(5), 9, hour, stores, m, made, p, trade)
    return trade


@pytest.mark.parametrize("n_visits", [0, 1, 256, 257, 600])
def test_exactly_the_visits_asked_for_are_walked(n_visits):
    numbers = [unit(words(key_of(5), 9, 9, v, 0)[0]) for v in range(n_visits)]
    trade = an_hour(n_visits)
    assert trade.tallies[visits.Tally.WANTED] == 2.0 * sum(u < 0.3 for u in numbers)
    assert trade.rivals.sum() == 2.0 * sum(0.3 <= u < 0.5 for u in numbers)


@pytest.mark.parametrize("n_visits", [100, 4000])
def test_visits_of_a_normal_hour_are_the_same_in_both_worlds_and_as_many_as_asked(n_visits):
    trade = an_hour(n_visits)
    assert trade.orders.tolist() == trade.orders_twin.tolist()
    assert trade.rivals.tolist() == trade.rivals_twin.tolist()
    wanted = trade.tallies[visits.Tally.WANTED]
    assert trade.orders.sum() == wanted
    assert wanted == pytest.approx(2.0 * n_visits * 0.3, abs=8 * math.sqrt(n_visits))
    assert trade.rivals.sum() == pytest.approx(2.0 * n_visits * 0.2, abs=8 * math.sqrt(n_visits))
    to_store = 0.25 + 0.75 * SHARE[1]  # its fans, and searches that find it
    assert trade.orders[1] == pytest.approx(wanted * to_store, abs=8 * math.sqrt(n_visits))
    assert trade.tallies.sum() == wanted


def test_a_closed_favourite_fails_its_fans_and_costs_their_loyalty():
    listed = np.array([True, False, True, True, True])
    ratio = np.ones((2, 5))
    ratio[:, 1] = 0.0
    trade = an_hour(4000, listed=listed, ratio=ratio)
    failed = trade.tallies[visits.Tally.FAILED_VISITS]
    assert failed == pytest.approx(2.0 * 4000 * 0.25, abs=8 * math.sqrt(4000))
    assert trade.n_failed.sum() == failed / 2.0
    assert trade.orders[1] == 0.0
    assert trade.orders_twin[1] > 0.0
    assert trade.loyalty.min() >= 0.0
    gone = trade.tallies[visits.Tally.TO_RIVALS] + trade.tallies[visits.Tally.GAVE_UP]
    assert trade.orders.sum() + gone == trade.tallies[visits.Tally.WANTED]
    assert (trade.rivals - trade.rivals_twin).sum() == trade.tallies[visits.Tally.TO_RIVALS]


def test_honest_orders_at_big_stores_are_stopped_as_often_as_mistakes_happen():
    trade = an_hour(4000, stopped=0.5)
    stopped = trade.tallies[visits.Tally.STOPPED]
    at_stores = trade.orders_twin[:5].sum()
    assert stopped / at_stores == pytest.approx(0.5, abs=0.05)
    assert trade.orders[:5].sum() == at_stores - stopped
    assert trade.orders[5:].tolist() == trade.orders_twin[5:].tolist()
    assert trade.tallies[visits.Tally.ACCOUNTS_HIT] == 2.0 * trade.hit.sum()


def test_a_good_purchase_restores_loyalty_up_to_all_of_it():
    trade = an_hour(4000, loyalty=0.98, once_closed=True)
    assert set(np.unique(trade.loyalty).tolist()) == {np.float32(0.98), 1.0}
    slowly = an_hour(300, loyalty=0.5, once_closed=True)
    steps = np.unique(slowly.loyalty)
    assert steps[:3].tolist() == pytest.approx([0.5, 0.55, 0.6])


def test_a_bare_shelf_restores_no_loyalty_and_sells_nothing():
    trade = an_hour(300, loyalty=0.5, once_closed=True, stock=0.0)
    assert trade.orders[:5].sum() == trade.orders_twin[:5].sum() == 0.0
    missed = trade.tallies[visits.Tally.EMPTY_SHELF]
    assert 0 < missed < trade.tallies[visits.Tally.EMPTY_SHELF_TWIN]  # the less loyal left
    good = (trade.orders.sum()) / 2.0  # purchases at small sellers
    assert ((trade.loyalty - 0.5) / 0.05).sum() == pytest.approx(good, rel=1e-5)


def test_on_a_bare_shelf_only_the_hot_goods_are_missed_and_alike_in_both_worlds():
    full, bare = an_hour(4000, hot_share=0.3), an_hour(4000, hot_share=0.3, stock=0.0)
    wanted = full.orders[:5].sum()
    missed = bare.tallies[visits.Tally.EMPTY_SHELF]
    assert missed / wanted == pytest.approx(0.3, abs=0.05)
    assert bare.orders[:5].sum() == wanted - missed
    assert bare.orders.tolist() == bare.orders_twin.tolist()
    assert an_hour(4000, hot_share=0.01, stock=0.0).orders[:5].sum() > 0.98 * wanted


def test_failed_visits_are_counted_up_to_what_the_column_holds():
    listed, ratio = np.array([True, False, True, True, True]), np.ones((2, 5))
    ratio[:, 1] = 0.0
    trade = an_hour(2000, listed=listed, ratio=ratio, n_failed=254)
    assert set(np.unique(trade.n_failed).tolist()) == {254, 255}


def test_a_small_seller_wins_or_loses_one_sale_for_each_that_moves():
    listed, ratio = np.array([True, False, True, True, True]), np.ones((2, 5))
    ratio[:, 1] = 0.0
    trade = an_hour(2000, listed=listed, ratio=ratio)
    moved = (trade.orders[5] - trade.orders_twin[5]) / 2.0
    assert moved > 0
    assert trade.seller_gain.sum() == moved
    assert trade.seller_gain[7] == moved  # the one seller of the category
