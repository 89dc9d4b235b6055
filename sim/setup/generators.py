"""How the families of the coordination graph are wired, edge by edge, in kernels.

Each kernel's docstring is its whole specification: whoever follows it with a set of pairs and
the keyed generator gets the same graph, edge for edge. Common to all of them:

- nodes are 0 to n - 1, edges are numbered from 0 in the order in which they are made;
- *attempt* t of edge e is one call of the generator: the four words of block 21 (streams
  EDGE_A to EDGE_D) at the hour AT_CREATION, row e, draw t. Word A is the coin, B and C choose
  nodes, D only mixes labels;
- ``pick(w, n)`` = floor(w n / 2**32), a number from 0 to n - 1 (each as likely as the others to
  within n / 2**32, below 1e-4 for a full mall);
- ``other(w, n, i)`` = j + [j >= i] with j = pick(w, n - 1), any number but i;
- ``unit(w)`` = (w + 1/2) / 2**32.

The tables of pairs only say fast whether a pair is joined; they leave no trace in the graph.
"""

from typing import NamedTuple

import numpy as np

from sim.core.chance import AT_CREATION, Block, U, unit, words
from sim.core.compiled import kernel
from sim.core.units import I32, I64, U8

_SHIFT = U(32)
_LOW = 0xFFFFFFFF

ATTEMPTS_IN_COMMUNITIES = 100
"""So often an edge of ``communities`` is tried; full groups would otherwise never end."""


@kernel
def pick(word: np.uint64, n: int) -> int:
    """Turn a word into a number from 0 to n - 1: floor(word n / 2**32)."""
    return int(np.int64((word * U(n)) >> _SHIFT))


@kernel
def other(word: np.uint64, n: int, i: int) -> int:
    """Turn a word into a number from 0 to n - 1 that is not ``i``."""
    j = pick(word, n - 1)
    return j + 1 if j >= i else j


@kernel
def _place(i: int, j: int, n: int, pairs: I64) -> int:
    """Find where a pair stands in an open-addressed table, or the free place where it would."""
    low, high = min(i, j), max(i, j)
    name = low * n + high
    hashed = (low * 0x9E3779B1 + high * 0x85EBCA6B) & _LOW
    at = (hashed * pairs.size) >> 32
    while pairs[at] != 0 and pairs[at] != name:
        at += 1
        if at == pairs.size:
            at = 0
    return at


@kernel
def _join(i: int, j: int, n: int, pairs: I64) -> bool:
    """Put a pair into the table and say whether it is new there."""
    at = _place(i, j, n, pairs)
    if pairs[at] != 0:
        return False
    pairs[at] = min(i, j) * n + max(i, j)
    return True


@kernel
def mix_labels(key: np.uint64, n: int, order: I32) -> None:
    """Shuffle labels (Fisher and Yates), so that a node's row says nothing about its place.

    Start with order[i] = i. For i = n - 1 down to 1 swap order[i] and order[pick(D, i + 1)], D of
    row i, draw 0. The node at place i then has the label order[i].
    """
    for i in range(n):
        order[i] = i
    for i in range(n - 1, 0, -1):
        j = pick(words(key, Block.TIE, AT_CREATION, i, 0)[3], i + 1)
        order[i], order[j] = order[j], order[i]


@kernel
def wire_random(key: np.uint64, n: int, pairs: I64, a: I32, b: I32) -> None:
    """Erdos and Renyi (1959), G(n, m): every set of m pairs is as likely as any other.

    Edge e = 0 to m - 1 joins i = pick(B, n) and other(C, n, i), at its first attempt that gives a
    pair which no earlier edge joins. Degrees are Poisson in the limit. ``a`` and ``b`` are
    the m edges' ends.
    """
    for e in range(a.size):
        t = 0
        while True:
            w = words(key, Block.TIE, AT_CREATION, e, t)
            i = pick(w[1], n)
            j = other(w[2], n, i)
            if _join(i, j, n, pairs):
                break
            t += 1
        a[e], b[e] = i, j


@kernel
def _ring_slot(i: int, j: int, n: int) -> int:
    """Return a pair of places of a ring its number: (distance - 1) n + the first of the two."""
    ahead = (j - i) % n
    if 2 * ahead == n:
        return (ahead - 1) * n + min(i, j)
    return (ahead - 1) * n + i if 2 * ahead < n else (n - ahead - 1) * n + j


@kernel
def wire_ring(n: int, a: I32, b: I32) -> None:
    """Ring lattice: every node is joined to the nearest ones on both sides.

    With m edges, h = floor(m / n) and r = m - h n: edge e < h n starts at node u = e mod n and
    ends at (u + 1 + floor(e / n)) mod n. The r left over, at distance h + 1, are spread evenly:
    edge h n + s starts at floor(s l / r), where l is n, or n / 2 if h + 1 is half the ring.
    """
    m = a.size
    h = m // n
    rest = m - h * n
    span = n // 2 if 2 * (h + 1) == n else n
    for e in range(m):
        u = e - (e // n) * n if e < h * n else (e - h * n) * span // rest
        a[e] = u
        b[e] = (u + 1 + e // n) % n


@kernel
def rewire(
    key: np.uint64, n: int, rewiring: float, in_ring: U8, degree: I32, pairs: I64, a: I32, b: I32
) -> None:
    """Watts and Strogatz (1998): edges of a ring lattice let go of their far end.

    The m edges of the ring are taken in order. Edge e, from u to v, is rewired if unit(A) of its
    attempt 0 is below ``rewiring`` and u is not joined to all others: it then joins u and
    other(B, n, u), at its first attempt that gives a node to which u is not joined at that time
    (v counts as joined). As in networkx, u keeps its edge and edges are taken by distance first.

    Parameters
    ----------
    key, n, rewiring
        The seed's key, number of nodes, share rewired.
    in_ring
        Zeros, one for each pair of the lattice (``n`` times the largest distance).
    degree
        Zeros, one for each node.
    pairs
        Zeros, a table larger than the number of edges.
    a, b
        The lattice's edges; ``b`` is rewired.
    """
    for e in range(a.size):
        u, v = int(a[e]), int(b[e])
        in_ring[_ring_slot(u, v, n)] = 1
        degree[u] += 1
        degree[v] += 1
    for e in range(a.size):
        w = words(key, Block.TIE, AT_CREATION, e, 0)
        u, v = int(a[e]), int(b[e])
        if unit(w[0]) >= rewiring or degree[u] >= n - 1:
            continue
        t = 0
        while True:
            far = other(w[1], n, u)
            slot = _ring_slot(u, far, n)
            if (slot >= in_ring.size or in_ring[slot] == 0) and _join(u, far, n, pairs):
                break
            t += 1
            w = words(key, Block.TIE, AT_CREATION, e, t)
        in_ring[_ring_slot(u, v, n)] = 0
        degree[v] -= 1
        degree[far] += 1
        b[e] = far


@kernel
def wire_scale_free(key: np.uint64, n: int, per_node: float, seen: I32, a: I32, b: I32) -> int:
    """Barabasi and Albert (1999): newcomers join nodes in proportion to their edges.

    With x = ``per_node`` edges a node (half the mean degree) and c = ceil(x): start with a star,
    edges from 0 to 1, 2, ... c. Then each node i = c + 1 to n - 1 brings k = floor((i + 1) x) -
    floor(i x) edges (doubles; k = x for a whole x). Let f be the number of edges before i came,
    and number their 2 f ends: end 2 g is the first of edge g, end 2 g + 1 the second. Edge e of
    i goes from i to the node at end pick(B, 2 f), at the first attempt that gives a node which i
    has not joined. A whole x gives the law of networkx's ``barabasi_albert_graph``.

    Parameters
    ----------
    key, n, per_node
        The seed's key, number of nodes, edges a newcomer brings on average.
    seen
        -1, one for each node.
    a, b
        Room for the edges.

    Returns
    -------
    int
        Number of edges.
    """
    core = int(np.ceil(per_node))
    e = 0
    for i in range(1, core + 1):
        a[e], b[e] = 0, i
        e += 1
    for i in range(core + 1, n):
        f = e
        for _ in range(int(np.floor((i + 1) * per_node) - np.floor(i * per_node))):
            t = 0
            while True:
                at = pick(words(key, Block.TIE, AT_CREATION, e, t)[1], 2 * f)
                j = int(a[at // 2] if at % 2 == 0 else b[at // 2])
                if seen[j] != i:
                    break
                t += 1
            seen[j] = i
            a[e], b[e] = i, j
            e += 1
    return e


class Groups(NamedTuple):
    """Who belongs to which community."""

    group: I32  # of each node, from 0
    start: I64  # members of group c, by row: members[start[c] : start[c + 1]]
    members: I32
    place: I32  # of each node among the members of its group


@kernel
def wire_communities(
    key: np.uint64, n: int, within_share: float, groups: Groups, pairs: I64, a: I32, b: I32
) -> int:
    """Stochastic block model (Holland et al. 1983) with the same mean degree in every group.

    Edge e = 0 to m - 1, at an attempt, goes from i = pick(B, n) to member other(C, g, p) of i's
    own group if unit(A) is below ``within_share`` (the group has g members, by row from 0, and
    i is its p-th; a group of one gives none), else to other(C, n, i), anywhere. It is made at its
    first attempt that gives a pair which no earlier edge joins, and left out when a hundred give
    none. So for groups with room, two nodes are joined with probability d [(1 - w)/(n - 1) +
    w/(g - 1) if in one group of g], d the mean degree, w the share.

    Parameters
    ----------
    key, n, within_share
        The seed's key, number of nodes, share of edges drawn inside one's group.
    pairs
        Zeros, a table larger than the number of edges.
    a, b
        Room for m edges.

    Returns
    -------
    int
        Number of edges.
    """
    group, start, members, place = groups.group, groups.start, groups.members, groups.place
    made = 0
    for e in range(a.size):
        for t in range(ATTEMPTS_IN_COMMUNITIES):
            w = words(key, Block.TIE, AT_CREATION, e, t)
            i = pick(w[1], n)
            if unit(w[0]) < within_share:
                first = start[group[i]]
                size = start[group[i] + 1] - first
                if size < 2:
                    continue
                j = int(members[first + other(w[2], size, int(place[i]))])
            else:
                j = other(w[2], n, i)
            if _join(i, j, n, pairs):
                a[made], b[made] = i, j
                made += 1
                break
    return made


@kernel
def _drop_doubles(n: int, offsets: I64, neighbours: I32) -> int:
    """Close sorted rows up, each neighbour once; give how many are left."""
    kept = 0
    begin = offsets[0]
    for i in range(n):
        end = offsets[i + 1]
        for k in range(begin, end):
            if k == begin or neighbours[k] != neighbours[k - 1]:
                neighbours[kept] = neighbours[k]
                kept += 1
        begin = end
        offsets[i + 1] = kept
    return kept


@kernel
def compress(n: int, a: I32, b: I32, at: I64, once: I32, offsets: I64, neighbours: I32) -> int:
    """Turn edges into sorted rows of neighbours, without loops and doubles.

    Edges are put into rows as they come, then the rows are turned over: going through them from
    the first to the last meets every node's neighbours in rising order (a counting sort).

    Parameters
    ----------
    n, a, b
        Number of nodes and the edges' ends.
    at, once
        Room for one number a node, and for one each edge end.
    offsets, neighbours
        Get the rows: ``n`` + 1 numbers, and one for each edge end.

    Returns
    -------
    int
        Number of neighbours in all rows.
    """
    for i in range(n + 1):
        offsets[i] = 0
    for e in range(a.size):
        if a[e] != b[e]:
            offsets[a[e] + 1] += 1
            offsets[b[e] + 1] += 1
    for i in range(n):
        at[i] = offsets[i]
        offsets[i + 1] += offsets[i]
    for e in range(a.size):
        if a[e] != b[e]:
            once[at[a[e]]] = b[e]
            at[a[e]] += 1
            once[at[b[e]]] = a[e]
            at[b[e]] += 1
    for i in range(n):
        at[i] = offsets[i]
    for i in range(n):
        for k in range(offsets[i], offsets[i + 1]):
            j = once[k]
            neighbours[at[j]] = i
            at[j] += 1
    return _drop_doubles(n, offsets, neighbours)


@kernel
def keep_first(offsets: I64, neighbours: I32, n: int, kept_offsets: I64, kept: I32) -> None:
    """Keep the edges among the first ``n`` rows; ``kept_offsets`` begins at 0."""
    total = 0
    for i in range(n):
        for e in range(offsets[i], offsets[i + 1]):
            if neighbours[e] < n:
                kept[total] = neighbours[e]
                total += 1
        kept_offsets[i + 1] = total
