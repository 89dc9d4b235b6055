"""The coordination graph: seeded families and a user's own, in rows of neighbours (CSR)."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sim.core.chance import key_of
from sim.core.quoting import quote, reason
from sim.core.state import Ties
from sim.core.units import I32, I64, BesiegeError, parameter
from sim.io.folders import file_hash
from sim.setup import generators, ties

if TYPE_CHECKING:
    import networkx as nx


class GraphParameters(NamedTuple):
    """The network that connects sellers and onlookers."""

    family: Annotated[
        Literal["small_world", "scale_free", "communities", "random", "ring", "complete", "none", "file", "given"],
        Field(description="kind of coordination graph"),
    ] = "small_world"  # fmt: skip
    mean_degree: Annotated[float, parameter("mean number of neighbours", unit="people", ge=0, le=200)] = 10.0  # fmt: skip
    rewiring: Annotated[float, parameter("for small_world: share of edges that are rewired", unit="share", ge=0, le=1)] = 0.1  # fmt: skip
    within_share: Annotated[float, parameter("for communities: share of edges drawn within the own community; the others are drawn anywhere", unit="share", ge=0, le=1)] = 0.8  # fmt: skip
    path: Annotated[
        str,
        Field(
            description="for file: path of an edge list with two columns of row numbers, counted from 0 (sellers first, then onlookers); for given: hash of a graph passed from Python"
        ),
    ] = ""


OWN = frozenset({"file", "given"})
"""Families that are a user's own: `GraphParameters.path` tells which."""

_COMPLETE_TO_NETWORKX = 3000


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """An undirected graph in compressed rows; nobody may change it.

    Parameters
    ----------
    offsets
        Row ``i``'s neighbours are ``neighbours[offsets[i]:offsets[i + 1]]``, rising; n + 1 numbers.
    neighbours
        Every edge stands here twice, once from each end.
    complete
        Everyone is everyone's neighbour; then no edge is stored, and degrees are 0.
    """

    offsets: I64
    neighbours: I32
    complete: bool = False

    def __post_init__(self) -> None:
        """Close both arrays to writing, since equal graphs are shared by many worlds."""
        self.offsets.setflags(write=False)
        self.neighbours.setflags(write=False)

    def __reduce__(self) -> tuple[type[Self], tuple[I64, I32, bool]]:
        """Go through the constructor, so that a pickled graph cannot be written to either."""
        return type(self), (self.offsets, self.neighbours, self.complete)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: it cannot change."""
        return self

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.offsets.size - 1

    @property
    def degree(self) -> I32:
        """Number of neighbours of each node."""
        return np.diff(self.offsets).astype(np.int32)

    @property
    def ties(self) -> Ties:
        """The graph as kernels take it."""
        return Ties(self.offsets, self.neighbours, self.degree, self.complete)

    @property
    def digest(self) -> str:
        """A hash of nodes and ties, whatever the order in which they were given."""
        told = hashlib.sha256(b"complete" if self.complete else b"")
        told.update(self.offsets.astype("<i8", copy=False).data)
        told.update(self.neighbours.astype("<i4", copy=False).data)
        return told.hexdigest()[:16]

    @property
    def telling(self) -> dict[str, str]:
        """What a scenario says of a world that is given this graph: its family, its digest."""
        if self.complete or self.neighbours.size == 0:
            return {"graph.family": "complete" if self.complete else "none"}
        return {"graph.family": "given", "graph.path": self.digest}

    def write(self, path: Path) -> None:
        """Write an edge list that `read_edge_list` reads back, with one tie at least.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        ends = np.repeat(np.arange(self.n), self.degree)
        once = ends < self.neighbours
        alone = np.flatnonzero(self.degree == 0)
        ties.write(path, ends[once].tolist(), self.neighbours[once].tolist(), alone.tolist())

    def to_networkx(self, attributes: dict[str, Any] | None = None) -> "nx.Graph[int]":
        """Return a networkx graph of nodes 0 to n - 1.

        Parameters
        ----------
        attributes
            Node attributes: name to n values, which become plain Python values.

        Raises
        ------
        BesiegeError
            If an attribute has not one value a node, or for a complete graph of more than
            3,000 nodes (its edges would fill the memory).
        """
        columns = {name: np.asarray(v).tolist() for name, v in (attributes or {}).items()}
        for name, values in columns.items():
            if not isinstance(values, list) or len(values) != self.n:
                raise BesiegeError(f"graph: attribute {quote(name)} allows exactly {self.n} values")
        if self.complete and self.n > _COMPLETE_TO_NETWORKX:
            raise BesiegeError(
                f"graph: a complete graph of {self.n} nodes is too large for networkx, "
                f"allowed at most {_COMPLETE_TO_NETWORKX}"
            )
        import networkx as nx  # a run needs none

        graph: nx.Graph[int] = nx.complete_graph(self.n) if self.complete else nx.Graph()
        graph.add_nodes_from(range(self.n))
        ends = np.repeat(np.arange(self.n), self.degree)
        once = ends < self.neighbours
        graph.add_edges_from(zip(ends[once].tolist(), self.neighbours[once].tolist(), strict=True))
        for name, values in columns.items():
            for node, value in zip(graph.nodes.values(), values, strict=True):
                node[name] = value
        return graph


def from_edges(n: int, a: npt.ArrayLike, b: npt.ArrayLike) -> Graph:
    """Build a graph of ``n`` nodes from its edges' ends; loops and doubles are dropped."""
    a, b = np.ascontiguousarray(a, np.int32), np.ascontiguousarray(b, np.int32)
    offsets, at = np.empty(n + 1, np.int64), np.empty(n, np.int64)
    once, neighbours = np.empty(2 * a.size, np.int32), np.empty(2 * a.size, np.int32)
    kept = generators.compress(n, a, b, at, once, offsets, neighbours)
    return Graph(offsets, neighbours if kept == neighbours.size else neighbours[:kept].copy())


def from_networkx(graph: "nx.Graph[Any]", n: int) -> Graph:
    """Take a user's graph of exactly ``n`` nodes, as `sim.setup.ties.of_networkx` allows it.

    Raises
    ------
    BesiegeError
        If it is not allowed.
    """
    return from_edges(n, *ties.of_networkx(graph, n))


def read_edge_list(path: str | Path, n: int) -> Graph:
    """Read a graph of ``n`` nodes from a text or CSV file, written as `sim.setup.ties.read` says.

    Raises
    ------
    BesiegeError
        If the file is not allowed.
    """
    return from_edges(n, *ties.read(path, n))


def take(network: "nx.Graph[Any] | Graph", n: int) -> Graph:
    """Take a graph that is handed in, networkx's or the rows of another world, of ``n`` nodes.

    Raises
    ------
    BesiegeError
        If it is not allowed.
    """
    if not isinstance(network, Graph):
        return from_networkx(network, n)
    if network.n != n:
        raise BesiegeError(f"graph: has {network.n} nodes, allowed exactly {n} ({ties.WHO})")
    return network


_KEPT, _KEPT_BYTES = 4, 100_000_000
_built: OrderedDict[tuple[Any, ...], Graph] = OrderedDict()
_building = threading.Lock()


def build(p: GraphParameters, n: int, communities: I32, seed: int) -> Graph:
    """Draw a graph of a family on ``n`` nodes; an equal one built lately is given again.

    A generated graph has m = floor(n d / 2 + 1/2) edges, d = min(mean degree, n - 1), but for
    ``scale_free`` (its star leaves it short by about d^2 / 4) and ``communities`` (full groups).

    ``random``
        ``wire_random``.
    ``ring``
        ``wire_ring``; places in the ring are rows.
    ``small_world``
        ``wire_ring``, then ``rewire``; labels are mixed (``mix_labels``).
    ``scale_free``
        ``wire_scale_free`` with d / 2 edges a node if m > 0; labels are mixed.
    ``communities``
        ``wire_communities``.
    ``complete``
        Everyone is joined to everyone, and no edge is stored.
    ``none``
        Nobody is joined to anybody.
    ``file``
        ``read_edge_list``; no chance in it.
    ``given``
        Nothing: such a graph is handed in.

    Parameters
    ----------
    p
        The family and its parameters.
    n
        Number of nodes, 0 or more.
    communities
        Each node's group, any whole number; read by ``communities`` alone.
    seed
        The run's seed, 0 to 2**64 - 1.

    Returns
    -------
    Graph
        Shared with whoever asked for the same: it cannot be written to.

    Raises
    ------
    BesiegeError
        If a file cannot be read or does not fit, a given graph is not handed in, or
        ``communities`` has not one group a node.
    """
    beside = _beside_parameters(p, n, communities)
    key = (n, beside) if p.family == "file" else (p, n, seed, beside)
    with _building:
        graph = _built.pop(key, None)
        if graph is None:
            graph = (
                read_edge_list(p.path, n) if p.family == "file" else _wire(p, n, communities, seed)
            )
        _built[key] = graph
        while len(_built) > 1 and (
            len(_built) > _KEPT
            or sum(g.offsets.nbytes + g.neighbours.nbytes for g in _built.values()) > _KEPT_BYTES
        ):
            _built.popitem(last=False)
    return graph


def _beside_parameters(p: GraphParameters, n: int, communities: I32) -> tuple[Any, ...]:
    """Return what a graph depends on besides parameters and seed: groups, or a file's state."""
    if p.family == "communities":
        if communities.size != n:
            raise BesiegeError(f"graph: given {communities.size} groups, allowed exactly {n}")
        return (hashlib.sha256(np.ascontiguousarray(communities, np.int64)).digest(),)
    if p.family == "file":
        if not p.path:
            raise BesiegeError(
                "graph.path: given nothing, allowed the path of an edge list, since graph.family is file"
            )
        try:
            state = Path(p.path).resolve().stat()
        except (OSError, ValueError) as error:
            raise BesiegeError(f"{quote(p.path)}: cannot be read ({reason(error)})") from None
        return (str(Path(p.path).resolve()), state.st_mtime_ns, state.st_size)
    if p.family == "given":
        raise BesiegeError(
            "graph.family: given is what a run says whose graph was handed in from Python; hand it "
            "in again, Siege(…, network=graph), or take the scenario that the run saved"
        )
    return ()


def identity_of(p: GraphParameters, n: int) -> str:
    """Return what tells a user's own graph from others: the digest of its ties.

    Where an edge list is no graph of ``n`` nodes, so that nothing can be run, it is told by what
    the file holds, or else by its path.
    """
    if p.family == "given":
        return p.path
    try:
        return build(p, n, np.zeros(0, np.int32), seed=0).digest
    except BesiegeError:
        return file_hash(p.path) or p.path


def _wire(p: GraphParameters, n: int, communities: I32, seed: int) -> Graph:
    degree = min(p.mean_degree, max(n - 1, 0))
    m = int(n * degree / 2 + 0.5)
    if p.family in {"complete", "none"} or m == 0:
        none = np.zeros(0, np.int32)
        return Graph(np.zeros(n + 1, np.int64), none, complete=p.family == "complete")
    key = key_of(seed)
    per_node = degree / 2
    size = int(np.ceil(per_node) + n * per_node) + 1 if p.family == "scale_free" else m
    a, b = np.empty(size, np.int32), np.empty(size, np.int32)
    # two thirds full at most, so that a search in the table stays short
    pairs = np.zeros(0 if p.family in {"ring", "scale_free"} else m + m // 2 + 1, np.int64)
    if p.family == "random":
        generators.wire_random(key, n, pairs, a, b)
    elif p.family == "scale_free":
        size = generators.wire_scale_free(key, n, per_node, np.full(n, -1, np.int32), a, b)
    elif p.family == "communities":
        _, group, sizes = np.unique(communities, return_inverse=True, return_counts=True)
        start = np.concatenate([[0], np.cumsum(sizes)])
        members = np.argsort(group, kind="stable").astype(np.int32)
        place = np.empty(n, np.int32)
        place[members] = np.arange(n) - start[group[members]]
        groups = generators.Groups(group.astype(np.int32), start, members, place)
        size = generators.wire_communities(key, n, p.within_share, groups, pairs, a, b)
    else:
        generators.wire_ring(n, a, b)
    if p.family == "small_world":
        in_ring = np.zeros(n * (m // n + 1), np.uint8)
        generators.rewire(key, n, p.rewiring, in_ring, np.zeros(n, np.int32), pairs, a, b)
    a, b = a[:size], b[:size]
    del pairs
    if p.family in {"small_world", "scale_free"}:
        order = np.empty(n, np.int32)
        generators.mix_labels(key, n, order)
        a, b = order[a], order[b]
    return from_edges(n, a, b)


def among_first(graph: Graph, n: int) -> Graph:
    """Return the subgraph among the first ``n`` nodes."""
    offsets = np.zeros(n + 1, np.int64)
    kept = np.empty(int(graph.offsets[n]), np.int32)
    generators.keep_first(graph.offsets, graph.neighbours, n, offsets, kept)
    return Graph(offsets, kept[: offsets[n]].copy(), complete=graph.complete)
