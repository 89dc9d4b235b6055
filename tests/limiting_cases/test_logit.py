"""Shopping alone: the shares of a multinomial logit."""

import numpy as np
import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError

OPEN = (0.426933, 0.258948, 0.157060, 0.157060)
FIRST_CLOSED = (0.0, 0.451863, 0.274069, 0.274069)


def law(utilities, closed=(), outside=0.0):
    weights = np.exp([*utilities, outside])
    weights[list(closed)] = 0.0
    return weights / weights.sum()


def assert_sampled(shares):
    for sampled, expected in zip(shares.sampled, shares.expected, strict=True):
        assert abs(sampled - expected) <= 3 * sampled.error + 1e-12
        assert sampled.error < 5e-4


@pytest.mark.parametrize(("closed", "numbers"), [((), OPEN), ((0,), FIRST_CLOSED)])
def test_shares_of_visits_are_those_of_the_logit(closed, numbers):
    shares = limiting_cases.logit_shares((1, 0.5, 0), closed=closed)
    assert shares.expected == pytest.approx(law((1, 0.5, 0), closed), abs=1e-9)
    assert shares.expected == pytest.approx(numbers, abs=5e-7)
    assert_sampled(shares)


@pytest.mark.parametrize(
    ("utilities", "closed", "outside"),
    [((0.3,), (), 0.0), ((2, 1, 0, -1, -2), (1, 3), 0.5), ((0.0,) * 40, range(20), 1.0)],
)
def test_other_utilities_and_closures_have_their_own_shares(utilities, closed, outside):
    shares = limiting_cases.logit_shares(utilities, closed, outside)
    assert shares.expected == pytest.approx(law(utilities, closed, outside), abs=1e-9)
    assert_sampled(shares)


def test_with_every_store_closed_nobody_buys():
    shares = limiting_cases.logit_shares((1, 2), closed=(0, 1))
    assert shares.expected == pytest.approx((0, 0, 1), abs=1e-9)
    assert [float(s) for s in shares.sampled] == [0.0, 0.0, 1.0]


def test_arguments_out_of_range_are_refused_in_one_line():
    for given, said in (
        (((),), "utilities: given an empty list, allowed 1 to 5000 numbers"),
        (((1, "a"),), 'utilities: given "a", allowed -20 to 20'),
        (((1, 0), (2,)), "closed: given 2, allowed a whole number from 0 to 1"),
        (((20,),), "utilities, probability to buy: given 0.99"),
    ):
        with pytest.raises(BesiegeError) as error:
            limiting_cases.logit_shares(*given)
        assert str(error.value).startswith(said)
