"""Whom rivals court, and what second shops and renewals are worth."""

import numpy as np
import pytest

from sim.rules import poaching
from sim.rules.poaching import PoachingParameters

PLAIN = PoachingParameters(
    move_rate_per_day=0.5, switching_cost=100.0, move_noise=10.0, gain_share=0.25, keep_share=0.5,
    grievance_yuan=40.0, promise_bonus=7.0,
)  # fmt: skip


def test_a_second_shop_is_weighed_by_its_profit_and_what_was_done_to_one():
    assert poaching.rival_profit(0.1, 4000.0, 60.0, False, PLAIN) == pytest.approx(40.0)
    assert poaching.rival_profit(0.1, 4000.0, 60.0, True, PLAIN) == pytest.approx(47.0)
    assert poaching.move_chance(70.0, 0.5, 10.0, 1.0, PLAIN) == pytest.approx(0.25)  # just as dear
    assert poaching.move_chance(70.0, 0.5, 10.0, 0.5, PLAIN) == pytest.approx(0.125)
    assert poaching.move_chance(1e6, 0.0, 0.0, 90.0, PLAIN) == 1.0
    assert poaching.move_chance(-1e6, 1.0, 0.0, 90.0, PLAIN) == 0.0


def test_at_renewal_staying_keeping_both_and_leaving_are_worth_what_they_bring():
    values = poaching.renewal_values(100.0, 5.0, 30.0, 8.0, 0.5, PLAIN)
    assert values == pytest.approx((100 - 30 - 25, 125 - 30 - 8 - 25, 50 - 8))


def test_rivals_court_in_proportion_to_their_attraction():
    attraction = np.array([1.0, 0.0, 3.0])
    found = [poaching.courted_by(u, attraction) for u in (0.0, 0.249, 0.25, 0.6, 0.999, 1.0)]
    assert found == [0, 0, 2, 2, 2, 2]
