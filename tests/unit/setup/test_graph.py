"""The coordination graph: a user's own graph, there and back, and graphs kept."""

import copy
import os
import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.units import BesiegeError
from sim.setup import graph
from sim.setup.graph import Graph, from_edges, from_networkx, read_edge_list
from tests.graphs import (
    check_rows,
    draw,
    edges_of,
    groups_of,
)


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


def test_complete_and_none_store_no_edge_and_only_one_joins_all():
    full, empty = draw("complete", 50), draw("none", 50)
    assert full.complete
    assert not empty.complete
    assert full.neighbours.size == empty.neighbours.size == 0
    assert nx.density(full.to_networkx()) == 1.0
    with pytest.raises(BesiegeError, match="complete graph of 30000 nodes"):
        draw("complete", 30_000).to_networkx()


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
