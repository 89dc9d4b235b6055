"""Visits and choices: shares, searches and draws against answers worked out apart."""

import math

import numpy as np
import pytest

from sim.core.chance import key_of, unit, words
from sim.rules import shopping
from sim.rules.shopping import N_CLASSES, Market, Odds, ShoppingParameters, Trade

P = ShoppingParameters(nest=0.5, buy_mall=0.3, buy_rivals=0.2, favourite_share=0.25)
GRID = (np.arange(4000) + 0.5) / 4000
CATEGORY = np.array([0, 0, 1, 1, 1], np.int32)
FIRST = np.array([0, 2, 5, 5], np.int64)  # a category without a store at the end
SHARE = np.array([0.3, 0.1, 0.2, 0.1, 0.1, 0.6, 0.6, 1.0])
SMALL = 5  # first of the categories' small sellers
RATIO = np.array([[0.5, 2.0, 0.0, 1.0, 1.5], [1.0, 1.0, 0.2, 0.2, 1.0]])


def market():
    normal = np.ones(8)
    normal[:2], normal[2:5] = np.cumsum(SHARE[:2]), np.cumsum(SHARE[2:5])
    return Market(
        class_sum=np.arange(1.0, N_CLASSES + 1), favourite=np.zeros(500, np.int16),
        needs_cod=np.zeros(500, np.bool_), category=CATEGORY, first=FIRST, normal=normal,
        rivals=0.2 * np.cumsum([0.25, 0.75]), seller=np.array([7, 3, 5], np.int32),
        seller_first=np.array([0, 1, 3, 3]), seller_sum=np.cumsum([2.0, 1.0, 3.0]),
    )  # fmt: skip


def odds():
    made = Odds(RATIO.copy(), *(np.full((2, n), 9.0) for n in (8, 8, 8, 3, 3)))
    shopping.prepare(SHARE, FIRST, P, made)
    return made


def shares_now(seg, c):
    """Return today's probabilities: stores and small sellers, both rivals, buying nothing."""
    stores = range(FIRST[c], FIRST[c + 1])
    weight = np.array([SHARE[k] * RATIO[seg, k] for k in stores] + [SHARE[SMALL + c]])
    inclusive = weight.sum()
    mall = 0.3 * inclusive**0.5
    total = mall + 0.7
    bought = mall / total * weight / inclusive
    return np.array([*bought, 0.05 / total, 0.15 / total, 0.5 / total])


def shares_before(c):
    stores = list(range(FIRST[c], FIRST[c + 1]))
    return np.array([*(0.3 * SHARE[[*stores, SMALL + c]]), 0.05, 0.15, 0.5])


def as_shares(chosen, c):
    """Count what was chosen, in the order of `shares_now`."""
    stores = list(range(FIRST[c], FIRST[c + 1]))
    places = [*stores, SMALL + c, shopping.rival_code(0), shopping.rival_code(1), -1]
    counts = [chosen.count(place) for place in places]
    assert sum(counts) == len(chosen)
    return np.array(counts) / len(chosen)


@pytest.mark.parametrize("seg", [0, 1])
@pytest.mark.parametrize("c", [0, 1, 2])
def test_what_is_kept_and_what_is_drawn_again_make_todays_nested_logit(seg, c):
    made, before, now = odds(), shares_before(c), shares_now(seg, c)
    stores = list(range(FIRST[c], FIRST[c + 1]))
    keep = np.array([*made.keep[seg, [*stores, SMALL + c]], 1.0, 1.0, 1.0])
    assert keep == pytest.approx(np.minimum(1.0, now / before))
    again = 1.0 - (before * keep).sum()
    m = market()
    drawn = [shopping.after_a_fall(u, seg, c, m, made, P) for u in GRID]
    if again > 1e-9:
        assert before * keep + again * as_shares(drawn, c) == pytest.approx(now, abs=3e-4)
    assert made.inclusive[seg, c] == pytest.approx(
        sum(SHARE[k] * RATIO[seg, k] for k in stores) + SHARE[SMALL + c]
    )


@pytest.mark.parametrize("boost", [1.0, 3.0])
@pytest.mark.parametrize(("seg", "c"), [(0, 0), (0, 1), (1, 1), (1, 2)])
def test_before_a_closed_door_all_is_chosen_anew_with_rivals_raised(seg, c, boost):
    m, made = market(), odds()
    chosen = [shopping.after_a_closed_door(u, seg, c, boost, m, made, P) for u in GRID]
    weight = shares_now(seg, c)
    weight[-3:-1] *= boost
    assert as_shares(chosen, c) == pytest.approx(weight / weight.sum(), abs=3e-4)


def test_a_normal_hour_keeps_everything():
    made = Odds(np.ones((2, 5)), *(np.full((2, n), 9.0) for n in (8, 8, 8, 3, 3)))
    shopping.prepare(SHARE, FIRST, P, made)
    assert made.keep == pytest.approx(np.ones((2, 8)))
    assert made.denominator == pytest.approx(np.ones((2, 3)))
    assert made.excess == pytest.approx(np.zeros((2, 8)), abs=1e-12)


def test_a_mall_in_which_nothing_is_left_is_worth_nothing():
    assert shopping.nest_values(0.0, P) == (0.0, 0.7)
    assert shopping.nest_values(4.0, P) == pytest.approx((2.0, 1.3))
    assert shopping.gain_of(1.0, 0.0, 0.0, 0.7) == 0.0
    assert shopping.gain_of(2.0, 4.0, 2.0, 1.3) == pytest.approx(2.0 * 2.0 / (4.0 * 1.3))


def test_a_store_loses_utility_by_its_rating_its_cash_on_delivery_and_its_advertising():
    p = P._replace(taste_rating=2.0, taste_cod=3.0, taste_ads=0.5)
    assert shopping.store_utility(0.25, False, True, True, p) == -0.5
    assert shopping.store_utility(0.0, True, False, True, p) == 0.0
    assert shopping.store_utility(0.0, True, True, False, p) == -3.5
    out = np.full((2, 3), 9.0)
    listed, cod, ads = (
        np.array([True, True, False]),
        np.array([True, False, True]),
        np.ones(3, bool),
    )
    assert shopping.weigh(np.zeros(3), listed, cod, ads, p, out)
    assert out.tolist() == [[1.0, 1.0, 0.0], [1.0, math.exp(-3.0), 0.0]]
    assert not shopping.weigh(
        np.zeros(2), np.ones(2, bool), np.ones(2, bool), np.ones(2, bool), p, out[:, :2]
    )


def test_a_running_sum_is_searched_for_the_first_above_a_place():
    table = np.array([0.5, 1.0, 1.0, 3.0, 0.2, 9.0])
    for at in (0.0, 0.5, 0.7, 1.0, 2.9, 3.0, 7.0):
        slow = next((k for k in range(0, 4) if table[k] > at), 77)
        assert shopping.find(table, 0, 4, 77, at) == slow
    assert shopping.find(table, 1, 1, 5, 0.1) == 5
    assert shopping.find(table, 4, 6, 5, 0.1) == 4


def test_sales_stop_at_the_bare_shelf():
    stock, orders = np.array([5.0, 2.5]), np.zeros(2)
    assert shopping.sell(1, 2.0, stock, orders) == 0.0
    assert shopping.sell(1, 2.0, stock, orders) == 1.5
    assert stock.tolist() == [5.0, 0.0]
    assert orders.tolist() == [0.0, 2.5]


def test_who_visits_is_drawn_by_class_and_then_by_row():
    rates = np.arange(1.0, N_CLASSES + 1)
    n = 150  # 22 classes of three rows, 42 of two
    sums = np.cumsum(rates * [(n - c + N_CLASSES - 1) // N_CLASSES for c in range(N_CLASSES)])
    side = (np.arange(1000) + 0.5) / 1000
    seen = [shopping.visitor(u, v, n, sums) for u in side for v in (0.1, 0.4, 0.6, 0.9)]
    assert set(seen) <= set(range(n))
    by_class = np.bincount(np.array(seen) % N_CLASSES, minlength=N_CLASSES) / len(seen)
    assert by_class == pytest.approx(np.diff(sums, prepend=0.0) / sums[-1], abs=2e-3)
    assert [shopping.visitor(1e-9, v, n, sums) for v in (0.0, 0.34, 0.99)] == [0, 64, 128]


def test_the_small_seller_of_a_sale_is_drawn_by_turnover_in_its_category():
    m = market()
    assert shopping.seller_of(0.7, 0, m) == 7
    drawn = [shopping.seller_of(u, 1, m) for u in GRID[::4]]
    assert drawn.count(3) / len(drawn) == pytest.approx(0.25, abs=1e-3)
    assert set(drawn) == {3, 5}
    assert shopping.seller_of(0.5, 2, m) == -1
    poor = m._replace(seller_first=np.array([0, 3, 3, 3]), seller_sum=np.cumsum([0.2, 0.1, 0.1]))
    assert [shopping.seller_of(u, 0, poor) for u in (0.49, 0.51, 0.74, 0.76)] == [7, 3, 3, 5]


def test_a_rival_is_found_by_its_share_of_visits_and_the_last_takes_what_is_left():
    m = market()
    assert [shopping.rival_at(at, m) for at in (0.0, 0.049, 0.051, 0.19, 0.9)] == [0, 0, 1, 1, 1]
    assert [shopping.rival_code(r) for r in (0, 1)] == [-2, -3]


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
        np.zeros(500, np.bool_), np.full(5, stock), np.full(5, stock), np.zeros(8), np.zeros(8), np.zeros(8),
        np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(len(shopping.Tally)),
    )  # fmt: skip
    open_ = np.ones(5, bool) if listed is None else listed
    shopping.visit(
        key_of(5),
        9,
        n_visits,
        2.0,
        stopped,
        ratio is not None,
        open_,
        ~open_ | once_closed,
        m,
        made,
        P,
        trade,
    )
    return trade


@pytest.mark.parametrize("n_visits", [0, 1, 256, 257, 600])
def test_exactly_the_visits_asked_for_are_walked(n_visits):
    numbers = [unit(words(key_of(5), 9, 9, v, 0)[0]) for v in range(n_visits)]
    trade = an_hour(n_visits)
    assert trade.tallies[shopping.Tally.WANTED] == 2.0 * sum(u < 0.3 for u in numbers)
    assert trade.rivals.sum() == 2.0 * sum(0.3 <= u < 0.5 for u in numbers)


@pytest.mark.parametrize("n_visits", [100, 4000])
def test_visits_of_a_normal_hour_are_the_same_in_both_worlds_and_as_many_as_asked(n_visits):
    trade = an_hour(n_visits)
    assert trade.orders.tolist() == trade.orders_twin.tolist()
    assert trade.rivals.tolist() == trade.rivals_twin.tolist()
    wanted = trade.tallies[shopping.Tally.WANTED]
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
    failed = trade.tallies[shopping.Tally.FAILED_VISITS]
    assert failed == pytest.approx(2.0 * 4000 * 0.25, abs=8 * math.sqrt(4000))
    assert trade.n_failed.sum() == failed / 2.0
    assert trade.orders[1] == 0.0
    assert trade.orders_twin[1] > 0.0
    assert trade.loyalty.min() >= 0.0
    gone = trade.tallies[shopping.Tally.TO_RIVALS] + trade.tallies[shopping.Tally.GAVE_UP]
    assert trade.orders.sum() + gone == trade.tallies[shopping.Tally.WANTED]
    assert (trade.rivals - trade.rivals_twin).sum() == trade.tallies[shopping.Tally.TO_RIVALS]


def test_honest_orders_at_big_stores_are_stopped_as_often_as_mistakes_happen():
    trade = an_hour(4000, stopped=0.5)
    stopped = trade.tallies[shopping.Tally.STOPPED]
    at_stores = trade.orders_twin[:5].sum()
    assert stopped / at_stores == pytest.approx(0.5, abs=0.05)
    assert trade.orders[:5].sum() == at_stores - stopped
    assert trade.orders[5:].tolist() == trade.orders_twin[5:].tolist()
    assert trade.tallies[shopping.Tally.ACCOUNTS_HIT] == 2.0 * trade.hit.sum()


def test_a_good_purchase_restores_loyalty_up_to_all_of_it():
    trade = an_hour(4000, loyalty=0.98, once_closed=True)
    assert set(np.unique(trade.loyalty).tolist()) == {np.float32(0.98), 1.0}
    slowly = an_hour(300, loyalty=0.5, once_closed=True)
    steps = np.unique(slowly.loyalty)
    assert steps[:3].tolist() == pytest.approx([0.5, 0.55, 0.6])


def test_a_bare_shelf_restores_no_loyalty_and_sells_nothing():
    trade = an_hour(300, loyalty=0.5, once_closed=True, stock=0.0)
    assert trade.orders[:5].sum() == trade.orders_twin[:5].sum() == 0.0
    missed = trade.tallies[shopping.Tally.EMPTY_SHELF]
    assert 0 < missed < trade.tallies[shopping.Tally.EMPTY_SHELF_TWIN]  # the less loyal left
    good = (trade.orders.sum()) / 2.0  # purchases at small sellers
    assert ((trade.loyalty - 0.5) / 0.05).sum() == pytest.approx(good, rel=1e-5)


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
