"""Fee schedules: levels, tiers, steps, notice, seniority; what a seller reckons to owe."""

import numpy as np
import pytest

from sim.core.units import BesiegeError, Shop
from sim.scenario.library import load_fees
from sim.scenario.scenario import Scenario
from sim.scenario.toml import library_names
from sim.setup.fees import (
    NOTHING_CONCEDED,
    Concession,
    DepositTier,
    FeeParameters,
    FeeSchedule,
    FeeTier,
    NewSchedule,
    Payers,
    RefundTier,
    all_hardships,
    bill,
    bill_before,
    hardship,
    owed,
)

OLD = FeeSchedule()


# A premium and a standard category, small and large, first and last to come.
SELLERS = Payers(
    category=np.array([0, 0, 15, 15], np.int32),
    turnover=np.array([1e5, 2e6, 1e5, 2e6]),
    rating=np.array([4.7, 4.7, 4.5, 4.7]),
    seniority=np.array([0.1, 0.9, 0.3, 0.7]),
    shop=np.array([Shop.FLAGSHIP, Shop.FRANCHISE_TM, Shop.FRANCHISE, Shop.OTHER], np.int8),
)
LEVELS = {"standard": 30_000.0, "premium": 60_000.0}


def fees(new, concession=NOTHING_CONCEDED):
    return bill(OLD, NewSchedule(**new), concession, SELLERS, 1.0)


def test_the_fee_goes_by_category_and_by_tiers_of_turnover():
    tiers = (FeeTier(turnover_from=1e6, factor=2.0),)
    assert fees({**LEVELS, "tiers": tiers}).fee.tolist() == [60_000, 120_000, 30_000, 60_000]


def test_a_share_of_sales_comes_on_top_of_the_yearly_fee():
    paid = fees({"sales_share": 0.01}).fee
    assert paid == pytest.approx([7_000, 26_000, 7_000, 26_000])


def test_a_refund_needs_both_the_turnover_and_the_rating():
    refunds = (RefundTier(turnover_from=1e5, rating_from=4.6, share=0.5),)
    assert fees({**LEVELS, "refunds": refunds}).fee.tolist() == [30_000, 30_000, 30_000, 15_000]


def test_a_deposit_goes_by_turnover_and_by_premium_category():
    deposits = (
        DepositTier(turnover_from=0, amount=1e4),
        DepositTier(turnover_from=1e6, amount=5e4),
    )
    asked = fees({"deposits": deposits, "premium_deposit": 2.0}).deposit
    assert asked.tolist() == [2e4, 1e5, 1e4, 5e4]


def test_a_deposit_goes_by_kind_of_shop_where_its_kind_has_an_entry():
    deposits = (
        DepositTier(amount=5e4),
        DepositTier(shop="franchise-tm", amount=15e4),
        DepositTier(shop="franchise", turnover_from=1e6, amount=9e4),
        DepositTier(turnover_from=1e6, amount=7e4),
    )
    asked = fees({"deposits": deposits}).deposit
    assert asked.tolist() == [5e4, 15e4, 5e4, 7e4]
    assert fees({"deposits": deposits[::-1]}).deposit.tolist() == asked.tolist()


def test_two_deposits_of_one_kind_and_turnover_are_refused_and_of_two_kinds_are_not():
    franchise = {"shop": "franchise", "amount": 1.0}
    with pytest.raises(ValueError, match="two deposits of franchise shops from 0 yuan/yr on"):
        NewSchedule.model_validate({"deposits": [franchise, franchise]})
    assert NewSchedule.model_validate({"deposits": [franchise, {"amount": 1.0}]})


def test_those_rated_lowest_are_left_out_of_a_postponement_and_keep_what_was_noticed():
    postponed = Concession(postponed_share=1.0, left_out_share=0.25)
    assert fees(LEVELS, postponed).fee.tolist() == [6_000, 6_000, 30_000, 6_000]
    assert fees({**LEVELS, "notice_months": 6.0}, postponed).fee[2] == 18_000
    assert fees(LEVELS, postponed.scaled_by(0.5)).fee.tolist() == [33_000, 33_000, 30_000, 18_000]
    assert not Concession(left_out_share=0.5).is_any()


def test_a_rise_in_three_steps_takes_a_third_of_it_in_the_first_year():
    steps = fees({**LEVELS, "phase_years": 3})
    assert steps.fee == pytest.approx([24_000, 24_000, 14_000, 14_000])
    assert steps.fee_later.tolist() == [60_000, 60_000, 30_000, 30_000]


def test_notice_and_a_postponement_keep_the_old_fee_for_their_months_once():
    noticed = fees({**LEVELS, "notice_months": 9.0}).fee
    both = fees({**LEVELS, "notice_months": 9.0}, Concession(postponed_share=0.75)).fee
    assert noticed.tolist() == both.tolist() == [19_500, 19_500, 12_000, 12_000]


def test_those_who_came_first_keep_the_old_terms_for_good():
    kept = fees({**LEVELS, "grandfathered_share": 0.5})
    assert kept.fee.tolist() == kept.fee_later.tolist() == [6_000, 60_000, 6_000, 30_000]
    assert fees(LEVELS, Concession(grandfathered_share=0.5)).fee.tolist() == kept.fee.tolist()


def test_what_is_rolled_back_is_a_share_of_the_rise_and_not_of_the_fee():
    assert fees(LEVELS, Concession(rolled_back_share=1.0)).fee.tolist() == [6_000] * 4
    assert fees(LEVELS, Concession(rolled_back_share=0.5)).fee[0] == 33_000


def test_a_fee_that_falls_is_held_back_by_no_concession():
    fallen = fees({"standard": 1_000.0, "premium": 1_000.0}, Concession(rolled_back_share=1.0))
    assert fallen.fee.tolist() == [1_000] * 4


def test_a_seller_with_foresight_feels_the_steps_that_are_still_to_come():
    steps = fees({**LEVELS, "phase_years": 3})
    before = owed(bill_before(OLD, SELLERS), FeeParameters())
    blind, sighted = (owed(steps, FeeParameters(foresight=f)) - before for f in (0.0, 1.0))
    assert (blind < sighted).all()
    assert sighted == pytest.approx([54_000, 54_000, 24_000, 24_000])


@pytest.mark.parametrize("name", library_names("fees"))
def test_a_fee_schedule_of_the_library_loads_by_its_name(name):
    scenario = Scenario.load("small").replace(fees=name)
    assert scenario.fees.new == load_fees(name)
    assert scenario.fees.old == Scenario.load("small").fees.old
    assert Scenario.load("small").replace({"fees": name}) == scenario


def test_the_schedule_as_announced_is_the_one_of_the_scenario():
    assert load_fees("as-announced-2011") == Scenario.load("taobao-2011").fees.new


def test_an_unknown_schedule_is_refused_with_the_nearest_name():
    with pytest.raises(BesiegeError, match="did you mean phased"):
        Scenario.load("small").replace(fees="phase")


def test_compiled_hardships_equal_the_rule_row_by_row():
    cost = np.array([-10.0, 0.0, 5e3, 5e4])
    margin = np.array([0.1, 0.1, 0.2, 0.05])
    turnover = np.array([1e5, 2e5, 3e5, 0.0])
    out = np.empty(4)
    all_hardships(cost, margin, turnover, out)
    assert out.tolist() == [
        hardship(c, m, t) for c, m, t in zip(cost, margin, turnover, strict=True)
    ]
    assert out[:2].tolist() == [0.0, 0.0]
    assert out[3] == 1.0


def test_premium_categories_pay_the_premium_fee():
    schedule = FeeSchedule(standard=30_000, premium=60_000, n_premium=3)
    fee = schedule.fee(np.array([0, 2, 3, 19], dtype=np.int32), np.full(4, 5e5))
    assert fee.tolist() == [60_000, 60_000, 30_000, 30_000]
