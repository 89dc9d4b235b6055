"""The readable face: Mesa agents that read their row and hold no state.

Sellers, onlookers and consumers get their agents on first look; stores, the platform, the
rivals and the organisers are always there.
"""

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sim.agents.institutions import Organisers, Platform, RivalPlatform
from sim.agents.row_agent import RowAgent, tell
from sim.core.state import Crowd, Sellers, Stores
from sim.core.units import Cause, Tactic
from sim.world import diary, reasons
from sim.world.changes import ratings, set_membership
from sim.world.columns import (
    CONSUMERS,
    Column,
    column_of,
    degree,
    grievance,
    of_onlookers,
    of_sellers,
    public_grievance,
    store_actions,
    store_loss,
)
from sim.world.world import World, lay_out

__all__ = [
    "KINDS", "AnyAgent", "Consumer", "Onlooker", "Organisers", "Platform", "RivalPlatform", "Seller",
    "Store",
]  # fmt: skip


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
        return tell(self)

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
    """A small or medium merchant of the mall.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> siege.run_for(72)
    >>> seller = siege.sellers[7]
    >>> seller.stance.name
    'OUTSIDE'
    >>> seller.why()["decision"].unique().tolist()
    ['stays out']
    """

    kind, first_id = "seller", 1_000_000
    shown = ("stance", "grievance", "threshold")
    worked_out = frozenset({"grievance", "degree"})
    columns: ClassVar[dict[str, Column]] = {
        **{name: of_sellers(name) for name in Crowd._fields if name != "sympathy"},
        **{name: column_of("sellers", name) for name in Sellers._fields},
        "grievance": grievance,
        "degree": lambda world: degree(world)[: world.n_sellers],
    }


class Onlooker(_Person):
    """A member of the public: curious, a sympathiser or a reporter.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> siege.onlookers[0].role.name
    'CURIOUS'
    """

    kind, first_id = "onlooker", 10_000_000
    shown = ("role", "stance", "grievance")
    worked_out = frozenset({"grievance", "degree"})
    columns: ClassVar[dict[str, Column]] = {
        **{name: of_onlookers(name) for name in Crowd._fields},
        "grievance": public_grievance,
        "degree": lambda world: degree(world)[world.n_sellers :],
    }

    @classmethod
    def first_row(cls, world: World) -> int:
        """Onlookers come after the sellers."""
        return world.n_sellers


class Consumer(RowAgent):
    """A shopper.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> shopper = siege.consumers[0]
    >>> shopper.category == siege.stores[shopper.favourite].category
    True
    """

    kind, first_id = "consumer", 100_000_000
    shown = ("favourite", "loyalty")
    worked_out = frozenset({"category", "visit_rate"})
    columns: ClassVar[dict[str, Column]] = CONSUMERS

    def why(self) -> pd.DataFrame:
        """Return what it is like and what it has met: one row."""
        return pd.DataFrame(reasons.without_diary(self.model.world, self.kind, self.row))


class Store(RowAgent):
    """A big flagship that can be a target.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> store = siege.stores[12]
    >>> store.listed
    True
    >>> store.close()
    >>> store.listed
    False
    """

    kind = "store"
    shown = ("listed", "rating", "n_actions")
    worked_out = frozenset({"rating", "loss", "n_actions"})
    columns: ClassVar[dict[str, Column]] = {
        **{name: column_of("stores", name) for name in Stores._fields},
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
        return tell(self)

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


type AnyAgent = Seller | Onlooker | Consumer | Store | RivalPlatform | Platform | Organisers


KINDS: dict[str, type] = {
    k.kind: k for k in (Seller, Onlooker, Consumer, Store, RivalPlatform, Platform, Organisers)
}
"""Every kind of agent by its name."""
