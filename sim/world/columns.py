"""Columns of agents by name: where each stands in the world, and those that are worked out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.core import calendar
from sim.core.state import Consumers
from sim.core.units import Named, Role, Shop, Stance
from sim.world.world import World

type Column = Callable[[World], np.ndarray]


def column_of(part: str, name: str) -> Column:
    """Find a column of a part of the world."""
    return lambda world: getattr(getattr(world, part), name)


def of_sellers(name: str) -> Column:
    """Find the sellers' part of a column of the crowd."""
    return lambda world: getattr(world.crowd, name)[: world.n_sellers]


def of_onlookers(name: str) -> Column:
    """Find the onlookers' part of a column of the crowd."""
    return lambda world: getattr(world.crowd, name)[world.n_sellers :]


def grievance(world: World) -> np.ndarray:
    """Work out sellers' grievance, 0-1: hardship times doubt in the platform."""
    return world.crowd.hardship[: world.n_sellers] * (1.0 - world.sellers.legitimacy)


def public_grievance(world: World) -> np.ndarray:
    """Work out onlookers' grievance, 0-1."""
    return world.crowd.hardship[world.n_sellers :] * np.float32(
        1.0 - world.platform.legitimacy_public
    )


def degree(world: World) -> np.ndarray:
    """Return everybody's number of neighbours."""
    return world.ties.degree


def store_loss(world: World) -> np.ndarray:
    """Sum the stores' losses so far, less what came back (yuan)."""
    books = world.books
    return books.loss.sum(axis=(0, 2)) - (books.ad_refund + books.compensation).sum(axis=0)


def store_actions(world: World) -> np.ndarray:
    """Count actions against each store so far (full size)."""
    return world.books.actions.sum(axis=(0, 2))


def visit_rates(world: World) -> np.ndarray:
    """Work out how often each consumer shops on a normal day (visits an hour)."""
    rates = np.resize(world.shelves.class_rate, world.consumers.favourite.size)
    return rates * world.scenario.shopping.visits_per_day / calendar.HOURS_A_DAY


CONSUMERS: dict[str, Column] = {
    **{name: column_of("consumers", name) for name in Consumers._fields},
    "category": lambda world: world.stores.category[world.consumers.favourite],
    "visit_rate": visit_rates,
}
"""Every column of a consumer."""

CODES: dict[str, type[Named]] = {"stance": Stance, "role": Role, "shop": Shop}
"""Columns that hold codes, and what the codes mean."""


def plain(name: str, value: Any) -> Any:
    """Turn a value of a column into Python's own, codes into what they mean."""
    if name in CODES:
        return CODES[name](int(value))
    return value.item() if isinstance(value, np.generic) else value
