"""Watts (2002): cascades in a random graph with one threshold for all."""

import networkx as nx
import numpy as np
import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError, Stance
from sim.limiting_cases.crowd import _crowd
from sim.rules.mobilisation import social_pull
from sim.running.model import Siege

WINDOWS = [
    (0.18, (1.021, 5.765)),
    (0.20, (1.021, 5.765)),
    (0.25, (1.114, 3.863)),
    (0.10, (1.000, 13.659)),
]


@pytest.mark.parametrize(("phi", "window"), WINDOWS)
def test_the_cascade_window_has_its_two_edges(phi, window):
    assert limiting_cases.watts_window(phi) == pytest.approx(window, abs=1e-3)


def test_a_threshold_that_is_too_high_has_no_window():
    assert limiting_cases.watts_window(0.30) is None
    assert limiting_cases.watts_window(0.51) is None
    assert limiting_cases.watts_window(1.0) is None


def test_a_fifth_is_met_by_one_neighbour_of_five_and_not_where_it_must_be_exceeded():
    assert limiting_cases.watts_window(0.2) == limiting_cases.watts_window(0.19)
    assert limiting_cases.watts_window(0.2, tie=False) == limiting_cases.watts_window(0.24)
    assert limiting_cases.watts_window(0.2000001) == limiting_cases.watts_window(0.24)


@pytest.mark.parametrize(("z", "share"), [(4, 0.9804), (6, 0.9975), (7, 0.9991)])
def test_a_hundredth_of_seeds_sets_off_a_cascade_of_the_size_expected(z, share):
    assert limiting_cases.watts(10_000, z, 0.18) == pytest.approx(share, abs=0.005)


def test_outside_the_window_a_few_seeds_stay_nearly_alone():
    assert limiting_cases.watts(10_000, 8, 0.25, seeds_share=0.001) < 0.01
    assert limiting_cases.watts(10_000, 0.5, 0.18, seeds_share=0.001) < 0.01


def test_a_share_of_k_in_d_is_met_by_k_neighbours_and_not_by_one_fewer():
    """For every degree: where the threshold times the degree would not be k, the quotient is."""
    wrong = [
        (k, d)
        for d in range(1, 201)
        for k in range(1, d + 1)
        if social_pull(k, d, 0, 0, False) - k / d < 0 or social_pull(k - 1, d, 0, 0, False) >= k / d
    ]
    assert wrong == []
    assert 0.07 * 100 > 7


@pytest.mark.parametrize(("k", "degree"), [(1, 5), (7, 100), (3, 10), (29, 100)])
def test_the_middle_of_a_star_joins_with_the_last_leaf_that_its_share_asks_for(k, degree):
    siege = Siege(
        _crowd(degree + 1, tie=True, hours=3).scenario, seed=1, network=nx.star_graph(degree)
    )
    siege.onlookers.threshold = np.array([k / degree, *[2.0] * degree])
    for leaf in range(1, k):
        siege.onlookers[leaf].stance = Stance.MEMBER
    siege.step()
    assert siege.onlookers[0].stance == Stance.OUTSIDE
    siege.onlookers[k].stance = Stance.MEMBER
    siege.step()
    assert siege.onlookers[0].stance == Stance.MEMBER


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((10, 4, 1.5), "phi: given 1.5, allowed 0 to 1"),
        ((10, -1, 0.1), "z: given -1, allowed 0 to 200"),
        ((1.5, 4, 0.1), "n: given 1.5, allowed a whole number from 2 to 1000000"),
        ((10, 4, 0.1, 2), "seeds_share: given 2, allowed 0 to 1"),
        ((10, 4, 0.1, 0.1, -1), "seed: given -1"),
    ],
)
def test_arguments_out_of_range_are_refused_in_one_line(given, said):
    with pytest.raises(BesiegeError) as error:
        limiting_cases.watts(*given)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)
