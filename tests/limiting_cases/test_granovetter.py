"""Granovetter (1978): a crowd in which everybody sees everybody."""

import numpy as np
import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError


def test_thresholds_of_0_to_99_bring_out_all_hundred():
    assert limiting_cases.granovetter(range(100)) == 100


def test_a_two_in_place_of_the_one_leaves_the_first_alone():
    assert limiting_cases.granovetter([0, 2, *range(2, 100)]) == 1


def test_where_a_threshold_must_be_exceeded_nobody_begins():
    assert limiting_cases.granovetter(range(100), tie=False) == 0
    assert limiting_cases.granovetter([-1, *range(99)], tie=False) == 100


@pytest.mark.parametrize("n", [3, 7, 10, 49, 99, 300])
def test_equality_is_met_whatever_the_size_of_the_crowd(n):
    assert limiting_cases.granovetter(range(n)) == n
    assert limiting_cases.granovetter([0, *[t + 1e-6 for t in range(1, n)]]) == 1


@pytest.mark.parametrize("seed", range(5))
def test_any_crowd_ends_at_the_first_number_that_as_many_thresholds_reach(seed):
    thresholds = np.random.default_rng(seed).integers(0, 60, 80)
    n_in = 0
    while (joined := int((thresholds <= n_in).sum())) != n_in:
        n_in = joined
    assert limiting_cases.granovetter(thresholds) == n_in


NORMAL = [(0.10, 0.0077), (0.122, 0.0548), (0.1225, 1.0000), (0.5, 0.9049), (1.0, 0.6586)]


@pytest.mark.parametrize(("sd", "share"), NORMAL)
def test_normal_thresholds_bring_out_the_share_of_the_infinite_crowd(sd, share):
    assert limiting_cases.granovetter_normal(0.25, sd) == pytest.approx(share, abs=1e-3)


def test_the_crowd_jumps_at_the_critical_spread_of_thresholds():
    assert limiting_cases.granovetter_normal(0.25, 0.12218) < 0.1
    assert limiting_cases.granovetter_normal(0.25, 0.12226) > 0.99


@pytest.mark.parametrize(
    ("given", "said"),
    [([], "an empty list"), (["x"], "a list of 1"), ([float("nan")], "a list of 1"), (3, "3")],
)
def test_what_is_no_list_of_thresholds_is_refused_in_one_line(given, said):
    with pytest.raises(BesiegeError, match=f"^thresholds: given {said}, allowed 1 to 1000000"):
        limiting_cases.granovetter(given)
