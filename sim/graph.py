"""The coordination graph: seeded families and a user's own, in rows of neighbours (CSR)."""

import hashlib
import threading
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import networkx as nx
import numpy as np
import numpy.typing as npt
from pydantic import Field

from sim import wiring
from sim.chance import key_of
from sim.units import I32, I64, BesiegeError, parameter


class GraphParameters(NamedTuple):
    """Which network joins sellers and onlookers."""

    family: Annotated[
        Literal["small_world", "scale_free", "communities", "random", "ring", "complete", "none", "file"],
        Field(description="family of the coordination graph"),
    ] = "small_world"  # fmt: skip
    mean_degree: Annotated[float, parameter("mean number of neighbours", unit="people", ge=0, le=200)] = 10.0  # fmt: skip
    rewiring: Annotated[float, parameter("small world: share of edges rewired", unit="share", ge=0, le=1)] = 0.1  # fmt: skip
    within_share: Annotated[float, parameter("communities: share of edges drawn inside one's own, the others anywhere", unit="share", ge=0, le=1)] = 0.8  # fmt: skip
    path: Annotated[str, Field(description="file: an edge list, two columns of row numbers from 0 (sellers first, then onlookers)")] = ""  # fmt: skip


_WHO = "one for each seller and onlooker at this scale"
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
        """Give itself: it cannot change."""
        return self

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.offsets.size - 1

    @property
    def degree(self) -> I32:
        """Number of neighbours of each node."""
        return np.diff(self.offsets).astype(np.int32)

    def to_networkx(self, attributes: dict[str, Any] | None = None) -> "nx.Graph[int]":
        """Give a networkx graph of nodes 0 to n - 1.

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
                raise BesiegeError(f"graph: attribute {name} allows exactly {self.n} values")
        if self.complete and self.n > _COMPLETE_TO_NETWORKX:
            raise BesiegeError(
                f"graph: a complete graph of {self.n} nodes does not fit into networkx, "
                f"allowed are {_COMPLETE_TO_NETWORKX}"
            )
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
    kept = wiring.compress(n, a, b, at, once, offsets, neighbours)
    return Graph(offsets, neighbours if kept == neighbours.size else neighbours[:kept].copy())


def from_networkx(graph: "nx.Graph[Any]", n: int) -> Graph:
    """Take a user's graph of exactly ``n`` nodes.

    Nodes 0 to n - 1 are the rows (sellers first, then onlookers); nodes of any other names are
    the rows in the graph's own order. Parallel edges count once; weights are not read.

    Raises
    ------
    BesiegeError
        If it is no networkx graph, has another number of nodes, is directed, or joins a node to
        itself.
    """
    if not isinstance(graph, nx.Graph):
        raise BesiegeError(f"graph: given a {type(graph).__name__}, allowed is a networkx.Graph")
    if graph.number_of_nodes() != n:
        raise BesiegeError(
            f"graph: has {graph.number_of_nodes()} nodes, allowed is exactly {n} ({_WHO})"
        )
    if graph.is_directed():
        raise BesiegeError(
            "graph: given a directed one, allowed is an undirected one "
            "(graph.to_undirected() makes every arrow a tie)"
        )
    loop = next(nx.selfloop_edges(graph), None)
    if loop is not None:
        raise BesiegeError(f"graph: node {loop[0]!r} is joined to itself, allowed are other nodes")
    nodes = list(graph.nodes)
    rows = {v: i for i, v in enumerate(range(n) if set(nodes) == set(range(n)) else nodes)}
    return from_edges(n, [rows[a] for a, _ in graph.edges()], [rows[b] for _, b in graph.edges()])


def read_edge_list(path: str | Path, n: int) -> Graph:
    """Read a graph of ``n`` nodes from a text or CSV file of two columns of row numbers.

    Rows are 0 to n - 1: sellers first, then onlookers. Columns are parted by a comma, tab or
    blanks; ``#`` begins a comment; a first line of two words is taken for a header. An edge
    given twice, either way round, counts once; a row that no line names has no neighbours.

    Raises
    ------
    BesiegeError
        If the file cannot be read or holds no edge, or a line is not two different row numbers.
    """
    ends = array("i")
    number, header_allowed = 0, True
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for line in lines:
                number += 1
                fields = _fields(line)
                if fields and not (header_allowed and not any(map(_is_number, fields))):
                    ends.extend(_edge(fields[0], fields[1], n))
                header_allowed = header_allowed and not fields
    except (OSError, UnicodeError) as error:
        raise BesiegeError(f"{path}: cannot be read ({type(error).__name__}: {error})") from None
    except BesiegeError as error:
        raise BesiegeError(f"{path}, line {number}: {error}") from None
    if not ends:
        raise BesiegeError(f"{path}: given no edge, allowed is at least one (or the family none)")
    return from_edges(n, ends[::2], ends[1::2])


def _fields(line: str) -> list[str]:
    content = line.partition("#")[0].strip()
    fields = content.split(",") if "," in content else content.split()
    if fields and len(fields) != 2:
        raise BesiegeError(
            f"given {content!r}, allowed are two columns (parted by a comma, tab or blanks)"
        )
    return fields


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _edge(first: str, second: str, n: int) -> tuple[int, int]:
    a, b = _row_number(first.strip(), n), _row_number(second.strip(), n)
    if a == b:
        raise BesiegeError(f"given {a} twice, allowed are two different rows")
    return a, b


def _row_number(field: str, n: int) -> int:
    digits = field.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise BesiegeError(f"given {field!r}, allowed is a whole number")
    # more digits than any row has: out of range, whatever they are
    row = int(field) if len(digits) < 19 else n
    if not 0 <= row < n:
        allowed = f"0 to {n - 1}" if n else "no row at all"
        raise BesiegeError(f"given {field}, allowed is {allowed} ({_WHO})")
    return row


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
        If a file cannot be read or does not fit, or ``communities`` has not one group a node.
    """
    key = (p, n, seed, _beside_parameters(p, n, communities))
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
    """Give what a graph depends on besides parameters and seed: its groups or its file's state."""
    if p.family == "communities":
        if communities.size != n:
            raise BesiegeError(f"graph: given {communities.size} groups, allowed is exactly {n}")
        return (hashlib.sha256(np.ascontiguousarray(communities, np.int64)).digest(),)
    if p.family == "file":
        if not p.path:
            raise BesiegeError(
                "graph.path: given nothing, allowed is the path of an edge list (family is file)"
            )
        try:
            state = Path(p.path).resolve().stat()
        except (OSError, ValueError) as error:
            raise BesiegeError(
                f"{p.path}: cannot be read ({type(error).__name__}: {error})"
            ) from None
        return (str(Path(p.path).resolve()), state.st_mtime_ns, state.st_size)
    return ()


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
        wiring.wire_random(key, n, pairs, a, b)
    elif p.family == "scale_free":
        size = wiring.wire_scale_free(key, n, per_node, np.full(n, -1, np.int32), a, b)
    elif p.family == "communities":
        _, group, sizes = np.unique(communities, return_inverse=True, return_counts=True)
        start = np.concatenate([[0], np.cumsum(sizes)])
        members = np.argsort(group, kind="stable").astype(np.int32)
        place = np.empty(n, np.int32)
        place[members] = np.arange(n) - start[group[members]]
        size = wiring.wire_communities(
            key, n, p.within_share, group.astype(np.int32), start, members, place, pairs, a, b
        )
    else:
        wiring.wire_ring(n, a, b)
    if p.family == "small_world":
        in_ring = np.zeros(n * (m // n + 1), np.uint8)
        wiring.rewire(key, n, p.rewiring, in_ring, np.zeros(n, np.int32), pairs, a, b)
    a, b = a[:size], b[:size]
    del pairs
    if p.family in {"small_world", "scale_free"}:
        order = np.empty(n, np.int32)
        wiring.mix_labels(key, n, order)
        a, b = order[a], order[b]
    return from_edges(n, a, b)


def among_first(graph: Graph, n: int) -> Graph:
    """Give the subgraph among the first ``n`` nodes."""
    offsets = np.zeros(n + 1, np.int64)
    kept = np.empty(int(graph.offsets[n]), np.int32)
    wiring.keep_first(graph.offsets, graph.neighbours, n, offsets, kept)
    return Graph(offsets, kept[: offsets[n]].copy(), complete=graph.complete)
