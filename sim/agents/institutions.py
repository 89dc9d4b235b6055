"""The agents of which there is one, or a few: the platform, its rivals, the organisers."""

from typing import Any

import mesa
import pandas as pd

from sim.agents.row_agent import brief, tell
from sim.core.quoting import format_value
from sim.core.units import Phase
from sim.setup.fees import Concession
from sim.world import diary, reasons


class RivalPlatform(mesa.Agent):  # type: ignore[type-arg]
    """A rival platform that courts sellers.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> [rival.name for rival in siege.rivals]
    ['Dangdang', 'Tencent', '360buy']
    """

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
    """The marketplace: Taobao Mall.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> siege.run_for(72)
    >>> siege.platform.measures_begun[0]
    ('restore-ratings', 46)
    """

    kind = "platform"
    diary_key = (diary.PLATFORM, 0)

    def __repr__(self) -> str:
        return brief(self, "", ("answer", "legitimacy", "perceived_sanction", "measures_begun"))

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
        return tell(self)


class Organisers(mesa.Agent):  # type: ignore[type-arg]
    """The channel's committee.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001)
    >>> siege.run_for(72)
    >>> siege.organisers.phase.name
    'ATTACK'
    """

    kind = "organisers"
    diary_key = (diary.ORGANISERS, 0)

    def __repr__(self) -> str:
        return brief(self, "", ("phase", "focal", "deadline"))

    @property
    def phase(self) -> Phase:
        """What it has called for."""
        return Phase(self.model.world.organisers.phase)

    @property
    def focal(self) -> int | None:
        """The store called for before others, if any."""
        targets = self.model.world.organisers.targets
        return int(targets[0]) if targets.size else None

    @property
    def targets(self) -> list[int]:
        """The stores called for, one for each group; the first is `focal`."""
        return [int(k) for k in self.model.world.organisers.targets]

    @property
    def deadline(self) -> int | None:
        """Hour at which the ultimatum runs out, if one was named."""
        deadline = self.model.world.organisers.deadline
        return deadline if deadline >= 0 else None

    def why(self) -> pd.DataFrame:
        """Return what it heard in each assembly and what it decided."""
        return tell(self)
