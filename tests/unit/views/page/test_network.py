"""The sample of the network that the page draws."""

import numpy as np
import pytest

from sim.core.units import Role, Stance
from sim.setup.graph import Graph
from sim.views.page.network import SHOWN, draw_network, sample


def ring(n):
    return Graph(np.arange(0, 2 * n + 1, 2), np.array([[(i - 1) % n, (i + 1) % n] for i in range(n)], np.int32).ravel())  # fmt: skip


def test_the_sample_is_the_first_seller_and_those_around_it_with_their_ties():
    taken = sample(ring(1000), np.full(1000, Role.CURIOUS, np.uint8))
    assert len(taken.rows) == SHOWN
    assert taken.rows[:5] == [0, 999, 1, 998, 2]
    assert len(taken.ties) == SHOWN - 1
    assert 0 <= taken.places.min() <= taken.places.max() <= 1
    again = sample(ring(1000), np.full(1000, Role.CURIOUS, np.uint8))
    assert np.array_equal(again.places, taken.places)


@pytest.mark.parametrize("n", [1, 2, 200])
def test_people_without_ties_are_drawn_as_well(n):
    alone = Graph(np.zeros(n + 1, np.int64), np.zeros(0, np.int32))
    taken = sample(alone, np.zeros(n, np.uint8))
    drawn = draw_network(taken, [Stance.MEMBER] * len(taken.rows))
    assert drawn.count("<circle") == min(n, SHOWN)
    assert f"in the protest {min(n, SHOWN)}" in drawn
