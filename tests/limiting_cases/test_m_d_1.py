"""The floor with room for all: M/D/1."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from tests.limiting_cases.near import assert_near

CASES = [(0.5, 30.0, 500), (0.8, 120.0, 1000), (0.9, 270.0, 2000)]


@pytest.mark.parametrize(("rho", "wait", "hours"), CASES)
def test_the_mean_wait_is_that_of_the_law(rho, wait, hours):
    assert_near(limiting_cases.md1(rho, hours), wait, most=0.08)


@pytest.mark.slow
@pytest.mark.parametrize(("rho", "wait"), [(0.5, 30.0), (0.8, 120.0), (0.9, 270.0), (0.95, 570.0)])
def test_the_mean_wait_of_many_worlds_is_that_of_the_law(rho, wait):
    estimate = limiting_cases.md1(rho, 10_000, runs=8)
    assert abs(estimate - wait) < 3 * estimate.error
    assert estimate.error < 0.03 * wait


def test_a_load_of_one_is_refused_in_one_line():
    with pytest.raises(BesiegeError, match=r"^rho: given 1\.0, allowed above 0 to 0\.97$"):
        limiting_cases.md1(1.0)
    with pytest.raises(BesiegeError, match=r"^hours: given 10, allowed a whole number from 400"):
        limiting_cases.md1(0.5, 10)
