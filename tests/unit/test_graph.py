"""The coordination graph: valid rows, the families' laws, a user's own graph, the cache."""

import copy
import math
import os
import pickle
import tracemalloc

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.core.chance import AT_CREATION, key_of, words
from sim.core.units import BesiegeError
from sim.setup import graph
from sim.setup.graph import Graph, GraphParameters, build, from_edges, from_networkx, read_edge_list

DRAWN = ["small_world", "scale_free", "communities", "random"]
FAMILIES = [*DRAWN, "ring", "complete", "none"]
FULL_SIZE = 349_500


@pytest.fixture(autouse=True)
def _nothing_is_built_yet():
    graph._built.clear()


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


# ------------------------------------------------------------------ rows, always
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


@settings(deadline=None)
@given(
    n=st.integers(1, 20),
    pairs=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=80),
)
def test_loops_and_doubles_among_edges_are_dropped(n, pairs):
    pairs = [(a % n, b % n) for a, b in pairs]
    g = from_edges(n, [a for a, _ in pairs], [b for _, b in pairs])
    check_rows(g, n)
    assert edges_of(g) == {(min(p), max(p)) for p in pairs if p[0] != p[1]}


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


# ------------------------------------------------------------------ the written specification
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


# ------------------------------------------------------------------ against networkx
def degrees(graphs):
    return np.concatenate([[d for _, d in g.degree] for g in graphs])


def alike(ours, theirs, allowed=0.02):
    """Raise if two samples' distribution functions differ by more than allowed."""
    gap = stats.ks_2samp(ours, theirs).statistic
    assert gap < allowed, gap


def largest_share(g):
    return len(max(nx.connected_components(g), key=len)) / len(g)


SEEDS = range(5)


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
    for measure, allowed in ((largest_share, 0.03), (nx.transitivity, 0.002)):
        gap = np.mean([measure(g) for g in ours]) - np.mean([measure(g) for g in theirs])
        assert abs(gap) < allowed


@pytest.mark.parametrize(("k", "rewiring"), [(4, 0.3), (10, 0.1), (10, 1.0)])
def test_small_world_degrees_clustering_and_distances_are_those_of_networkx(k, rewiring):
    n = 1500
    ours = [draw("small_world", n, k, s, rewiring=rewiring).to_networkx() for s in SEEDS]
    theirs = [nx.watts_strogatz_graph(n, k, rewiring, seed=s) for s in SEEDS]
    alike(degrees(ours), degrees(theirs))
    assert min(degrees(ours)) >= k // 2
    gap = np.mean([nx.transitivity(g) for g in ours]) - np.mean(
        [nx.transitivity(g) for g in theirs]
    )
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
    assert nx.transitivity(small) == pytest.approx(nx.transitivity(lattice))
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
    gap = np.mean([nx.transitivity(g) for g in ours]) - np.mean(
        [nx.transitivity(g) for g in theirs]
    )
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
    gap = np.mean([nx.transitivity(g) for g in ours]) - np.mean(
        [nx.transitivity(g) for g in theirs]
    )
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


def test_complete_and_none_store_no_edge_and_only_one_joins_all():
    full, empty = draw("complete", 50), draw("none", 50)
    assert full.complete
    assert not empty.complete
    assert full.neighbours.size == empty.neighbours.size == 0
    assert nx.density(full.to_networkx()) == 1.0
    with pytest.raises(BesiegeError, match="complete graph of 30000 nodes"):
        draw("complete", 30_000).to_networkx()


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


# ------------------------------------------------------------------ built once
def test_equal_graphs_are_built_once_and_cannot_be_written_to():
    g = draw("small_world", 100)
    assert draw("small_world", 100) is g
    assert draw("small_world", 100, communities=np.zeros(100, np.int32)) is g
    assert draw("small_world", 100, seed=2) is not g
    assert draw("small_world", 101) is not g
    assert draw("small_world", 100, rewiring=0.2) is not g
    for values in (g.offsets, g.neighbours):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


def test_communities_are_built_again_for_other_groups():
    g = draw("communities", 100)
    assert draw("communities", 100) is g
    assert draw("communities", 100, communities=groups_of(100, 5)) is not g


def test_only_the_last_few_graphs_are_kept(monkeypatch):
    graphs = [draw("random", 100, seed=s) for s in range(10)]
    assert len(graph._built) == 4
    assert draw("random", 100, seed=9) is graphs[9]
    assert draw("random", 100, seed=0) is not graphs[0]
    monkeypatch.setattr(graph, "_KEPT_BYTES", 1)
    assert draw("random", 100, seed=77) is draw("random", 100, seed=77)
    assert len(graph._built) == 1


@pytest.mark.parametrize("copied", [lambda g: pickle.loads(pickle.dumps(g)), copy.deepcopy])
def test_a_copied_graph_is_the_same_and_cannot_be_written_to_either(copied):
    g = draw("random", 100)
    twin = copied(g)
    assert isinstance(twin, Graph)
    assert np.array_equal(twin.offsets, g.offsets)
    assert np.array_equal(twin.neighbours, g.neighbours)
    assert not twin.neighbours.flags.writeable


def test_groups_that_are_not_one_a_node_are_refused():
    with pytest.raises(BesiegeError, match="given 3 groups, allowed exactly 10"):
        draw("communities", 10, communities=np.zeros(3, np.int32))


# ------------------------------------------------------------------ networkx, there and back
def test_a_graph_goes_to_networkx_and_back_unchanged():
    g = draw("scale_free", 300)
    back = from_networkx(g.to_networkx(), 300)
    assert np.array_equal(back.offsets, g.offsets)
    assert np.array_equal(back.neighbours, g.neighbours)


def test_node_attributes_are_plain_values_of_python():
    given = {
        "stance": np.array([1, 2, 3], np.uint8),
        "threshold": np.array([0.5, 1.5, 2.5], np.float32),
        "online": np.array([True, False, True]),
        "role": ["seller", "curious", "reporter"],
    }
    nodes = draw("none", 3).to_networkx(given).nodes
    assert nodes[1] == {"stance": 2, "threshold": 1.5, "online": False, "role": "curious"}
    assert [type(v) for v in nodes[1].values()] == [int, float, bool, str]


@pytest.mark.parametrize("values", [np.zeros(4), 5])
def test_an_attribute_without_one_value_a_node_is_refused(values):
    with pytest.raises(BesiegeError, match="attribute stance allows exactly 3 values"):
        draw("none", 3).to_networkx({"stance": values})


def test_a_users_graph_keeps_rows_or_else_its_own_order():
    rows = nx.Graph([(2, 0), (0, 1)])
    assert edges_of(from_networkx(rows, 3)) == {(0, 1), (0, 2)}
    names = nx.Graph([("wang", "li"), ("li", ("zhang", 3))])
    assert edges_of(from_networkx(names, 3)) == {(0, 1), (1, 2)}


def weighted(*ties):
    g = nx.Graph()
    g.add_weighted_edges_from(ties)
    return g


def named(*names):
    return nx.relabel_nodes(nx.path_graph(3), dict(enumerate(names)))


def test_a_weight_of_one_and_ties_that_are_not_parallel_are_as_none():
    for graph_of_three in (
        weighted((0, 1, 1), (1, 2, 1.0)),
        weighted((0, 1, np.float32(1)), (1, 2, np.int8(1))),
        nx.MultiGraph([(0, 1), (1, 2)]),
        nx.freeze(nx.path_graph(3)),
        nx.path_graph(5).subgraph([0, 1, 2]),
        nx.relabel_nodes(nx.path_graph(3), {0: np.int64(0), 1: 1.0}),
    ):
        assert edges_of(from_networkx(graph_of_three, 3)) == {(0, 1), (1, 2)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (nx.path_graph(4), "has 4 nodes, allowed exactly 3"),
        (nx.DiGraph([(0, 1), (1, 2)]), "given a directed graph"),
        (nx.Graph([(0, 1), (1, 1), (1, 2)]), "node 1 is joined to itself"),
        ([(0, 1)], r"given a list, allowed a networkx\.Graph"),
        (7, r"given a int, .*for batch_run, put the graph in a list: network=\[graph\]"),
        (weighted((0, 1, 1), (1, 2, 0.5)), "the tie of 1 and 2 has the weight 0.5, allowed 1"),
        (weighted((0, 1, 0), (1, 2, 0)), "has the weight 0, allowed 1"),
        (weighted((0, 1, float("nan")), (1, 2, 1)), "has the weight nan"),
        (weighted((0, 1, "1"), (1, 2, 1)), 'has the weight "1"'),
        (weighted((0, 1, np.ones(3)), (1, 2, 1)), "has the weight array"),
        (weighted((0, 1, None), (1, 2, 1)), "has the weight none"),
        (nx.MultiGraph([(0, 1), (1, 0), (1, 2)]), "0 and 1 are joined more than once"),
        (nx.MultiGraph([(0, 0), (0, 1), (1, 2)]), "node 0 is joined to itself"),
        (
            named("0", "1", "2"),
            r"node \"0\" looks like a number, .*nx\.relabel_nodes\(graph, int\)",
        ),
        (named("1", "2", "3"), r"numbered from \"1\" to \"3\", allowed 0 to 2, .*int\(node\) - 1"),
        (named(1, 2, 3), r"numbered from 1 to 3, allowed 0 to 2, .*lambda node: node - 1"),
        (named(0, 1, 3), "node 3 looks like a number"),
        (named("wang", "li", "17"), 'node "17" looks like a number'),
        (named("wang", "li", 2), "node 2 looks like a number"),
        (named("a", "b", " 1.0 "), 'node " 1.0 " looks like a number'),
        (named("a", "b", "٣"), "looks like a number"),
        (named(b"0", b"1", b"2"), "node b'0' looks like a number"),
    ],
)
def test_a_users_graph_that_does_not_fit_is_refused_with_a_word(given, said):
    with pytest.raises(BesiegeError, match=said):
        from_networkx(given, 3)


# ------------------------------------------------------------------ files
@pytest.fixture
def edge_list(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "ties.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "0,1\n1,2\n3\n",
        "0 1\n1\t2\n3",
        "from,to\n0, 1\n1 ,2\n2,1\n3 \n",
        "# ties\n\nfrom to\r\n0 1 # first\r\n\r\n2 1\r\n3\r\n",
        "\ufeff3\n0,1\n1,2\n",
        '"Source","Target"\n"0","1"\n"1","2"\n3\n3\n',
    ],
)
def test_an_edge_list_may_have_commas_tabs_blanks_comments_and_a_header(edge_list, text):
    g = read_edge_list(edge_list(text), 4)
    check_rows(g, 4)
    assert edges_of(g) == {(0, 1), (1, 2)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0,1\n1,2,3\n", 'line 2: given "1,2,3", allowed two columns'),
        ("0,1,1\n", 'line 1: given "0,1,1", allowed two columns .*: all ties count equally'),
        ("0,1\n7\n", "line 2: given 7, allowed 0 to 3"),
        ("0,1\n1\n2,3\n", "line 2: given 1 alone, allowed only for a person without ties"),
        (
            "alice bob\n0 3\n",
            'line 1: given "alice", allowed a whole number; the first line may be a header',
        ),
        ("alice bob\nbob carol\n", 'line 1: given "alice", allowed a whole number'),
        ("*Vertices 4\n0 3\n", r"line 1: given \"\*Vertices\", allowed a whole number"),
        ("0;1\n", 'line 1: given "0;1", allowed a whole number'),
        (
            "3 2\n0 1\n2 3\n",
            "line 1: given 3 2, which looks like a line of counts; .* not a count of people",
        ),
        (
            "4 2\n0 1\n2 3\n",
            "line 1: given 4 2, which looks like a line of counts; .*not a count of people and ties",
        ),
        (
            "4 7\n0 1\n2 3\n",
            "line 1: given 7, allowed 0 to 3 .*not a count of people and ties",
        ),
        ("3 1\n0 1\n1 0\n2\n", "line 1: given 3 1, which looks like a line of counts"),
        ("2\n0 1\n0 3\n", "line 1: given 2, which looks like a line of counts"),
        ("4\n0 1\n0 3\n", "line 1: given 4, allowed 0 to 3 .*count of people"),
        (
            "1 2\n2 3\n3 4\n",
            "given rows 1 to 4, allowed 0 to 3, .*numbered from 1, so subtract 1 from each",
        ),
        ("3 4\n4 2\n3 1\n", "given rows 1 to 4, .*numbered from 1"),
        ("1 2\n2 3\n", "given rows 1 to 3, allowed 0 to 3, including both ends"),
        (
            "0 1\n1 2\n",
            "given rows 0 to 2, allowed 0 to 3, including both ends .*is written alone on a line",
        ),
        ("0 1\n1 4\n", "line 2: given 4, allowed 0 to 3"),
        ("0,1\n\n1,two\n", 'line 3: given "two", allowed a whole number'),
        ("0,one\n", 'line 1: given "one", allowed a whole number'),
        ("1.5 2.5\n", r"line 1: given \"1\.5\", allowed a whole number"),
        ("from,to\nfrom,to\n", 'line 2: given "from", allowed a whole number'),
        ("0,1\n1,\n", 'line 2: given "", allowed a whole number'),
        ("0,1\n3,4\n", "line 2: given 4, allowed 0 to 3"),
        ("0,-1\n", "line 1: given -1, allowed 0 to 3"),
        (f"0,{'9' * 5000}\n", "line 1: given 9+, allowed 0 to 3"),
        ("0,1\n2,2\n", "line 2: given 2 twice, allowed two different rows"),
        ("from,to\n# nothing\n", "given no edge"),
    ],
)
def test_a_faulty_edge_list_is_refused_by_file_and_line(edge_list, text, said):
    path = edge_list(text)
    with pytest.raises(BesiegeError, match=said) as refused:
        read_edge_list(path, 4)
    assert str(path) in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused_by_name(edge_list, tmp_path):
    for path in (tmp_path / "nowhere.csv", tmp_path, edge_list("0,1 # 卖家", "gb18030")):
        with pytest.raises(BesiegeError, match="cannot be read") as refused:
            read_edge_list(path, 4)
        assert str(path) in str(refused.value)


def test_the_family_file_reads_its_path_again_only_when_the_file_has_changed(edge_list):
    path = edge_list("0,1\n2\n")
    g = draw("file", 3, path=str(path))
    assert edges_of(g) == {(0, 1)}
    assert draw("file", 3, path=str(path), seed=2) is g
    edge_list("0,2\n")
    os.utime(path, ns=(1, 1))
    assert edges_of(draw("file", 3, path=str(path))) == {(0, 2)}


def test_the_family_file_needs_a_file_that_fits(edge_list, tmp_path):
    with pytest.raises(BesiegeError, match=r"graph\.path: given nothing"):
        draw("file", 3)
    with pytest.raises(BesiegeError, match=r"nowhere\.csv: cannot be read"):
        draw("file", 3, path=str(tmp_path / "nowhere.csv"))
    with pytest.raises(BesiegeError, match="given 5, allowed 0 to 2"):
        draw("file", 3, path=str(edge_list("0,5\n")))


@settings(deadline=None, max_examples=150)
@given(
    n=st.integers(2, 30),
    pairs=st.sets(st.tuples(st.integers(0, 29), st.integers(0, 29)), min_size=1, max_size=60),
    order=st.randoms(use_true_random=False),
)
def test_any_graph_survives_its_file_and_its_digest_is_of_its_ties_alone(
    tmp_path_factory, n, pairs, order
):
    ties = [(a % n, b % n) for a, b in pairs if a % n != b % n] or [(0, 1)]
    g = from_edges(n, *zip(*ties, strict=True))
    path = tmp_path_factory.mktemp("graphs") / "graph.csv"
    g.write(path)
    again = read_edge_list(path, n)
    assert edges_of(again) == edges_of(g)
    turned = [tie if order.random() < 0.5 else tie[::-1] for tie in ties]
    order.shuffle(turned)
    shuffled = nx.Graph(turned)
    shuffled.add_nodes_from(range(n))
    assert from_networkx(shuffled, n).digest == again.digest == g.digest
    more = nx.complement(nx.Graph(ties)) if n > 2 else nx.empty_graph(2)
    assert from_edges(n + 1, *zip(*ties, strict=True)).digest != g.digest
    for a, b in list(more.edges)[:1]:
        assert from_edges(n, *zip(*ties, (a, b), strict=True)).digest != g.digest


def test_a_graph_that_was_handed_in_is_not_drawn_anew_without_it():
    with pytest.raises(BesiegeError, match=r"graph\.family: given .* hand it in again"):
        draw("given", 3, path="0123456789abcdef")
