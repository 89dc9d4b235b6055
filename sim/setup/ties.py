"""A user's own ties between people, checked: those of an edge list or of a networkx graph."""

import numbers
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.quoting import format_value, quote, reason
from sim.core.units import I32, BesiegeError, Bool

if TYPE_CHECKING:
    import networkx as nx

WHO = "one for each seller and onlooker at this scale"

HEADERS = frozenset(
    "from to,source target,src dst,src dest,tail head,ego alter,sender receiver,"
    "person friend,a b,i j,u v,x y,v1 v2,n1 n2,id1 id2,node1 node2,node_1 node_2".split(",")
)
"""Pairs of words that are a header, in small letters; any others stand for a tie."""

_NUMBER = re.compile(r"\s*[+-]?\d+([.,]\d*)?\s*")


def of_networkx(graph: "nx.Graph[Any]", n: int) -> tuple[list[int], list[int]]:
    """Return both ends of every tie of a networkx graph of exactly ``n`` nodes.

    Nodes 0 to n - 1 are the rows (sellers first, then onlookers); nodes with names are the rows
    in the graph's own order. Attributes are not read, but for weights other than 1: those are
    refused, since all ties count equally.

    Raises
    ------
    BesiegeError
        If it is no networkx graph, is directed, has another number of nodes, joins a node to
        itself or two nodes twice, has weights, or names that look like other numbers.
    """
    import networkx as nx  # a run without a user's graph needs none

    if not isinstance(graph, nx.Graph):
        hint = " (for batch_run, put the graph in a list: network=[graph])"
        said = f"graph: given a {type(graph).__name__}, allowed a networkx.Graph"
        raise BesiegeError(said + (hint if isinstance(graph, (int, str, tuple)) else ""))
    if graph.is_directed():
        raise BesiegeError(
            "graph: given a directed graph, allowed an undirected one "
            "(graph.to_undirected() makes a tie of every arrow)"
        )
    if graph.number_of_nodes() != n:
        raise BesiegeError(
            f"graph: has {graph.number_of_nodes()} nodes, allowed exactly {n} ({WHO})"
        )
    rows = _rows_of(list(graph), n)
    _check_ties(graph)
    return [rows[first] for first, _ in graph.edges()], [
        rows[second] for _, second in graph.edges()
    ]


def _check_ties(graph: "nx.Graph[Any]") -> None:
    """Refuse loops, and what would make a tie count for more or less than another."""
    alike = "all ties count equally"
    times = Counter(frozenset(tie) for tie in graph.edges()) if graph.is_multigraph() else {}
    for first, second, weight in graph.edges(data="weight", default=1):
        if first == second:
            raise BesiegeError(
                f"graph: node {format_value(first)} is joined to itself, allowed only ties to other nodes"
            )
        if not (isinstance(weight, numbers.Real) and weight == 1):
            raise BesiegeError(
                f"graph: the tie of {format_value(first)} and {format_value(second)} has the weight {format_value(weight)}, allowed "
                f"1, since {alike} (nx.set_edge_attributes(graph, 1, 'weight') makes it so)"
            )
        if times.get(frozenset((first, second)), 1) > 1:
            raise BesiegeError(
                f"graph: {format_value(first)} and {format_value(second)} are joined more than once, allowed once, since "
                f"{alike} (nx.Graph(graph) makes one tie of them)"
            )


def _rows_of(nodes: list[Any], n: int) -> dict[Any, int]:
    """Return each node its row; names that look like numbers must be the rows."""
    if set(nodes) == set(range(n)):
        return {row: row for row in range(n)}
    if like_numbers := [node for node in nodes if _looks_like_a_number(node)]:
        odd = min(like_numbers, key=lambda node: node in range(n))
        given, wanted = (
            f"graph: node {format_value(odd)} looks like a number",
            f"allowed 0 to {n - 1}",
        )
        if set(nodes) == set(range(1, n + 1)):
            given = f"graph: nodes are numbered from 1 to {n}"
            do = "nx.relabel_nodes(graph, lambda node: node - 1)"
        elif set(nodes) == set(map(str, range(n))):
            do = "nx.relabel_nodes(graph, int)"
        elif set(nodes) == set(map(str, range(1, n + 1))):
            given = f'graph: nodes are numbered from "1" to "{n}"'
            do = "nx.relabel_nodes(graph, lambda node: int(node) - 1)"
        else:
            do = (
                "nx.convert_node_labels_to_integers(graph) numbers them in the order of graph.nodes"
            )
        raise BesiegeError(f"{given}, {wanted}, or names that are not numbers: {do}")
    return {node: row for row, node in enumerate(nodes)}


def _looks_like_a_number(node: Any) -> bool:
    if isinstance(node, bytes):
        node = node.decode("latin-1")
    return isinstance(node, numbers.Number) or (
        isinstance(node, str) and _NUMBER.fullmatch(node) is not None
    )


def read(path: str | Path, n: int) -> tuple[I32, I32]:
    """Read both ends of every tie among ``n`` people from a text or CSV file.

    A line holds two row numbers (0 to n - 1: sellers first, then onlookers), parted by a comma, a
    tab or blanks, or one, of a person without ties. ``#`` begins a comment; a header is one of
    `HEADERS`. A tie given twice, either way round, counts once. The first and the last row must
    stand somewhere, so that a file for another scale, or numbered from 1, is not taken for one
    with people without ties.

    Raises
    ------
    BesiegeError
        If the file cannot be read or holds no tie, a line is not two different row numbers or
        one, the first line looks like the counts of people and ties, or the rows do not fit.
    """
    ends, alone, beyond = array("i"), dict[int, int](), 0
    first, counts = 0, list[int]()
    for number, rows in _lines_of(path, n):
        if not first:
            first, counts = number, rows
        if len(rows) == 1:
            alone.setdefault(rows[0], number)
        ends.extend(rows if len(rows) == 2 else ())
        beyond = beyond or (number if n in rows else 0)
    if not ends:
        raise BesiegeError(
            f'{quote(str(path))}: given no edge, allowed at least one (or graph.family = "none")'
        )
    both = np.frombuffer(ends, np.int32)
    if _are_counts(counts, both):
        given = " ".join(map(str, counts))
        raise _wrong(path, first, f"given {given}, which looks like a line of counts{_FIRST}")
    named = np.zeros(n + 1, np.bool_)
    named[both] = True
    for row, number in alone.items():
        if named[row]:
            raise _wrong(path, number, f"given {row} alone, allowed only for a person without ties")
    named[list(alone)] = True
    if beyond and named[0]:
        raise _wrong(path, beyond, _out_of_range(str(n), n) + _FIRST * (beyond == first))
    _check_span(path, named, n)
    return both[::2], both[1::2]


_FIRST = (
    "; the first line may be a header such as from,to, but not a count of people and ties"
    " (if it is a tie, move it further down)"
)


def _wrong(path: str | Path, number: int, said: object) -> BesiegeError:
    return BesiegeError(f"{quote(str(path))}, line {number}: {said}")


def _lines_of(path: str | Path, n: int) -> Iterator[tuple[int, list[int]]]:
    """Return the number and rows of each line that is not empty: two, one, or none of a header."""
    number, is_first = 0, True
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for line in lines:
                number += 1
                if not (fields := _fields(line)):
                    continue
                is_header = is_first and " ".join(fields).lower() in HEADERS
                yield number, [] if is_header else _rows_in(fields, n)
                is_first = False
    except (OSError, UnicodeError) as error:
        raise BesiegeError(f"{quote(str(path))}: cannot be read ({reason(error)})") from None
    except BesiegeError as error:
        raise _wrong(path, number, f"{error}{_FIRST if is_first else ''}") from None


def _fields(line: str) -> list[str]:
    content = line.partition("#")[0].strip()
    fields = content.split(",") if "," in content else content.split()
    if len(fields) > 2:
        weights = ": all ties count equally" if len(fields) == 3 else ""
        raise BesiegeError(
            f"given {format_value(content)}, allowed two columns separated by a comma, a tab or spaces{weights}"
        )
    return [field.strip().strip('"') for field in fields]


def _rows_in(fields: list[str], n: int) -> list[int]:
    """Return the rows of a line; n may be among them, where people are numbered from 1."""
    rows = []
    for field in fields:
        digits = field.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            raise BesiegeError(f"given {format_value(field)}, allowed a whole number")
        # more digits than any row has: out of range, whatever they are
        rows.append(int(field) if len(digits) < 19 else n + 1)
        if not 0 <= rows[-1] <= n:
            raise BesiegeError(_out_of_range(field, n))
    if len(rows) == 2 and rows[0] == rows[1]:
        raise BesiegeError(f"given {rows[0]} twice, allowed two different rows")
    return rows


def _out_of_range(field: str, n: int) -> str:
    allowed = f"0 to {n - 1}" if n else "no row at all"
    return f"given {field[:60]}, allowed {allowed} ({WHO})"


def _are_counts(first: list[int], ends: I32) -> bool:
    """Return whether a first line tells how many people, or people and ties, the others hold."""
    if len(first) < 2:
        return first == [ends.size // 2]
    others = ends[2:]
    n_ties = others.size // 2
    return n_ties > 0 and first[0] >= int(others.max()) and first[1] in {n_ties, n_ties / 2}


def _check_span(path: str | Path, named: Bool, n: int) -> None:
    """Refuse rows that are numbered from 1 or for another scale, as far as can be told."""
    low, high = (int(i) for i in np.flatnonzero(named)[[0, -1]])
    if low == 0 and high == n - 1:
        return
    do = "a person without ties is written alone on a line"
    if low == 1 and high == n:
        do = "the rows are numbered from 1, so subtract 1 from each"
    raise BesiegeError(
        f"{quote(str(path))}: given rows {low} to {high}, allowed 0 to {n - 1}, including both ends ({WHO}): {do}"
    )


def write(path: str | Path, a: Iterable[int], b: Iterable[int], alone: Iterable[int]) -> None:
    """Write ties as `read` reads them: both ends, and the rows of people without ties.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    ties = (f"{i},{j}\n" for i, j in zip(a, b, strict=True))
    with open(path, "w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(chain(["from,to\n"], ties, (f"{row}\n" for row in alone)))
