"""The coordination graph: seeded families straight into CSR, and back to networkx."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import networkx as nx
import numpy as np
from pydantic import Field

from sim.chance import Stream, column, key_of, uniform
from sim.compiled import kernel
from sim.units import F64, I32, I64, BesiegeError, parameter


class GraphParameters(NamedTuple):
    """Which network joins sellers and onlookers."""

    family: Annotated[
        Literal["small_world", "scale_free", "communities", "random", "complete", "none"],
        Field(description="family of the coordination graph"),
    ] = "small_world"
    mean_degree: Annotated[float, parameter("mean number of neighbours", unit="people", ge=0, le=200)] = 10.0  # fmt: skip
    rewiring: Annotated[float, parameter("small world: share of edges rewired", unit="share", ge=0, le=1)] = 0.1  # fmt: skip
    within_share: Annotated[float, parameter("communities: share of edges inside one's own", unit="share", ge=0, le=1)] = 0.8  # fmt: skip


@dataclass(frozen=True, slots=True)
class Graph:
    """An undirected graph in compressed rows; each row's neighbours are sorted."""

    offsets: I64
    neighbours: I32
    complete: bool = False

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.offsets.size - 1

    @property
    def degree(self) -> I32:
        """Number of neighbours of each node."""
        return np.diff(self.offsets).astype(np.int32)

    def to_networkx(self, attributes: dict[str, Any] | None = None) -> "nx.Graph[int]":
        """Give a networkx graph with node attributes (name to array of n values)."""
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(self.n))
        ends = np.repeat(np.arange(self.n), self.degree)
        once = ends < self.neighbours
        graph.add_edges_from(zip(ends[once].tolist(), self.neighbours[once].tolist(), strict=True))
        for name, values in (attributes or {}).items():
            nx.set_node_attributes(graph, dict(enumerate(np.asarray(values).tolist())), name)
        return graph


def from_edges(n: int, a: I64, b: I64) -> Graph:
    """Build a graph from edge ends; loops and doubles are dropped."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    keys = np.unique((low * n + high)[low != high])
    low, high = keys // max(n, 1), keys % max(n, 1)
    rows = np.concatenate([low, high])
    ends = np.concatenate([high, low])
    order = np.argsort(rows * max(n, 1) + ends)
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=offsets[1:])
    return Graph(offsets, ends[order].astype(np.int32))


def from_networkx(graph: "nx.Graph[Any]", n: int) -> Graph:
    """Take a user's graph of exactly ``n`` nodes, in its own node order or rows 0..n-1."""
    if graph.number_of_nodes() != n:
        raise BesiegeError(
            f"graph: has {graph.number_of_nodes()} nodes, allowed is exactly {n} "
            "(one for each seller and onlooker at this scale)"
        )
    nodes = list(graph.nodes)
    rows = {v: v for v in range(n)} if set(nodes) == set(range(n)) else {v: i for i, v in enumerate(nodes)}  # fmt: skip
    ends = np.array([(rows[a], rows[b]) for a, b in graph.edges()], np.int64).reshape(-1, 2)
    return from_edges(n, ends[:, 0], ends[:, 1])


@kernel
def _attach(key: np.uint64, stream: int, n: int, m: int, a: I64, b: I64) -> int:
    """Barabasi and Albert (1999): each newcomer joins m ends drawn from all ends so far."""
    e = 0
    for i in range(1, n):
        for d in range(min(m, i)):
            u = uniform(key, stream, 0xFFFFFFFF, i, d)
            at = int(u * (2 * e + i))
            # each node counts once, and once more for each edge end it has
            a[e] = i
            b[e] = at if at < i else (a[(at - i) // 2] if (at - i) % 2 == 0 else b[(at - i) // 2])
            e += 1
    return e


def _shuffled(seed: int, n: int) -> I64:
    return np.argsort(column(seed, Stream.EDGE_D, n), kind="stable")


def _ends(u: F64, n: int) -> I64:
    return np.minimum((u * n).astype(np.int64), max(n - 1, 0))


def build(p: GraphParameters, n: int, communities: I32, seed: int) -> Graph:
    """Draw a graph of a family on ``n`` nodes; ``communities`` gives each node's group."""
    none = np.zeros(0, np.int64)
    if p.family == "complete":
        return Graph(np.zeros(n + 1, np.int64), np.zeros(0, np.int32), complete=True)
    m = round(n * min(p.mean_degree, max(n - 1, 0)) / 2)
    if p.family == "none" or m == 0:
        return from_edges(n, none, none)
    first = column(seed, Stream.EDGE_A, m)
    second = column(seed, Stream.EDGE_B, m)
    third = column(seed, Stream.EDGE_C, m)
    order = _shuffled(seed, n)
    if p.family == "random":
        return from_edges(n, _ends(first, n), _ends(second, n))
    if p.family == "small_world":
        edge = np.arange(m)
        a = edge % n
        b = np.where(third < p.rewiring, _ends(second, n), (a + 1 + edge // n) % n)
        return from_edges(n, order[a], order[b])
    if p.family == "scale_free":
        per = max(1, round(p.mean_degree / 2))
        a, b = np.zeros(n * per, np.int64), np.zeros(n * per, np.int64)
        e = _attach(key_of(seed), int(Stream.EDGE_A), n, per, a, b)
        return from_edges(n, order[a[:e]], order[b[:e]])
    grouped = np.argsort(communities, kind="stable")
    start = np.searchsorted(communities[grouped], np.arange(communities.max() + 2))
    a = _ends(first, n)
    own = communities[a]
    size = start[own + 1] - start[own]
    inside = grouped[start[own] + np.minimum((second * size).astype(np.int64), size - 1)]
    return from_edges(n, a, np.where(third < p.within_share, inside, _ends(second, n)))


@kernel
def _keep_first(offsets: I64, neighbours: I32, n: int, kept_offsets: I64, kept: I32) -> None:
    total = 0
    for i in range(n):
        for e in range(offsets[i], offsets[i + 1]):
            if neighbours[e] < n:
                kept[total] = neighbours[e]
                total += 1
        kept_offsets[i + 1] = total


def among_first(graph: Graph, n: int) -> Graph:
    """Give the subgraph among the first ``n`` nodes."""
    offsets = np.zeros(n + 1, np.int64)
    kept = np.empty(int(graph.offsets[n]), np.int32)
    _keep_first(graph.offsets, graph.neighbours, n, offsets, kept)
    return Graph(offsets, kept[: offsets[n]].copy(), complete=graph.complete)
