"""One run: from a scenario and a seed to tables, outcomes and a folder."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim import parquet, tables
from sim.chance import check_seed
from sim.folders import prepare_folder, unwritable, write_json
from sim.model import Siege
from sim.money import Books, balance
from sim.outcomes import OUTCOMES, measure
from sim.record import Record
from sim.scenario import Scenario
from sim.version import MODEL_VERSION, __version__, made_with

if TYPE_CHECKING:
    from matplotlib.figure import Figure

type Progress = Callable[[int, int], None]


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
    wall_seconds
        Time it took (s).
    """

    scenario: Scenario
    seed: int
    outcomes: dict[str, float | None]
    hours: pd.DataFrame
    stores: pd.DataFrame
    rivals: pd.DataFrame
    sellers: pd.DataFrame
    record: Record
    wall_seconds: float = field(compare=False, default=0.0)

    def __repr__(self) -> str:
        s = self.scenario
        return f"<RunResult {s.name}, seed {self.seed}, scale {s.scale:g}, {s.hours} hours>"

    def to_dict(self) -> dict[str, Any]:
        """Give the run in plain values, as `besiege run --json` prints it."""
        return {
            **self._identity(),
            "wall_seconds": round(self.wall_seconds, 3),
            "outcomes": self._outcomes(),
        }

    def _identity(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "scale": self.scenario.scale,
            "hours": self.scenario.hours,
            "version": __version__,
            "model_version": MODEL_VERSION,
        }

    def _outcomes(self) -> dict[str, dict[str, Any]]:
        return {
            name: {"value": value, "unit": OUTCOMES[name].unit}
            for name, value in self.outcomes.items()
        }

    def story(self) -> list[str]:
        """Tell the run in a dozen lines."""
        from sim.views.story import story

        return story(self.record, self.scenario, self.outcomes)

    def plot(self) -> "Figure":
        """Draw the run: crowd, attacks, stores, their losses and sales."""
        from sim.views.plots import siege_figure

        return siege_figure(self.record, self.scenario)

    @property
    def books(self) -> Books:
        """Who lost and gained what against the quiet twin, and who paid whom."""
        return balance(self.record)

    def save(self, folder: str | Path) -> Path:
        """Write the run's folder: scenario, outcomes, tables and the picture.

        Equal runs write equal tables, byte for byte, on one kind of processor and with the same
        libraries, which ``outcomes.json`` names; elsewhere the last digits may differ.

        Raises
        ------
        BesiegeError
            If the folder cannot be written.
        """
        out = prepare_folder(folder)
        try:
            (out / "scenario.toml").write_text(self.scenario.to_toml(), encoding="utf-8")
            kept = {
                **self._identity(), **made_with(), "story": self.story(),
                "outcomes": self._outcomes(),
            }  # fmt: skip
            write_json(out / "outcomes.json", kept)
            write_json(out / "columns.json", tables.describe_columns())
            for name in ("hours", "stores", "rivals", "sellers"):
                parquet.write(getattr(self, name), out / f"{name}.parquet")
            self.plot().savefig(out / "siege.png", dpi=110)
        except OSError as error:
            raise unwritable(out, error) from None
        return out


def run(
    scenario: Scenario | str = "taobao-2011",
    seed: int = 1,
    *,
    progress: Progress | None = None,
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
    progress
        Called after every hour with the hours done and the hours in all.
    **changes
        Fields of the scenario to change, such as ``scale=0.05``.

    Returns
    -------
    RunResult
        Outcomes and tables.

    Raises
    ------
    BesiegeError
        For a scenario or seed that is not allowed.
    """
    began = time.perf_counter()
    siege = Siege(scenario, seed=check_seed(seed), **changes)
    hours = siege.scenario.hours
    while siege.running:
        siege.step()
        if progress is not None:
            progress(siege.world.books.hours, hours)
    result = result_of(siege, time.perf_counter() - began)
    siege.let_go()
    return result


def result_of(siege: Siege, wall_seconds: float = 0.0) -> RunResult:
    """Give the result of a siege as far as it has run."""
    record = siege.record
    return RunResult(
        scenario=siege.scenario,
        seed=siege.seed,
        outcomes=measure(record),
        hours=tables.hours_of(record),
        stores=tables.stores_of(siege.world, record),
        rivals=tables.rivals_of(siege.world, record),
        sellers=tables.sellers_of(siege.world, record),
        record=record,
        wall_seconds=wall_seconds,
    )
