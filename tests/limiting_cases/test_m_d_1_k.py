"""The floor with K places in all: M/D/1/K."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from tests.limiting_cases.near import assert_near

FIVE = [(0.8, 0.03529), (0.9, 0.06436), (1.0, 0.10345), (1.2, 0.19915)]


@pytest.mark.parametrize(("rho", "refused"), FIVE)
def test_five_places_refuse_the_share_of_the_law(rho, refused):
    assert_near(limiting_cases.md1k(rho, 5, 1000, runs=2).share_refused, refused)


LONG = [(1.2, 0.16667, 8.289), (2.0, 0.5, 8.323)]


@pytest.mark.parametrize(("rho", "refused", "hours"), LONG)
def test_five_hundred_and_one_places_refuse_what_exceeds_the_slots(rho, refused, hours):
    line = limiting_cases.md1k(rho, 501, 1000, runs=2)
    assert_near(line.share_refused, refused)
    assert_near(line.wait_seconds, hours * 3600)


def test_arguments_out_of_range_are_refused_in_one_line():
    for given, said in (
        ((0.5, 1), "k: given 1, allowed a whole number from 2 to 5001"),
        ((6, 5), "rho: given 6, allowed above 0 to 5"),
        ((1.01, 5001), "hours: given 5000, allowed at least 10 times the 8333 hours"),
    ):
        with pytest.raises(BesiegeError) as error:
            limiting_cases.md1k(*given)
        assert str(error.value).startswith(said)
