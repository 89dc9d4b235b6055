"""History matching from a table, where the answer is known."""

import numpy as np
import pytest

from sim.lab.analysis import matching
from sim.outcomes.facts import Fact


def fact(low, high, unit="people", **more):
    return Fact(
        id="A", pattern="crowd", quantity="q", outcome="peak_online", low=low, high=high, unit=unit,
        window="w", use="calibrate", source="s", **more,
    )  # fmt: skip


FACTS = (fact(100, 200), fact(44, 46, "hour"), fact(0.5, 1, "share"))


def test_distance_is_to_the_nearest_bound_and_nothing_inside():
    y = matching.compared(np.array([[150.0, 45.0, 0.7], [50.0, 48.0, 0.2]]), FACTS, 144)
    off = matching.distances(y, FACTS)
    assert off[0].tolist() == [0.0, 0.0, 0.0]
    assert off[1] == pytest.approx([np.log(2.0), 2.0, 0.3])


def test_what_a_run_does_not_have_is_as_far_off_as_it_can_be():
    y = matching.compared(np.full((1, 3), np.nan), FACTS, 144)
    assert y[0].tolist() == pytest.approx([np.log(100) - 1.5, 46 + 30.0, 0.0])


def test_implausibility_is_the_distance_over_chance_and_discrepancy_together():
    mean = np.array([[np.log(400.0), 45.0, 0.35]])
    found = matching.implausibility(mean, np.array([[0.03, 0.0, 0.0]]), FACTS)
    assert found[0] == pytest.approx([np.log(2.0) / 0.2, 0.0, 3.0])
