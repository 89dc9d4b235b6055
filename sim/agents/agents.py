"""The readable face: Mesa agents that read their row and hold no state.

Sellers, onlookers and consumers get their agents on first look; stores, the platform, the
rivals and the organisers are always there.
"""

import copy
from enum import Enum
from typing import Any, ClassVar

import mesa
import numpy as np
import pandas as pd

from sim.core.quoting import format_value
from sim.core.units import BesiegeError, Cause, Phase, Tactic
from sim.setup.fees import Concession
from sim.setup.population import Crowd, Sellers, Stores
from sim.world import diary, reasons
from sim.world.changes import set_membership
from sim.world.columns import (
    CONSUMERS,
    Column,
    column_of,
    degree,
    field_names,
    grievance,
    of_onlookers,
    of_sellers,
    plain,
    public_grievance,
    ratings,
    store_actions,
    store_loss,
)
from sim.world.world import ByHand, World, lay_out


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
        return _brief(self, str(self.row), self.shown)

    def state(self) -> dict[str, Any]:
        """Return every column of this agent by name."""
        return {name: getattr(self, name) for name in type(self).columns}


class _Person(RowAgent):
    def why(self) -> pd.DataFrame:
        """Return each term of its decision to join, stay or quit, one row an hour so far.

        The hours before the agent was watched (`Siege.watch`) are found by running the
        world again from its seed, with the values that were set through agents and sets.

        Raises
        ------
        BesiegeError
            If that gives another world, so that the explanation would not be this agent's.
        """
        return _tell(self)

    @property
    def diary_key(self) -> tuple[str, int]:
        """Under which its diary is kept."""
        return diary.PERSON, self._crowd_row()

    @classmethod
    def put(cls, world: World, name: str, rows: np.ndarray, value: Any) -> None:
        """Set a column by hand; who is put into the protest or out of it is seen by the others."""
        if name != "stance":
            return super().put(world, name, rows, value)
        of_crowd = np.asarray(rows, np.int32) + np.int32(cls.first_row(world))
        before = world.crowd.stance[of_crowd]
        super().put(world, name, rows, value)
        set_membership(world, of_crowd, before)

    @classmethod
    def first_row(cls, world: World) -> int:
        """Row of the crowd at which its kind begins."""
        return 0

    def _crowd_row(self) -> int:
        return self.row + type(self).first_row(self.model.world)

    @property
    def neighbours(self) -> list["_Person"]:
        """Sellers and onlookers joined to it in the coordination graph."""
        g, row = self.model.world.graph, self._crowd_row()
        ends = g.neighbours[g.offsets[row] : g.offsets[row + 1]]
        return [self.model.person(int(i)) for i in ends]


class Seller(_Person):
    """A small or medium merchant of the mall."""

    kind, first_id = "seller", 1_000_000
    shown = ("stance", "grievance", "threshold")
    worked_out = frozenset({"grievance", "degree"})
    columns: ClassVar[dict[str, Column]] = {
        **{name: of_sellers(name) for name in field_names(Crowd) if name != "sympathy"},
        **{name: column_of("sellers", name) for name in field_names(Sellers)},
        "grievance": grievance,
        "degree": lambda world: degree(world)[: world.n_sellers],
    }


class Onlooker(_Person):
    """A member of the public: curious, a sympathiser or a reporter."""

    kind, first_id = "onlooker", 10_000_000
    shown = ("role", "stance", "grievance")
    worked_out = frozenset({"grievance", "degree"})
    columns: ClassVar[dict[str, Column]] = {
        **{name: of_onlookers(name) for name in field_names(Crowd)},
        "grievance": public_grievance,
        "degree": lambda world: degree(world)[world.n_sellers :],
    }

    @classmethod
    def first_row(cls, world: World) -> int:
        """Onlookers come after the sellers."""
        return world.n_sellers


class Consumer(RowAgent):
    """A shopper."""

    kind, first_id = "consumer", 100_000_000
    shown = ("favourite", "loyalty")
    worked_out = frozenset({"category", "visit_rate"})
    columns: ClassVar[dict[str, Column]] = CONSUMERS

    def why(self) -> pd.DataFrame:
        """Return what it is like and what it has met: one row."""
        return pd.DataFrame(reasons.without_diary(self.model.world, self.kind, self.row))


class Store(RowAgent):
    """A big flagship that can be a target."""

    kind = "store"
    shown = ("listed", "rating", "n_actions")
    worked_out = frozenset({"rating", "loss", "n_actions"})
    columns: ClassVar[dict[str, Column]] = {
        **{name: column_of("stores", name) for name in field_names(Stores)},
        "rating": ratings,
        "loss": store_loss,
        "n_actions": store_actions,
    }

    @classmethod
    def put(cls, world: World, name: str, rows: np.ndarray, value: Any) -> None:
        """Set a column by hand; shoppers choose by brand and price as they are now."""
        super().put(world, name, rows, value)
        if name in {"brand", "price", "category"}:
            lay_out(world)

    def why(self) -> pd.DataFrame:
        """Return what it met and its hazards of closing, one row an hour so far."""
        return _tell(self)

    @property
    def diary_key(self) -> tuple[str, int]:
        """Under which its diary is kept."""
        return diary.STORE, self.row

    def close(self) -> None:
        """Close its goods by hand, for good."""
        self.kept_shut, self.listed = True, False

    @property
    def attacks(self) -> dict[Tactic, float]:
        """Actions against it so far, by tactic."""
        by_tactic = self.model.world.books.actions[:, self.row].sum(axis=0)
        return {t: float(by_tactic[t]) for t in Tactic}

    @property
    def losses(self) -> dict[Cause, float]:
        """What it has lost so far (yuan), by cause."""
        by_cause = self.model.world.books.loss[:, self.row].sum(axis=0)
        return {c: float(by_cause[c]) for c in Cause}


class RivalPlatform(mesa.Agent):  # type: ignore[type-arg]
    """A rival platform that courts sellers."""

    kind = "rival"

    def __init__(self, model: Any, row: int) -> None:
        super().__init__(model)
        self.row = row

    def __repr__(self) -> str:
        return f"<RivalPlatform {self.name}>"

    def __getattr__(self, name: str) -> Any:
        if name in {"name", "yearly_fee", "attraction", "effort", "margin", "promise_after"}:
            return getattr(self.model.scenario.rivals[self.row], name)
        raise AttributeError(f"RivalPlatform has no {format_value(name)}")

    @property
    def n_sellers(self) -> float:
        """Sellers with a second shop there (full size)."""
        world = self.model.world
        return float((world.sellers.second_shop == self.row).sum() * world.weight)

    @property
    def sales_gained(self) -> float:
        """Sales won so far against the quiet twin (yuan)."""
        books = self.model.world.books
        won = (books.rival_orders - books.rival_orders_twin)[:, self.row].sum()
        return float(won * books.rival_price)

    def why(self) -> pd.DataFrame:
        """Return its orders, here and in the quiet twin, one row an hour so far."""
        return pd.DataFrame(reasons.without_diary(self.model.world, self.kind, self.row))


class Platform(mesa.Agent):  # type: ignore[type-arg]
    """The marketplace: Taobao Mall."""

    kind = "platform"
    diary_key = (diary.PLATFORM, 0)

    def __repr__(self) -> str:
        return _brief(self, "", ("answer", "legitimacy", "perceived_sanction", "measures_begun"))

    @property
    def legitimacy(self) -> float:
        """How it is seen by the public, 0-1."""
        return float(self.model.world.platform.legitimacy_public)

    @property
    def perceived_sanction(self) -> float:
        """Punishment that everybody expects, 0-1."""
        return float(self.model.world.platform.sanction)

    @property
    def answer(self) -> float:
        """How far it answers the demands, 0-1."""
        return float(self.model.world.platform.answer)

    @property
    def concession(self) -> Concession:
        """What it has taken back."""
        out: Concession = self.model.world.platform.concession
        return out

    @property
    def measures_begun(self) -> list[tuple[str, int]]:
        """Measures taken, with the hour in which each began."""
        measures = self.model.scenario.response.measures
        return [(measures[m].kind, hour) for m, hour in self.model.world.books.begun.items()]

    def why(self) -> pd.DataFrame:
        """Return the measures in force and what it answers, one row an hour so far."""
        return _tell(self)


class Organisers(mesa.Agent):  # type: ignore[type-arg]
    """The channel's committee."""

    kind = "organisers"
    diary_key = (diary.ORGANISERS, 0)

    def __repr__(self) -> str:
        return _brief(self, "", ("phase", "focal", "deadline"))

    @property
    def phase(self) -> Phase:
        """What it has called for."""
        return Phase(self.model.world.organisers.phase)

    @property
    def focal(self) -> int | None:
        """The store called for, if any."""
        focal = self.model.world.organisers.focal
        return focal if focal >= 0 else None

    @property
    def deadline(self) -> int | None:
        """Hour at which the ultimatum runs out, if one was named."""
        deadline = self.model.world.organisers.deadline
        return deadline if deadline >= 0 else None

    def why(self) -> pd.DataFrame:
        """Return what it heard in each assembly and what it decided."""
        return _tell(self)


def _brief(agent: Any, which: str, names: tuple[str, ...]) -> str:
    """Tell a few things about an agent, as far as its world is still there."""
    told = []
    for name in names if hasattr(agent.model, "world") else ():
        value = getattr(agent, name)
        value = value.name if isinstance(value, Enum) else value
        told.append(f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}")
    head = f"{type(agent).__name__} {which}".strip()
    return f"<{head}{': ' if told else ''}{', '.join(told)}>"


type AnyAgent = Seller | Onlooker | Consumer | Store | RivalPlatform | Platform | Organisers


def _tell(agent: Any) -> pd.DataFrame:
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


KINDS: dict[str, type] = {
    k.kind: k for k in (Seller, Onlooker, Consumer, Store, RivalPlatform, Platform, Organisers)
}
"""Every kind of agent by its name."""
