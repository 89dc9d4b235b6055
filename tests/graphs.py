"""Graphs for tests: drawn, looked at, and held to what every graph is."""

import math

import numpy as np

from sim.setup.graph import GraphParameters, build

DRAWN = ["small_world", "scale_free", "communities", "random"]
FAMILIES = [*DRAWN, "ring", "complete", "none"]


def groups_of(n, n_groups=4):
    return (np.arange(n) % n_groups).astype(np.int32)


def draw(family, n, mean_degree=10.0, seed=1, communities=None, **given):
    p = GraphParameters(family=family, mean_degree=mean_degree, **given)
    return build(p, n, groups_of(n) if communities is None else communities, seed)


def ends_of(g):
    return np.repeat(np.arange(g.n), np.diff(g.offsets))


def edges_of(g):
    a = ends_of(g)
    return {(int(i), int(j)) for i, j in zip(a, g.neighbours, strict=True) if i < j}


def check_rows(g, n):
    """Raise unless rows are sorted, symmetric, in range, and without loops and doubles."""
    assert g.n == n
    assert g.offsets.dtype == np.int64
    assert g.neighbours.dtype == np.int32
    assert g.offsets[0] == 0
    assert g.offsets[-1] == g.neighbours.size
    assert (np.diff(g.offsets) >= 0).all()
    a, b = ends_of(g), g.neighbours.astype(np.int64)
    assert ((b >= 0) & (b < n)).all()
    assert (a != b).all()
    assert (np.diff(a * max(n, 1) + b) > 0).all()
    assert np.array_equal(np.sort(b * max(n, 1) + a), a * max(n, 1) + b)


def n_edges_wanted(n, mean_degree):
    return math.floor(n * min(mean_degree, max(n - 1, 0)) / 2 + 0.5)
