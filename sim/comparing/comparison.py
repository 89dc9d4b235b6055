"""Responses and fees compared: the call, and what it gives."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from sim.comparing import baseline_fees
from sim.comparing.brief import brief_of, payers_figure
from sim.comparing.policies import (
    FeeLike,
    Policy,
    ResponseLike,
    check_not_overruled,
    policies_of,
)
from sim.comparing.tables import EXTRA, Compared
from sim.core.chance import check_seed
from sim.core.units import BesiegeError
from sim.figures.report import write_report
from sim.io import parquet
from sim.io.folders import read_json, write_json
from sim.io.saving import saved_whole
from sim.lab.design.draws import EnsembleLike, draws_of, warning_of
from sim.lab.execution.pool import Done, Task
from sim.lab.storage.kept import forgotten_when_saved, run_all
from sim.outcomes.outcomes import OUTCOMES
from sim.responses import Response
from sim.running.loop import Loop
from sim.running.run import ProgressCallback
from sim.scenario.calls import check_count, said_in_words
from sim.scenario.saved import TiesAtFirst, ties_of, write_scenario
from sim.scenario.scenario import Scenario
from sim.setup.graph import Graph
from sim.version import MODEL_VERSION, __version__, made_with

if TYPE_CHECKING:
    from matplotlib.figure import Figure


SERIES = ("online", "n_attackers", "n_delisted", "store_loss", "legitimacy")
"""Hourly series that are kept."""
TIMED = ("wall_seconds",)
"""What is told of a comparison and not saved: it may differ between equal ones."""


@dataclass(frozen=True)
class Comparison(Compared):
    """What `compare` leaves: tables that can be saved, read again and reported.

    Attributes
    ----------
    kept_in
        The folder that keeps its runs until it is saved there; None if nothing does.
    ties
        Those of a user's own edge list, as they were when the runs began.

    Examples
    --------
    >>> import sim
    >>> compared = sim.compare(
    ...     ["silence"], scenario="small", runs=1, ensemble="none", workers=1, scale=0.001, hours=24
    ... )
    >>> compared.policies
    ['silence']
    >>> folder = compared.save("runs/silence")
    >>> sim.Comparison.load(folder).policies
    ['silence']
    """

    kept_in: Path | None = field(default=None, repr=False, compare=False)
    ties: Graph | None = field(default=None, repr=False, compare=False)

    def save(self, folder: str | Path) -> Path:
        """Write scenario, runs, hours and what follows from them into a folder.

        Equal comparisons write equal tables, byte for byte.

        Raises
        ------
        BesiegeError
            If the folder cannot be written.
        """
        told = {k: v for k, v in self.to_dict().items() if k not in TIMED}
        with (
            forgotten_when_saved(self.kept_in, folder),
            saved_whole(folder, "comparison.json", ("report.html",)) as out,
        ):
            write_scenario(self.scenario, out, self.ties or ties_of(self.scenario))
            write_json(out / "comparison.json", told)
            names = ("runs", "hours", "differences", "regret", "summary", "sieges")
            parquet.write_all({out / f"{name}.parquet": getattr(self, name) for name in names})
            write_json(out / "columns.json", {"runs": _columns(self.units)})
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a saved comparison.

        Raises
        ------
        BesiegeError
            If the folder holds none.
        """
        base = Path(folder)
        about = read_json(base / "comparison.json")
        policies = about["policies"]
        derived = {"scenario", "scale", "hours", "baseline", "policies", "failed", "sieges", "differences", "regret", "summary"}  # fmt: skip
        runs = parquet.read(base / "runs.parquet")
        runs["error"] = runs["error"].fillna("")
        return cls(
            scenario=Scenario.load(base / "scenario.toml"),
            policies=policies,
            runs=runs,
            hours=parquet.read(base / "hours.parquet"),
            about={k: v for k, v in about.items() if k not in derived},
        )

    def plot(self, title: str = "Who pays") -> "Figure":
        """Draw what each policy costs, and whom, under a headline."""
        return payers_figure(self, title)

    def report(self, path: str | Path) -> Path:
        """Write one self-contained HTML page that also prints.

        Raises
        ------
        PageError
            If it cannot be worked out or written.
        """
        return write_report(lambda: brief_of(self), path)


def _columns(units: dict[str, str]) -> dict[str, dict[str, str]]:
    meaning = {n: (o.label, o.null) for n, o in OUTCOMES.items()}
    meaning["hour_first_measure"] = ("hour at which the first measure began", "none began")
    return {
        name: {"unit": unit, "meaning": meaning.get(name, baseline_fees.describe(name))[0], "null": meaning.get(name, baseline_fees.describe(name))[1]}
        for name, unit in units.items()
    }  # fmt: skip


def first_measure(loop: Loop) -> float | None:
    """Return the hour in which the first measure of a run's response began."""
    begun = loop.world.books.begun.values()
    return float(min(begun)) if begun else None


@said_in_words
def compare(
    responses: Sequence[ResponseLike],
    fees: Sequence[FeeLike] = (),
    *,
    scenario: Scenario | str = "taobao-2011",
    runs: int = 40,
    seed: int = 1,
    begin: int | Sequence[int] = (),
    ensemble: EnsembleLike = "calibrated",
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
    out: str | Path | None = None,
    **changes: Any,
) -> Comparison:
    """Lay responses and fee schedules side by side in the same worlds.

    Parameters
    ----------
    responses
        Names of the library (``protect``, ``protect@60`` begun at hour 60, ``protect@+12``
        twelve hours later), TOML files, or responses. The first is what others are compared with.
    fees
        Fee schedules to cross them with: names, TOML files, or schedules.
    scenario
        The world: a scenario, a name of the library, or a TOML file.
    runs
        Worlds, with the seeds ``seed``, ``seed + 1`` and so on; each sees every policy.
    begin
        Hours at which each response that has a measure begins, in place of its own.
    ensemble
        Parameters that differ from world to world, alike for all policies (`draws_of`).
    workers
        Processes; as many as there are processors if not given.
    executor
        Who runs them, in place of processes here.
    progress
        Called with the number of runs done and the number in all.
    out
        A folder that keeps each finished run until the comparison is saved there, so that a call
        that was stopped goes on from them; without it nothing is kept.
    **changes
        Fields of the scenario to change, such as ``scale=0.05`` or ``hours=72``, the horizon.

    Raises
    ------
    BesiegeError
        For input that is not allowed.

    Examples
    --------
    >>> import sim
    >>> world = sim.Scenario.load("small").replace(scale=0.001, hours=72)
    >>> compared = sim.compare(["silence", "protect"], scenario=world, runs=2, workers=1)
    >>> compared.runs[["policy", "seed"]].values.tolist()
    [['silence', 1], ['silence', 2], ['protect', 1], ['protect', 2]]
    >>> paid = compared.differences.set_index(["policy", "outcome"])["mean"]
    >>> float(paid["protect", "cum_response_cost"]) >= 0
    True
    """
    check_count("--runs", runs)
    if workers is not None:
        check_count("--workers", workers)
    check_not_overruled(changes, fees)
    began, first = time.perf_counter(), check_seed(seed)
    check_seed(first + runs - 1)
    chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    chosen = chosen.replace(changes) if changes else chosen
    policies = policies_of(chosen, responses, fees, begin)
    draws = draws_of(ensemble, chosen, runs, first)
    crossed = any(p.fee is not None for p in policies)
    if crossed and (own := [path for path in draws[0] if path.startswith("fees.new.")]):
        raise BesiegeError(
            f"ensemble: given {own[0]} beside fees to compare, which the ensemble would overwrite: compare the fees without it"
        )
    entries = [*policies, baseline_fees.reference(chosen)] if crossed else policies
    ties, at_first = ties_of(chosen), TiesAtFirst()
    worlds = {
        (run, j): p.scenario.replace(draw) if draw else p.scenario
        for run, draw in enumerate(draws)
        for j, p in enumerate(entries)
    }
    tasks = [
        Task(f"{run}/{j}", world, first + run, SERIES, first_measure, at_first(world))
        for (run, j), world in worlds.items()
    ]
    n = workers or min(os.cpu_count() or 1, len(tasks))
    told = f"comparison of {', '.join(p.name for p in policies)} in {chosen.name}: {runs} worlds, seeds from {first}"
    done = run_all(
        tasks, out, told, reads=list(EXTRA), workers=n, executor=executor, progress=progress
    )  # fmt: skip
    table = _table(policies, draws, done, first)
    if crossed:
        table = baseline_fees.add(table, [done[f"{run}/{len(policies)}"] for run in range(runs)])
    return Comparison(
        scenario=chosen,
        policies=[p.name for p in policies],
        runs=table,
        hours=_hours(policies, runs, done),
        about={
            "runs": runs,
            "seed": first,
            "ensemble": ensemble if isinstance(ensemble, str) else None,
            "warning": warning_of(ensemble),
            "factors": list(draws[0]),
            "version": __version__,
            "model_version": MODEL_VERSION,
            **made_with(),
            "fingerprints": {p.name: p.scenario.fingerprint for p in policies},
            "told": {p.response: _told(p.scenario.response) for p in policies},
            "wall_seconds": round(time.perf_counter() - began, 1),
            "command": "",
        },
        kept_in=None if out is None else Path(out),
        ties=ties,
    )


def _told(response: Response) -> dict[str, Any]:
    """Say what a response is, for who reads of it alone."""
    return {
        "description": response.description,
        "measures": [f"{m.label}, {m.trigger.describe()}" for m in response.measures],
    }


def _table(
    policies: list[Policy], draws: list[dict[str, Any]], done: dict[str, Done], seed: int
) -> pd.DataFrame:
    rows = []
    for j, p in enumerate(policies):
        for run, draw in enumerate(draws):
            d = done[f"{run}/{j}"]
            failure = d.failure.error if d.failure is not None else ""
            row: dict[str, Any] = {
                "policy": p.name, "response": p.response, "fee": p.fee, "run": run,
                "seed": seed + run, "error": failure, **draw, "hour_first_measure": d.extra,
            }  # fmt: skip
            rows.append({**row, **(d.row or {})})
    names = ["policy", "response", "fee", "run", "seed", "error", *draws[0], *EXTRA, *OUTCOMES]
    table = pd.DataFrame(rows).reindex(columns=names)
    numbers = [*EXTRA, *OUTCOMES]
    return table.astype(dict.fromkeys(numbers, float))


def _hours(policies: list[Policy], runs: int, done: dict[str, Done]) -> pd.DataFrame:
    parts = []
    for j, p in enumerate(policies):
        for run in range(runs):
            series = done[f"{run}/{j}"].hours
            if series:
                n = len(series[SERIES[0]])
                parts.append(
                    pd.DataFrame({"policy": p.name, "run": run, "hour": np.arange(n), **series})
                )
    empty = pd.DataFrame(columns=["policy", "run", "hour", *SERIES])
    return pd.concat(parts, ignore_index=True) if parts else empty
