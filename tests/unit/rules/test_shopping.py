"""Visits and choices: shares, searches and draws against answers worked out apart."""

import math

import numpy as np
import pytest

from sim.rules import shopping
from sim.rules.shopping import N_CLASSES, Market, Odds, ShoppingParameters

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


def test_a_rival_is_found_by_its_share_of_visits_and_the_last_takes_what_is_left():
    m = market()
    assert [shopping.rival_at(at, m) for at in (0.0, 0.049, 0.051, 0.19, 0.9)] == [0, 0, 1, 1, 1]
    assert [shopping.rival_code(r) for r in (0, 1)] == [-2, -3]
