"""Typed networkx graphs of what the kinds do to each other, built on demand from the tables."""

from typing import Any

import networkx as nx
import numpy as np

from sim.core import calendar
from sim.core.units import Role, Stance, Tactic
from sim.setup.graph import Graph
from sim.world.world import World

FAVOURITES_SHOWN = 2000
"""Consumers of which the favourite store is drawn into the graph: the first rows."""


def coordination(world: World) -> "nx.Graph[int]":
    """Return the coordination graph with role, stance and threshold of every node.

    In a complete graph (mean field) no edge is drawn.
    """
    crowd, wired = world.crowd, world.graph
    if wired.complete:
        wired = Graph(np.zeros(wired.n + 1, np.int64), np.zeros(0, np.int32))
    return wired.to_networkx(
        {
            "role": [Role(r).name for r in crowd.role.tolist()],
            "stance": [Stance(s).name for s in crowd.stance.tolist()],
            "online": crowd.online,
            "threshold": crowd.threshold,
            "ever_attacked": crowd.ever_attacked,
        }
    )


def attacks(world: World) -> "nx.MultiGraph[Any]":
    """Join people to the stores they attacked, an edge a day and tactic.

    Nodes are ``("person", row)`` and ``("store", row)`` with their ``kind``; an edge has
    ``day``, ``tactic``, ``weight`` (actions that succeeded) and ``blocked`` (that did not).
    """
    graph: nx.MultiGraph[Any] = nx.MultiGraph()
    if not world.actions:
        return graph
    n_stores = world.stores.price.size
    day = np.concatenate([np.full(a.actor.size, calendar.day_of(a.hour)) for a in world.actions])
    actor = np.concatenate([a.actor for a in world.actions]).astype(np.int64)
    store = np.concatenate([a.store for a in world.actions]).astype(np.int64)
    tactic = np.concatenate([a.tactic for a in world.actions]).astype(np.int64)
    done = np.concatenate([a.succeeded for a in world.actions])
    key = ((actor * n_stores + store) * (day.max() + 1) + day) * len(Tactic) + tactic
    once, first, index = np.unique(key, return_index=True, return_inverse=True)
    weight = np.bincount(index, weights=done, minlength=once.size)
    blocked = np.bincount(index, weights=~done, minlength=once.size)
    for row in range(once.size):
        at = first[row]
        person, target = ("person", int(actor[at])), ("store", int(store[at]))
        graph.add_node(person, kind="person", role=Role(int(world.crowd.role[actor[at]])).name)
        graph.add_node(target, kind="store", category=int(world.stores.category[store[at]]))
        graph.add_edge(
            person,
            target,
            day=int(day[at]),
            tactic=Tactic(int(tactic[at])).name,
            weight=float(weight[row]),
            blocked=float(blocked[row]),
        )
    return graph


def moves(world: World) -> "nx.Graph[Any]":
    """Join sellers to the rivals at which they opened a second shop."""
    graph: nx.Graph[Any] = nx.Graph()
    for r, rival in enumerate(world.scenario.rivals):
        graph.add_node(("rival", r), kind="rival", name=rival.name)
    for i in np.flatnonzero(world.sellers.second_shop >= 0).tolist():
        graph.add_node(("seller", i), kind="seller", turnover=float(world.sellers.turnover[i]))
        graph.add_edge(("seller", i), ("rival", int(world.sellers.second_shop[i])))
    return graph


def favourites(world: World) -> "nx.Graph[Any]":
    """Join the first consumers to their favourite stores, with the loyalty left."""
    graph: nx.Graph[Any] = nx.Graph()
    for j in range(min(FAVOURITES_SHOWN, world.consumers.favourite.size)):
        k = int(world.consumers.favourite[j])
        graph.add_node(("consumer", j), kind="consumer")
        graph.add_node(("store", k), kind="store", category=int(world.stores.category[k]))
        graph.add_edge(("consumer", j), ("store", k), loyalty=float(world.consumers.loyalty[j]))
    return graph


def all_of(world: World) -> "dict[str, nx.Graph[Any]]":
    """Return every typed graph by name."""
    return {
        "coordination": coordination(world),
        "attacks": attacks(world),
        "moves": moves(world),
        "favourites": favourites(world),
    }
