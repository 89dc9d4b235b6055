"""A sample of the coordination graph, drawn once and coloured by stance hour by hour."""

from collections import Counter, deque
from dataclasses import dataclass
from html import escape

import networkx as nx
import numpy as np

from sim.core.units import F64, U8, Role, Stance
from sim.figures.style import ORANGE, PINK, RED, SKY
from sim.setup.graph import Graph

SHOWN = 140
"""People of the sample: as many as a phone can show."""

STANCES = {
    Stance.OUTSIDE: ("outside", "#c4c4c4"),
    Stance.MEMBER: ("in the protest", SKY),
    Stance.ATTACKING: ("attacking", RED),
    Stance.PAUSED: ("paused", ORANGE),
    Stance.QUIT: ("quit", PINK),
}


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """People around the first seller: their rows, places and ties."""

    rows: list[int]
    places: F64  # shape (people, 2), 0 to 1
    ties: list[tuple[int, int]]  # positions in ``rows``
    is_seller: list[bool]
    of: int


def sample(graph: Graph, role: U8) -> Sample:
    """Take the first seller, its neighbours, theirs and so on, until the sample is full.

    Where nobody has ties, or everybody to everybody, these are the first rows.
    """
    rows: dict[int, int] = {}
    waiting = deque([0])
    following = iter(range(graph.n))
    while len(rows) < min(SHOWN, graph.n):
        row = waiting.popleft() if waiting else next(following)
        if row not in rows:
            rows[row] = len(rows)
            waiting.extend(_neighbours(graph, row))
    ties = [
        (at, rows[other])
        for row, at in rows.items()
        for other in _neighbours(graph, row)
        if rows.get(other, -1) > at
    ]
    drawn: nx.Graph[int] = nx.Graph()
    drawn.add_nodes_from(range(len(rows)))
    drawn.add_edges_from(ties)
    spots = nx.spring_layout(drawn, seed=1, iterations=80)
    places = np.array([spots[n] for n in range(len(rows))], float).reshape(-1, 2)
    low, high = places.min(axis=0), places.max(axis=0)
    places = (places - low) / np.where(high > low, high - low, 1.0)
    sellers = [bool(role[row] == Role.SELLER) for row in rows]
    return Sample(list(rows), places, ties, sellers, graph.n)


def _neighbours(graph: Graph, row: int) -> list[int]:
    found: list[int] = graph.neighbours[graph.offsets[row] : graph.offsets[row + 1]].tolist()
    return found


def draw_network(s: Sample, stances: list[int], of: str = "") -> str:
    """Return the sample as HTML, coloured by the stances of its people; ``of`` names the world."""
    width, height, edge = 640.0, 320.0, 14.0
    xs = edge + s.places[:, 0] * (width - 2 * edge)
    ys = edge + s.places[:, 1] * (height - 2 * edge)
    lines = "".join(f"M{xs[a]:.0f} {ys[a]:.0f}L{xs[b]:.0f} {ys[b]:.0f}" for a, b in s.ties)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{6.5 if seller else 5}" fill="{STANCES[Stance(stance)][1]}"{' class="b-seller"' if seller else ""}/>'
        for x, y, stance, seller in zip(xs, ys, stances, s.is_seller, strict=True)
    )
    n = Counter(Stance(stance) for stance in stances)
    keys = "".join(
        f'<span><u style="background:{colour}"></u>{escape(name)} {n[stance]}</span>'
        for stance, (name, colour) in STANCES.items()
    )
    told = f"{len(s.rows)} of {s.of:,} simulated people (sellers have a ring) and their ties"
    counted = ", ".join(f"{n[stance]} {name}" for stance, (name, _) in STANCES.items())
    return (
        f'<figure class="b-chart b-network" role="img" aria-label="Coordination graph: {escape(counted)}"><figcaption>'
        f"<b>Who is connected to whom</b>{f'<em>{escape(of)}</em>' if of else ''}<small>{told}</small></figcaption>"
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" aria-hidden="true"><path class="b-tie" d="{lines}"/>{dots}</svg>'
        f'<div class="b-keys">{keys}</div></figure>'
    )
