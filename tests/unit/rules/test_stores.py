"""Hazards, ratings and shares of stores, against answers worked out by hand."""

import numpy as np
import pytest

from sim.rules import stores
from sim.rules.stores import StoreDay, StoreParameters

P = StoreParameters(
    delist_rate=2.0, delist_half=3.0, delist_stockout=0.5, precaution=0.1, precaution_category=0.01,
    quiet_hours=5.0, relist_rate=0.25, relist_protected=0.125, cod_rate=0.5, cod_half=2.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "sold_out", "hit", "near", "hazard"),
    [
        (0.0, False, 0.0, 0.0, 0.0), (3.0, False, 0.0, 0.0, 1.0), (1.0, False, 0.0, 0.0, 0.2),
        (0.0, True, 0.0, 0.0, 0.5), (0.0, False, 0.5, 1.0, 0.06), (9.0, True, 1.0, 1.0, 2.41),
    ],
)  # fmt: skip
def test_a_store_closes_by_false_orders_a_bare_shelf_and_what_hits_others(ratio, sold_out, hit, near, hazard):  # fmt: skip
    assert stores.delisting_hazard(ratio, sold_out, hit, near, P) == pytest.approx(hazard)


@pytest.mark.parametrize(
    ("quiet", "protection", "hazard"), [(4.9, 0.0, 0.0), (5.0, 0.0, 0.25), (0.0, 1.0, 0.125), (9.0, 0.4, 0.3)]
)  # fmt: skip
def test_goods_come_back_after_a_quiet_spell_or_under_protection(quiet, protection, hazard):
    assert stores.relisting_hazard(quiet, protection, P) == pytest.approx(hazard)


def test_cash_on_delivery_goes_by_refusals_over_normal_orders():
    assert stores.suspending_hazard(8.0, 4.0, P) == pytest.approx(0.25)
    assert stores.suspending_hazard(0.0, 4.0, P) == 0.0
    assert stores.suspending_hazard(1.0, 0.0, P) == pytest.approx(0.5, rel=1e-6)


def test_a_rating_is_the_mean_of_honest_ones_and_bad_ones_at_one():
    assert stores.rating(4.8, 1000.0, 250.0) == pytest.approx(4.04)
    assert stores.rating(4.8, 1000.0, 0.0) == 4.8
    assert stores.rating(4.8, 0.0, 0.0) == 4.8
    assert stores.rating(4.8, 0.0, 0.25) == 1.0
    assert stores.rating(3.0, 0.5, 0.5) == 2.0
    assert stores.rating(3.0, 0.25, 0.25) == 2.0
    assert [stores.rating(4.8, 1000.0, n) >= 4.5 for n in (85.0, 86.0)] == [True, False]
    assert [stores.rating(4.8, 1000.0, n) >= 4.0 for n in (266.0, 267.0)] == [True, False]


def day(**given):
    usual = {name: np.zeros(4) for name in ("false_orders", "refusals", "attempts", "normal")}
    usual |= {"sold_out": np.zeros(4, bool), "hit_today": np.array([True, False, True, True]),
              "category": np.array([0, 0, 2, 2], np.int32)}  # fmt: skip
    return StoreDay(**usual | given)


def test_the_share_of_stores_hit_is_told_of_all_and_of_each_category():
    by_category = np.full(4, 9.0)
    assert stores.share_hit(day(), by_category) == 0.75
    assert by_category.tolist() == [0.5, 0.0, 1.0, 0.0]
    one = StoreDay(*[np.zeros(1)] * 4, np.ones(1, bool), np.ones(1, bool), np.zeros(1, np.int32))
    assert stores.share_hit(one, by_category) == 1.0
    assert by_category.tolist() == [1.0, 0.0, 0.0, 0.0]
    none = np.zeros(0)
    nobody = StoreDay(*[none] * 4, none.astype(bool), none.astype(bool), none.astype(np.int32))
    assert stores.share_hit(nobody, by_category) == 0.0
    assert by_category.tolist() == [0.0] * 4


def test_a_store_weighs_its_own_orders_and_its_own_category():
    met = day(false_orders=np.array([0.0, 6.0, 0.0, 0.0]), normal=np.array([1.0, 2.0, 1.0, 0.0]))
    by_category = np.array([0.5, 9.0, 1.0])
    assert stores.delisting_terms(1, met, 0.75, by_category, P) == pytest.approx(
        1.0 + 0.075 + 0.005
    )
    assert stores.delisting_terms(2, met, 0.75, by_category, P) == pytest.approx(0.075 + 0.01)
