"""A floor at which people balk: as many join as are served."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError


@pytest.mark.parametrize(("rho", "k"), [(1.5, 500), (2.0, 200), (5.0, 500)])
def test_as_many_places_are_taken_as_let_no_more_join_than_are_served(rho, k):
    taken = limiting_cases.md1_balking(rho, k, 400)
    assert abs(taken - (1.0 - 1.0 / rho)) < 3.0 * taken.error + 2.0 / k
    assert taken.error < 0.02


def test_arguments_of_a_balking_floor_out_of_range_are_refused_in_one_line():
    for given, said in (
        ((1.0, 500), "rho: given 1.0, allowed above 1 to 5"),
        ((2.0, 20), "k: given 20, allowed a whole number from 50 to 5000"),
        ((2.0, 500, 40), "hours: given 40, allowed a whole number from 400 to 10000"),
    ):
        with pytest.raises(BesiegeError) as error:
            limiting_cases.md1_balking(*given)
        assert str(error.value) == said
