"""An agent that is a row of its kind's columns, and what agents of every kind tell."""

import copy
from enum import Enum
from typing import Any, ClassVar

import mesa
import numpy as np
import pandas as pd

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.world.columns import Column, plain
from sim.world.world import ByHand, World


class RowAgent(mesa.Agent):  # type: ignore[type-arg]
    """An agent that is a row of its kind's columns.

    Parameters
    ----------
    model
        The `Siege` it belongs to.
    row
        Its row, counted from 0.
    """

    kind: ClassVar[str]
    columns: ClassVar[dict[str, Column]]
    first_id: ClassVar[int] = 0
    shown: ClassVar[tuple[str, ...]] = ()
    """What its representation tells."""
    worked_out: ClassVar[frozenset[str]] = frozenset()
    """Columns that follow from others, and cannot be set."""

    @classmethod
    def check_settable(cls, name: str) -> None:
        """Refuse to set a column that is worked out from others."""
        if name in cls.worked_out:
            raise AttributeError(f"{cls.__name__}.{name} is computed and cannot be set")

    def __init__(self, model: Any, row: int) -> None:
        self.row = row
        if self.first_id:  # not registered: there are too many of its kind
            self.model, self.pos = model, None
            self.unique_id: Any = self.first_id + row
        else:
            super().__init__(model)

    def __getattr__(self, name: str) -> Any:
        if name in type(self).columns:
            return plain(name, type(self).columns[name](self.model.world)[self.row])
        raise AttributeError(f"{type(self).__name__} has no {format_value(name)}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).columns:
            type(self).put(self.model.world, name, np.array([self.row]), value)
        else:
            super().__setattr__(name, value)

    @classmethod
    def put(cls, world: World, name: str, rows: np.ndarray, value: Any) -> None:
        """Set a column of some rows by hand, and what follows from it."""
        cls.check_settable(name)
        cls.columns[name](world)[rows] = value
        change = ByHand(world.hour, cls, name, np.array(rows), copy.deepcopy(value))
        world.by_hand.append(change)

    def __eq__(self, other: object) -> bool:
        if not self.first_id:  # one object a row: itself alone
            return self is other
        same = type(other) is type(self)
        return same and other.model is self.model and other.row == self.row  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.row)) if self.first_id else object.__hash__(self)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *type(self).columns})

    def __repr__(self) -> str:
        return brief(self, str(self.row), self.shown)

    def state(self) -> dict[str, Any]:
        """Return every column of this agent by name."""
        return {name: getattr(self, name) for name in type(self).columns}


def brief(agent: Any, which: str, names: tuple[str, ...]) -> str:
    """Tell a few things about an agent, as far as its world is still there."""
    told = []
    for name in names if hasattr(agent.model, "world") else ():
        value = getattr(agent, name)
        value = value.name if isinstance(value, Enum) else value
        told.append(f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}")
    head = f"{type(agent).__name__} {which}".strip()
    return f"<{head}{': ' if told else ''}{', '.join(told)}>"


def tell(agent: Any) -> pd.DataFrame:
    """Return an agent's diary, from a second run of its world where it was not watched."""
    kept = agent.model.world.watched.get(agent.diary_key)
    if kept is None or kept.since > 0:
        kept = agent.model.replay(*agent.diary_key) or kept
    if kept is None:
        raise BesiegeError(
            "why: this world was changed in a way that a second run cannot repeat; watch the agent "
            "before the first hour (siege.watch(agent)), or set columns through agents and sets "
            "(siege.sellers.threshold = values) instead of changing their arrays"
        )
    return pd.DataFrame(kept.entries)
