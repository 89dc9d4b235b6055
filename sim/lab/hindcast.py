"""Facts beside the simulation: every row of a facts table with the simulated interval."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.core.chance import check_seed
from sim.core.units import F64, BesiegeError
from sim.io import parquet
from sim.io.folders import write_json
from sim.io.saving import make_page, saved_whole
from sim.lab.construction import Construction, PriorRuns
from sim.lab.design.draws import EnsembleLike, draws_of, warning_of
from sim.lab.execution.tasks import Done, Failure
from sim.lab.readings import Reader, Readings
from sim.lab.storage.kept import forgotten_when_saved, run_all
from sim.outcomes.facts import Fact, load_facts
from sim.outcomes.outcomes import Need
from sim.running.run import ProgressCallback
from sim.scenario.calls import check_count, said_in_words
from sim.scenario.saved import TiesAtFirst, ties_of, write_scenario
from sim.scenario.scenario import Scenario
from sim.setup.graph import Graph
from sim.version import made_with

COLUMNS = (
    "id quantity low high unit use reliability n p05 median p95 share_inside inside "
    "by_construction same_as counted"
).split()
"""Columns of `Hindcast.facts`; ``n`` counts the runs in which the quantity exists."""

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Hindcast:
    """A facts table beside an ensemble of runs.

    Attributes
    ----------
    facts
        One row a fact, `COLUMNS`. ``share_inside`` is the share of the runs inside the reported
        range, a run without the quantity counting as outside; ``inside`` says whether the median
        is. A quantity that exists in no run has ``n`` 0 and neither of the two: no run says.
        ``by_construction`` marks facts that cannot fail (`sim.lab.construction.Construction`),
        None where this was not looked into; ``same_as`` names the fact of which one is nearly a
        repetition. ``counted`` says whether the fact counts for or against the model: it is
        neither of the two, nor worked out of others (the use ``derived``). Facts without an
        expression are inputs, and have no simulated side.
    values
        One row a run: its seed, whether anybody attacked, and the value of every fact that has an
        expression.
    online
        People online, shape (runs, hours); runs go on to the last hour that a fact names.
    construction
        What worlds drawn from the priors say about the table; None if they were not asked.
    warning
        What there is to be warned of in the ensemble; None if nothing.
    drawn
        Parameters that differ from run to run, by path; empty for an interval over seeds alone.
    failures
        Runs that gave nothing, by key.
    kept_in
        The folder that keeps its runs until it is saved there; None if nothing does.
    ties
        Those of a user's own edge list, as they were when the runs began.
    need
        ``"siege"`` if no fact needs shoppers, so that nobody shopped.

    Examples
    --------
    >>> import sim
    >>> found = sim.hindcast(
    ...     "calm", runs=2, ensemble="none", workers=1, scale=0.001, hours=30, construction=False
    ... )
    >>> found.over
    'seeds only'
    >>> found.online.shape  # a fact names the hours up to 408
    (2, 408)
    >>> found.score["absent"] > 0
    True
    """

    scenario: Scenario
    runs: int
    facts: pd.DataFrame
    values: pd.DataFrame
    online: F64 = field(repr=False)
    table: tuple[Fact, ...] = field(repr=False)
    construction: Construction | None = None
    warning: str | None = None
    drawn: tuple[str, ...] = ()
    failures: dict[str, Failure] = field(default_factory=dict)
    kept_in: Path | None = field(default=None, repr=False, compare=False)
    ties: Graph | None = field(default=None, repr=False, compare=False)
    need: Need = "shoppers"

    @property
    def share_with_siege(self) -> float:
        """Share of the runs in which anybody attacked."""
        return float(self.values["attacked"].mean()) if len(self.values) else 0.0

    @property
    def peak_given_siege(self) -> float | None:
        """Mean over the runs with a siege of the most people online; None without one."""
        besieged = self.values["attacked"].to_numpy(bool)
        return float(self.online[besieged].max(axis=1).mean()) if besieged.any() else None

    @property
    def score(self) -> dict[str, int]:
        """How many facts are met and missed, hold by construction, and exist in no run.

        A fact that holds by construction counts for nothing else; one that is not counted
        (``counted``) because it is another one's double, or derived, is in none of the four.
        """
        rows: list[dict[str, Any]] = self.facts.to_dict("records")  # type: ignore[assignment]
        judged = [row for row in rows if row["counted"] is True]
        return {
            "met": sum(row["inside"] is True for row in judged),
            "missed": sum(row["inside"] is False for row in judged),
            "by_construction": sum(row["by_construction"] is True for row in rows),
            "absent": sum(row["n"] == 0 for row in judged),
        }

    @property
    def over(self) -> str:
        """Say what the intervals are over."""
        return f"seeds and {len(self.drawn)} uncertain parameters" if self.drawn else "seeds only"

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain values, as `besiege hindcast --json` prints it."""
        rows = self.facts.astype(object).where(self.facts.notna(), None).to_dict("records")
        for row in rows:
            row["n"] = None if row["n"] is None else int(row["n"])
        made = self.construction
        return {
            "score": self.score,
            "scenario": self.scenario.name,
            "scale": self.scenario.scale,
            "runs": self.runs,
            "failed": len(self.failures),
            "over": self.over,
            "need": self.need,
            "share_with_siege": self.share_with_siege,
            "peak_online_given_siege": self.peak_given_siege,
            "hours": self.scenario.hours,
            "hours_run": self.online.shape[1],
            "warning": self.warning,
            "construction": None
            if made is None
            else {
                "ensemble": "wide",
                "members": made.members,
                "scale": made.scale,
            },
            "facts": rows,
        }

    def plot(self) -> "Figure":
        """Draw the crowd with its reported points, and a line a fact."""
        from sim.figures.hindcast import hindcast_figure
        from sim.figures.lettering import lettered

        subtitle = (
            f"scenario {lettered(self.scenario.name)} · {self.runs} runs at scale {self.scenario.scale:g} over "
            f"{self.over} · a siege in {100 * self.share_with_siege:.3g} % of them"
        )
        return hindcast_figure(self.facts, self.online, self.table, self.score, subtitle)

    def save(self, folder: str | Path) -> Path:
        """Write the facts, every run's values and the picture into a folder.

        Raises
        ------
        BesiegeError
            If the folder cannot be written; `sim.io.saving.PageError` if only the picture fails.
        """
        with (
            forgotten_when_saved(self.kept_in, folder),
            saved_whole(folder, "hindcast.json", ("hindcast.png",)) as out,
        ):
            write_scenario(self.scenario, out, self.ties or ties_of(self.scenario))
            write_json(out / "hindcast.json", {**self.to_dict(), **made_with()})
            parquet.write(self.values.astype(float), out / "runs.parquet")
        make_page(Path(folder) / "hindcast.png", lambda page: self.plot().savefig(page, dpi=110))
        return Path(folder)


@said_in_words
def hindcast(
    scenario: Scenario | str = "taobao-2011",
    runs: int = 40,
    *,
    seed: int = 1,
    facts: str | Path | None = None,
    ensemble: EnsembleLike = "calibrated",
    construction: bool = True,
    workers: int = 2,
    progress: ProgressCallback | None = None,
    out: str | Path | None = None,
    **changes: Any,
) -> Hindcast:
    """Compare every fact of a table with the simulated median and its 5-95 % interval.

    Parameters
    ----------
    scenario
        A scenario, its name in the library, or a TOML file.
    runs
        Runs, with the seeds ``seed``, ``seed + 1``, and so on.
    facts
        A facts table; the library's if none.
    ensemble
        Parameters that differ from run to run (`sim.lab.design.draws.draws_of`): run k takes the
        calibrated ensemble's member k. None for the scenario's own values in every run.
    construction
        Whether to look beside, in 40 small worlds drawn from the priors, which facts hold by
        construction. What they say is kept in the user's cache
        folder, for the same scenario, facts and version of the model.
    workers
        Processes; 1 runs here.
    progress
        Called after every run with the runs done and the runs in all, those beside included.
    out
        A folder that keeps each finished run until the hindcast is saved there, so that a call
        that was stopped goes on from them; without it nothing is kept.
    **changes
        Fields of the scenario to change, such as ``scale=0.05``.

    Raises
    ------
    BesiegeError
        For input that is not allowed, or if every run failed.

    Examples
    --------
    >>> import sim
    >>> found = sim.hindcast("small", runs=2, ensemble="none", workers=1, construction=False)
    >>> found.facts["id"].head(3).tolist()
    ['F01', 'F02', 'F03']
    """
    check_count("--runs", runs)
    check_count("--workers", workers)
    table = load_facts(facts)
    chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    chosen = chosen.replace(changes) if changes else chosen
    first = check_seed(seed)
    check_seed(first + runs - 1)
    draws = draws_of(ensemble, chosen, runs, first)
    horizons = {int(draw.get("hours", chosen.hours)) for draw in draws}
    if len(horizons) > 1:
        raise BesiegeError(
            f"ensemble: hours: given {min(horizons)} and {max(horizons)}, allowed one horizon for "
            "all runs of a hindcast"
        )
    (horizon,) = horizons
    reader = Reader(table, horizon)
    ties, at_first = ties_of(chosen), TiesAtFirst()
    worlds = [chosen.replace(draw) if draw else chosen for draw in draws]
    tasks = [reader.task(str(k), w, first + k, at_first) for k, w in enumerate(worlds)]
    beside = PriorRuns(chosen, reader) if construction else None
    total = runs + (len(beside) if beside is not None else 0)
    say = progress or (lambda _done, _total: None)
    told = f"hindcast of {chosen.name}: {runs} runs, seeds from {first}"
    found = run_all(
        tasks, out, told, reads=reader.asked, workers=min(workers, runs),
        progress=lambda n, _total: say(n, total),
    )  # fmt: skip
    done = [found[task.key] for task in tasks]
    failures = {d.key: d.failure for d in done if d.failure is not None}
    if len(failures) == runs:
        raise BesiegeError(f"hindcast: every run failed; the first error: {failures['0'].error}")
    judged = None
    if beside is not None:
        judged = beside.judge(workers, lambda n, _total: say(runs + n, total))
    kept = [d for d in done if d.failure is None]
    values = pd.DataFrame(list(_rows(kept, reader, first)))
    return Hindcast(
        scenario=chosen,
        runs=runs,
        facts=pd.DataFrame([_beside(fact, values, judged) for fact in table], columns=COLUMNS),
        values=values,
        online=np.array([d.hours["online"] for d in kept]),
        table=table,
        construction=judged,
        warning=warning_of(ensemble),
        drawn=tuple(draws[0]),
        failures=failures,
        kept_in=None if out is None else Path(out),
        ties=ties,
        need=reader.need,
    )


def _rows(kept: list[Done], reader: Reader, first: int) -> Iterator[Readings]:
    for done in kept:
        row = done.row or {}
        yield {
            "seed": first + int(done.key),
            "attacked": float((row.get("cum_actions") or 0.0) > 0),
            **reader.values(done),
        }


def _beside(fact: Fact, values: pd.DataFrame, made: Construction | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": fact.id, "quantity": fact.quantity, "low": fact.low, "high": fact.high,
        "unit": fact.unit, "use": fact.use, "reliability": fact.reliability or None,
        "same_as": fact.same_as or None,
    }  # fmt: skip
    if not fact.outcome:
        return row
    if made is not None:
        row["by_construction"] = fact.id in made.by_construction
    fixed = row.get("by_construction", False)
    row["counted"] = not (fixed or fact.same_as or fact.use == "derived")
    simulated = values[fact.id].to_numpy(float)
    there = simulated[~np.isnan(simulated)]
    row["n"] = there.size
    if there.size == 0:
        return row
    row["p05"], row["median"], row["p95"] = (
        float(q) for q in np.quantile(there, [0.05, 0.5, 0.95])
    )
    row["share_inside"] = float(((there >= fact.low) & (there <= fact.high)).sum()) / len(simulated)
    row["inside"] = fact.low <= row["median"] <= fact.high
    return row
