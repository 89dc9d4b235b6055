"""The families of graphs: valid rows, the written specification, and the laws of networkx."""

import math
import tracemalloc

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.core.chance import AT_CREATION, key_of, words
from sim.setup import graph
from sim.setup.graph import GraphParameters, build
from tests.graphs import (
    DRAWN,
    FAMILIES,
    check_rows,
    draw,
    edges_of,
    ends_of,
    groups_of,
    n_edges_wanted,
)

FULL_SIZE = 349_500


@settings(deadline=None, max_examples=150)
@given(
    family=st.sampled_from(FAMILIES),
    n=st.integers(0, 60),
    mean_degree=st.floats(0, 200) | st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 200.0]),
    rewiring=st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
    within_share=st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
    n_groups=st.integers(1, 30),
    seed=st.integers(0, 2**64 - 1),
)
def test_any_family_gives_sorted_symmetric_rows_without_loops_and_doubles(
    family, n, mean_degree, rewiring, within_share, n_groups, seed
):
    p = GraphParameters(family, mean_degree, rewiring, within_share)
    g = build(p, n, groups_of(n, n_groups), seed)
    check_rows(g, n)
    wanted = n_edges_wanted(n, mean_degree)
    if family in {"random", "small_world", "ring"}:
        assert g.neighbours.size == 2 * wanted
    elif family == "communities":
        assert g.neighbours.size <= 2 * wanted


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_a_handful_of_nodes_is_no_trouble(family, n):
    for mean_degree in (0.0, 0.4, 1.0, 2.5, 10.0, 200.0):
        for share in (0.0, 0.5, 1.0):
            check_rows(draw(family, n, mean_degree, rewiring=share, within_share=share), n)


@pytest.mark.parametrize("family", ["small_world", "random", "communities", "ring"])
@pytest.mark.parametrize("mean_degree", [0.7, 3.0, 9.9, 200.0])
@pytest.mark.parametrize("n", [500, 5000])
def test_the_mean_degree_is_the_one_asked_for_in_a_world_of_any_size(family, mean_degree, n):
    assert draw(family, n, mean_degree).degree.mean() == pytest.approx(mean_degree, abs=1 / n)


@pytest.mark.parametrize(("mean_degree", "allowed"), [(0.7, 2e-3), (3.0, 2e-3), (10.0, 6e-3)])
def test_the_mean_degree_of_scale_free_misses_only_what_its_star_lacks(mean_degree, allowed):
    g = draw("scale_free", 10_000, mean_degree)
    assert g.degree.mean() == pytest.approx(mean_degree, abs=allowed)


@pytest.mark.parametrize("family", DRAWN)
def test_a_dense_small_world_of_any_family_has_no_more_edges_than_pairs(family):
    g = draw(family, 30, 200.0, within_share=0.0)
    assert g.neighbours.size <= 30 * 29
    if family in {"random", "small_world"}:
        assert (g.degree == 29).all()


@pytest.mark.parametrize("family", DRAWN)
def test_the_seed_alone_decides_the_graph(family):
    first = draw(family, 400, seed=5)
    graph._built.clear()
    again, other = draw(family, 400, seed=5), draw(family, 400, seed=6)
    assert again is not first
    assert np.array_equal(first.offsets, again.offsets)
    assert np.array_equal(first.neighbours, again.neighbours)
    assert edges_of(first) != edges_of(other)


def attempt(seed, e, t):
    return [int(w) for w in words(key_of(seed), 21, AT_CREATION, e, t)]


def pick(word, n):
    return word * n // 2**32


def other(word, n, i):
    j = pick(word, n - 1)
    return j + (j >= i)


def unit(word):
    return (word + 0.5) / 2**32


def pair(i, j):
    return (min(i, j), max(i, j))


def mixed(seed, n, edges):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = pick(attempt(seed, i, 0)[3], i + 1)
        order[i], order[j] = order[j], order[i]
    return {pair(order[i], order[j]) for i, j in edges}


def plain_random(seed, n, m):
    edges = set()
    for e in range(m):
        t = 0
        while len(edges) == e:
            _, b, c, _ = attempt(seed, e, t)
            i = pick(b, n)
            edges.add(pair(i, other(c, n, i)))
            t += 1
    return edges


def plain_ring(n, m):
    h = m // n
    rest = m - h * n
    span = n // 2 if 2 * (h + 1) == n else n
    whole = [(e % n, (e % n + 1 + e // n) % n) for e in range(h * n)]
    starts = [s * span // rest for s in range(rest)]
    return whole + [(u, (u + h + 1) % n) for u in starts]


def plain_small_world(seed, n, m, rewiring):
    ring = plain_ring(n, m)
    edges = {pair(u, v) for u, v in ring}
    for e, (u, v) in enumerate(ring):
        joined = {a + b - u for a, b in edges if u in (a, b)}
        if unit(attempt(seed, e, 0)[0]) < rewiring and len(joined) < n - 1:
            t = 0
            while (far := other(attempt(seed, e, t)[1], n, u)) in joined:
                t += 1
            edges.remove(pair(u, v))
            edges.add(pair(u, far))
    return mixed(seed, n, edges)


def plain_scale_free(seed, n, x):
    core = math.ceil(x)
    made = [(0, i) for i in range(1, core + 1)]
    for i in range(core + 1, n):
        ends = [end for edge in made for end in edge]
        joined = set()
        for _ in range(math.floor((i + 1) * x) - math.floor(i * x)):
            t = 0
            while (j := ends[pick(attempt(seed, len(made), t)[1], len(ends))]) in joined:
                t += 1
            joined.add(j)
            made.append((i, j))
    return mixed(seed, n, made)


def plain_communities(seed, n, m, within, groups):
    edges = set()
    for e in range(m):
        for t in range(100):
            a, b, c, _ = attempt(seed, e, t)
            i = pick(b, n)
            own = [k for k in range(n) if groups[k] == groups[i]]
            if unit(a) >= within:
                j = other(c, n, i)
            elif len(own) > 1:
                j = own[other(c, len(own), own.index(i))]
            else:
                continue
            if pair(i, j) not in edges:
                edges.add(pair(i, j))
                break
    return edges


@pytest.mark.parametrize(("n", "mean_degree"), [(2, 1.0), (9, 8.0), (40, 5.3), (60, 10.0)])
def test_every_graph_can_be_drawn_again_from_its_written_specification(n, mean_degree):
    m, seed = n_edges_wanted(n, mean_degree), 2**63 + 11
    groups = np.array([7, 7, -3, 7, 90] * 12, np.int32)[:n]
    by_hand = {
        "random": plain_random(seed, n, m),
        "ring": {pair(u, v) for u, v in plain_ring(n, m)},
        "small_world": plain_small_world(seed, n, m, 0.4),
        "scale_free": plain_scale_free(seed, n, mean_degree / 2),
        "communities": plain_communities(seed, n, m, 0.6, groups),
    }
    for family, edges in by_hand.items():
        g = draw(family, n, mean_degree, seed, groups, rewiring=0.4, within_share=0.6)
        assert edges_of(g) == edges, family


def degrees(graphs):
    return np.concatenate([[d for _, d in g.degree] for g in graphs])


def alike(ours, theirs, allowed=0.02):
    """Raise if two samples' distribution functions differ by more than allowed."""
    gap = stats.ks_2samp(ours, theirs).statistic
    assert gap < allowed, gap


def largest_share(g):
    return len(max(nx.connected_components(g), key=len)) / len(g)


def transitivity(g):
    """Return what `networkx.transitivity` does, by a product of matrices: a tenth of the time."""
    ties = nx.to_scipy_sparse_array(g, dtype=np.int64)
    paths = ties @ ties
    return (paths * ties).sum() / (paths.sum() - paths.trace())


SEEDS = range(5)


def test_transitivity_by_matrices_is_that_of_networkx():
    for g in (nx.karate_club_graph(), nx.gnm_random_graph(300, 1500, seed=1)):
        assert transitivity(nx.Graph(g.edges)) == pytest.approx(nx.transitivity(g), rel=1e-12)


def test_random_degrees_follow_networkx_and_poisson():
    n, z = 4000, 6.0
    ours = degrees(draw("random", n, z, s).to_networkx() for s in SEEDS)
    theirs = degrees(nx.fast_gnp_random_graph(n, z / n, seed=s) for s in SEEDS)
    alike(ours, theirs)
    law = stats.poisson.pmf(np.arange(20), z)
    assert np.abs(np.bincount(ours, minlength=20)[:20] / ours.size - law).max() < 0.006


@pytest.mark.parametrize("z", [0.8, 1.5, 3.0])
def test_random_components_and_clustering_are_those_of_networkx(z):
    n = 4000
    ours = [draw("random", n, z, s).to_networkx() for s in SEEDS]
    theirs = [nx.gnm_random_graph(n, round(n * z / 2), seed=s) for s in SEEDS]
    for measure, allowed in ((largest_share, 0.03), (transitivity, 0.002)):
        gap = np.mean([measure(g) for g in ours]) - np.mean([measure(g) for g in theirs])
        assert abs(gap) < allowed


@pytest.mark.parametrize(("k", "rewiring"), [(4, 0.3), (10, 0.1), (10, 1.0)])
def test_small_world_degrees_clustering_and_distances_are_those_of_networkx(k, rewiring):
    n = 1500
    ours = [draw("small_world", n, k, s, rewiring=rewiring).to_networkx() for s in SEEDS]
    theirs = [nx.watts_strogatz_graph(n, k, rewiring, seed=s) for s in SEEDS]
    alike(degrees(ours), degrees(theirs))
    assert min(degrees(ours)) >= k // 2
    gap = np.mean([transitivity(g) for g in ours]) - np.mean([transitivity(g) for g in theirs])
    assert abs(gap) < 0.008
    assert abs(largest_share(ours[0]) - largest_share(theirs[0])) < 0.005

    def mean_distance(g):
        return np.mean([np.mean(list(nx.single_source_shortest_path_length(g, i).values())) for i in range(0, n, 75)])  # fmt: skip

    assert mean_distance(ours[0]) == pytest.approx(mean_distance(theirs[0]), rel=0.06)


def test_small_world_labels_say_nothing_about_the_place_in_the_ring():
    g = draw("small_world", 20_000, 10, rewiring=0.0)
    steps = np.abs(ends_of(g) - g.neighbours) / g.n
    # two labels without any order: the distance has mean 1/3 and its square 1/6
    assert steps.mean() == pytest.approx(1 / 3, abs=0.005)
    assert (steps**2).mean() == pytest.approx(1 / 6, abs=0.005)
    lattice = nx.watts_strogatz_graph(300, 10, 0)
    small = draw("small_world", 300, 10, rewiring=0.0).to_networkx()
    assert transitivity(small) == pytest.approx(transitivity(lattice))
    assert nx.diameter(small) == nx.diameter(lattice)


@pytest.mark.parametrize("m", [1, 2, 5])
def test_scale_free_degrees_clustering_and_edges_are_those_of_networkx(m):
    n = 3000
    ours = [draw("scale_free", n, 2 * m, s).to_networkx() for s in SEEDS]
    theirs = [nx.barabasi_albert_graph(n, m, seed=s) for s in SEEDS]
    alike(degrees(ours), degrees(theirs))
    assert all(g.number_of_edges() == m * (n - m) for g in ours)
    assert all(nx.is_connected(g) for g in ours)
    assert np.log(degrees(ours)).var() == pytest.approx(np.log(degrees(theirs)).var(), rel=0.05)
    gap = np.mean([transitivity(g) for g in ours]) - np.mean([transitivity(g) for g in theirs])
    assert abs(gap) < 0.003


def test_scale_free_degrees_follow_the_law_of_barabasi_and_albert():
    m = 5
    degree = draw("scale_free", 100_000, 2 * m).degree
    k = np.arange(m, 60)
    law = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
    seen = np.bincount(degree, minlength=60)[m:60] / degree.size
    assert np.abs(seen - law).max() < 0.005
    assert (degree >= 60).mean() == pytest.approx(m * (m + 1) / (60 * 61), rel=0.1)


def test_scale_free_hubs_are_anywhere_among_the_rows():
    rows = [int(draw("scale_free", 2000, 10, s).degree.argmax()) for s in range(30)]
    assert 600 < np.mean(rows) < 1400


def test_communities_are_a_stochastic_block_model_of_networkx():
    sizes, d, w = [200, 300, 1500], 10.0, 0.7
    n = sum(sizes)
    label = np.repeat([5, 0, 2], sizes).astype(np.int32)
    p = [[d * ((1 - w) / (n - 1) + (w / (g - 1) if i == j else 0)) for j in range(3)] for i, g in enumerate(sizes)]  # fmt: skip
    ours = [draw("communities", n, d, s, label, within_share=w).to_networkx() for s in SEEDS]
    theirs = [nx.stochastic_block_model(sizes, p, seed=s) for s in SEEDS]
    block = np.repeat(np.arange(3), sizes)

    def blocks(g):
        table = np.zeros((3, 3))
        for a, b in g.edges:
            table[min(block[a], block[b]), max(block[a], block[b])] += 1
        return table

    mine, its = (sum(blocks(g) for g in graphs) for graphs in (ours, theirs))
    assert (np.abs(mine - its) <= 4 * np.sqrt(mine + its + 1)).all()
    alike(degrees(ours), degrees(theirs))
    gap = np.mean([transitivity(g) for g in ours]) - np.mean([transitivity(g) for g in theirs])
    assert abs(gap) < 0.002
    for first, size in ((0, 200), (200, 300), (500, 1500)):
        mean = np.mean([d for g in ours for i, d in g.degree if first <= i < first + size])
        assert mean == pytest.approx(d, abs=0.4)


def test_communities_without_any_tie_outside_are_components_of_their_own():
    label = groups_of(800, 4)
    g = draw("communities", 800, 10, communities=label, within_share=1.0)
    assert (label[ends_of(g)] == label[g.neighbours]).all()
    assert nx.number_connected_components(g.to_networkx()) == 4


def test_full_communities_leave_edges_out_rather_than_run_on():
    g = draw("communities", 300, 10, communities=groups_of(300, 100), within_share=1.0)
    assert (g.degree == 2).all()


@pytest.mark.parametrize(("n", "k"), [(1000, 4), (1000, 8), (7, 6), (8, 7)])
def test_a_ring_is_the_lattice_of_networkx_in_the_order_of_rows(n, k):
    lattice = nx.circulant_graph(n, range(1, k // 2 + 1 + k % 2))
    assert edges_of(draw("ring", n, k)) == {pair(a, b) for a, b in lattice.edges}


def test_an_odd_ring_spreads_its_longest_ties_evenly():
    assert (draw("ring", 1000, 5).degree == 5).all()


@pytest.mark.slow
@pytest.mark.parametrize("family", [*DRAWN, "ring"])
def test_a_full_mall_is_wired_within_200_megabytes(family):
    draw(family, 100)
    groups = np.minimum(np.arange(FULL_SIZE) // 2475, 20).astype(np.int32)
    tracemalloc.start()
    g = draw(family, FULL_SIZE, communities=groups)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e8
    assert g.degree.mean() == pytest.approx(10.0, abs=1e-3)
