"""Detection alone: the curve of its scores, and Poisson numbers thinned."""

from statistics import NormalDist

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from tests.limiting_cases.near import assert_near

AREAS = [(1, 0.76025), (2, 0.92135), (3, 0.98305)]


@pytest.mark.parametrize(("d", "area"), AREAS)
def test_scores_apart_by_d_have_the_area_of_the_binormal_law(d, area):
    assert_near(limiting_cases.roc(d), area)


def test_scores_that_lie_together_tell_nothing_apart():
    assert_near(limiting_cases.roc(0, n=100_000), 0.5)


@pytest.mark.parametrize(("mean", "d", "hit"), [(10.0, 1.0, 0.3), (3.0, 2.0, 0.05)])
def test_what_is_kept_and_what_is_removed_are_uncorrelated_poisson_numbers(mean, d, hit):
    found = NormalDist().cdf(d + NormalDist().inv_cdf(hit))
    thinned = limiting_cases.thinning(mean, d, hit, hours=1200)
    assert_near(thinned.kept, mean * (1 - found))
    assert_near(thinned.removed, mean * found)
    assert_near(thinned.kept_dispersion, 1.0)
    assert_near(thinned.removed_dispersion, 1.0)
    assert abs(thinned.correlation) < 3 * thinned.correlation.error < 0.1


def test_arguments_out_of_range_are_refused_in_one_line():
    with pytest.raises(BesiegeError, match=r"^d: given 11, allowed 0 to 10$"):
        limiting_cases.roc(11)
    with pytest.raises(BesiegeError, match=r"^mean: given 21, allowed 0\.1 to 20$"):
        limiting_cases.thinning(21)
