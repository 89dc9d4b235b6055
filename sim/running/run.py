"""One run: from a scenario and a seed to tables, outcomes and a folder."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.io.folders import write_json
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.outcomes import Outcome, measure, own_outcomes, with_own
from sim.outcomes.payments import Accounts, balance
from sim.outcomes.record import Record
from sim.running import tables
from sim.running.loop import STAGES, Loop
from sim.scenario.calls import said_in_words
from sim.scenario.saved import write_scenario
from sim.scenario.scenario import Scenario
from sim.setup.graph import OWN, Graph
from sim.version import MODEL_VERSION, __version__, made_with

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.figure import Figure

    from sim.running.model import Siege

type ProgressCallback = Callable[[int, int], None]
"""Called with the number done and the number in all."""


@dataclass(frozen=True, repr=False)
class RunResult:
    """What a run leaves: outcomes by name, and tables by hour, store, rival and seller.

    Attributes
    ----------
    scenario, seed
        What was run; they repeat it.
    outcomes
        Every outcome by name; None where it does not exist.
    hours, stores, rivals, sellers
        Tables with a row an hour, store, rival platform or simulated seller.
    record
        Everything that was booked, from which pictures and the story are made.
    graph
        The coordination graph where it is a user's own; the scenario tells its hash.
    wall_seconds
        Time it took (s).
    own
        Outcomes besides the package's.
    stages
        The stages of its hours, in words, where they are not `sim.running.loop.STAGES`.

    Examples
    --------
    >>> import sim
    >>> result = sim.run("small", seed=1, scale=0.001, hours=24, response="silence")
    >>> result
    <RunResult small, seed 1, scale 0.001, 24 hours>
    >>> result.hours.columns[:3].tolist()
    ['hour', 'online', 'n_sellers_in']
    >>> result.story()[0]
    'The new fees were announced on 10 October 11:00.'
    >>> result.measured["cum_actions"].unit
    'actions'
    """

    scenario: Scenario
    seed: int
    outcomes: dict[str, float | None]
    hours: pd.DataFrame
    stores: pd.DataFrame
    rivals: pd.DataFrame
    sellers: pd.DataFrame
    record: Record
    graph: Graph | None = field(compare=False, default=None)
    wall_seconds: float = field(compare=False, default=0.0)
    own: Mapping[str, Outcome] = field(compare=False, default_factory=dict)
    stages: tuple[str, ...] | None = None

    @property
    def measured(self) -> dict[str, Outcome]:
        """What each outcome is: unit, meaning, when it is null."""
        return with_own(self.own)

    def __repr__(self) -> str:
        s = self.scenario
        return f"<RunResult {s.name}, seed {self.seed}, scale {s.scale:g}, {s.hours} hours>"

    def to_dict(self) -> dict[str, Any]:
        """Return the run in plain values, as `besiege run --json` prints it."""
        return {
            **self._identity(),
            "wall_seconds": round(self.wall_seconds, 3),
            "outcomes": self._outcomes(),
        }

    @property
    def fingerprint(self) -> str:
        """The scenario's fingerprint, with the ties as they were when it ran."""
        told = {} if self.graph is None else self.graph.telling
        return self.scenario.replace(told).fingerprint

    def _identity(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "scale": self.scenario.scale,
            "hours": self.scenario.hours,
            "fingerprint": self.fingerprint,
            "version": __version__,
            "model_version": MODEL_VERSION,
            **({"stages": list(self.stages)} if self.stages else {}),
        }

    def _outcomes(self) -> dict[str, dict[str, Any]]:
        return {
            name: {"value": value, "unit": self.measured[name].unit}
            for name, value in self.outcomes.items()
        }

    def story(self) -> list[str]:
        """Tell the run in a dozen lines."""
        from sim.figures.story import story

        return story(self.record, self.scenario, self.outcomes)

    def plot(self) -> "Figure":
        """Draw the run: crowd, attacks, stores, their losses and sales."""
        from sim.figures.plots import siege_figure

        return siege_figure(self.record, self.scenario)

    @property
    def accounts(self) -> Accounts:
        """Who lost and gained what against the quiet twin, and who paid whom."""
        return balance(self.record)

    def save(self, folder: str | Path) -> Path:
        """Write the run's folder: scenario, outcomes, tables and the picture.

        A graph of the user's own, handed in or from a file, is written beside the scenario,
        which names it: the run can be repeated from its folder alone.

        Equal runs write equal tables, byte for byte, on one kind of processor and with the same
        libraries, which ``outcomes.json`` names; elsewhere the last digits may differ.

        Raises
        ------
        BesiegeError
            If the folder cannot be written.

        Examples
        --------
        >>> import sim
        >>> folder = sim.run("small", scale=0.001, hours=2).save("runs/first")
        >>> sorted(path.name for path in folder.iterdir())[:3]
        ['columns.json', 'hours.parquet', 'outcomes.json']
        """
        from sim.io import parquet  # with DuckDB, once there is something to write
        from sim.io.saving import make_page, saved_whole

        with saved_whole(folder, "outcomes.json", ("siege.png", "report.html")) as out:
            write_scenario(self.scenario, out, self.graph)
            kept = {
                **self._identity(), **made_with(), "story": self.story(),
                "outcomes": self._outcomes(),
            }  # fmt: skip
            write_json(out / "outcomes.json", kept)
            write_json(out / "columns.json", tables.describe_columns(self.measured))
            names = ("hours", "stores", "rivals", "sellers")
            parquet.write_all({out / f"{name}.parquet": getattr(self, name) for name in names})
        make_page(Path(folder) / "siege.png", lambda page: self.plot().savefig(page, dpi=110))
        return Path(folder)


@said_in_words
def run(
    scenario: Scenario | str = "taobao-2011",
    seed: int = 1,
    *,
    network: "nx.Graph[Any] | Graph | None" = None,
    progress: ProgressCallback | None = None,
    own: Mapping[str, Outcome] | None = None,
    **changes: Any,
) -> RunResult:
    """Run a scenario to its end.

    The same scenario, seed and version of the model give the same bytes on one kind of processor
    and with the same libraries; elsewhere the last digits may differ and, rarely, a decision.

    Parameters
    ----------
    scenario
        A scenario, its name in the library, or a TOML file.
    seed
        0 to 2**64 - 1.
    network
        A networkx graph in place of the scenario's family, as for `Siege`.
    progress
        Called after every hour with the hours done and the hours in all.
    own
        Outcomes to measure besides the package's; those of this session if not given.
    **changes
        Fields of the scenario to change, such as ``scale=0.05``.

    Returns
    -------
    RunResult
        Outcomes and tables.

    Raises
    ------
    BesiegeError
        For a scenario, seed or network that is not allowed.

    Examples
    --------
    >>> import sim
    >>> result = sim.run("small", seed=1, scale=0.001, hours=24)
    >>> result.outcomes["cum_actions"]
    0.0
    >>> len(result.hours)
    24
    """
    began = time.perf_counter()
    loop = Loop.begin(scenario, seed, network=network, **changes)
    while not loop.is_over:
        loop.step()
        if progress is not None:
            progress(loop.world.books.hours, loop.scenario.hours)
    return result_of(loop, time.perf_counter() - began, own)


def result_of(
    siege: "Loop | Siege", wall_seconds: float = 0.0, own: Mapping[str, Outcome] | None = None
) -> RunResult:
    """Return the result of a world as far as it has run; ``own`` as for `run`."""
    record, loop = siege.record, siege if isinstance(siege, Loop) else siege.loop
    own = own_outcomes() if own is None else own
    closed = ClosedRecord.of(record)  # its sums serve here and are not kept
    return RunResult(
        scenario=siege.scenario,
        seed=siege.seed,
        outcomes=measure(closed, own),
        hours=tables.hours_of(record),
        stores=tables.stores_of(siege.world, closed),
        rivals=tables.rivals_of(siege.world, record),
        sellers=tables.sellers_of(siege.world, record),
        record=record,
        graph=siege.world.graph if siege.scenario.graph.family in OWN else None,
        wall_seconds=wall_seconds,
        own=own,
        stages=None if loop.stages == STAGES else tuple(map(str, loop.stages)),
    )
