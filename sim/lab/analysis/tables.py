"""What is learned from a sweep: the tables that fit its design."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sim.core.quoting import reason
from sim.core.units import BesiegeError
from sim.io.folders import read_json
from sim.io.saving import is_interrupt
from sim.lab.analysis.convergence import convergence, siege_shares
from sim.lab.analysis.effects import main_effects, rank_correlations, variance_shares
from sim.lab.analysis.sensitivity import morris, sobol
from sim.lab.design.spec import load
from sim.lab.storage.store import SweepFolder
from sim.outcomes.outcomes import OUTCOMES


@dataclass(frozen=True, slots=True)
class Analysis:
    """A sweep's folder, with tables by name: ``main_effects``, ``morris``, ``convergence`` …."""

    name: str
    question: str
    design: str
    factors: tuple[str, ...]  # that take more than one value
    outcomes: tuple[str, ...]
    runs: pd.DataFrame
    n_failed: int
    units: dict[str, str]  # of the outcomes
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)  # why a table or picture is missing


MOST_OUTCOMES = 6
"""Outcomes analysed where the specification names none."""
_USUAL = ("peak_online", "hours_attack", "n_stores_attacked", "cum_store_loss", "platform_loss", "total_social_loss")  # fmt: skip


def worked_out[T](name: str, make: Callable[[], T], faults: dict[str, str]) -> T | None:
    """Work out a table or picture; of one that fails, note why, so that the others are shown."""
    try:
        return make()
    except Exception as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        kind = "" if isinstance(error, (BesiegeError, OSError)) else f"{type(error).__name__}: "
        faults[name] = f"{kind}{reason(error)}"
        return None


def analyse(folder: str | Path) -> Analysis:
    """Analyse a sweep as its design allows; a table that fails hides none of the others.

    Raises
    ------
    BesiegeError
        If the folder holds no sweep, or one without a single run that succeeded.
    """
    store = SweepFolder(folder)
    runs, manifest = store.runs, store.manifest
    if runs.empty:
        raise BesiegeError(f"{folder}: contains no run that succeeded")
    faults: dict[str, str] = {}
    named = tuple(manifest["outcomes"])
    asked = named if len(named) <= MOST_OUTCOMES else _USUAL
    outcomes = tuple(name for name in asked if name in runs)
    faults |= {name: "no run has this outcome" for name in asked if name not in runs}
    factors = tuple(f for f in manifest["factors"] if f in runs and runs[f].nunique(dropna=False) > 1)  # fmt: skip
    design = manifest["design"]
    for factor in factors:  # names in the order in which they were given
        if not pd.api.types.is_numeric_dtype(runs[factor]):
            given = [str(label) for label in manifest["levels"].get(factor, [])]
            names = dict.fromkeys([*given, *runs[factor].dropna().astype(str)])
            runs[factor] = pd.Categorical(runs[factor].astype(str), categories=list(names))
    of_design = _of_design(design, Path(folder), runs, factors, outcomes)
    tried = {name: worked_out(name, make, faults) for name, make in of_design.items()}
    units = worked_out("units", lambda: _units(store, outcomes), faults)
    return Analysis(
        name=manifest["name"], question=manifest["question"], design=design, factors=factors,
        outcomes=outcomes, runs=runs, n_failed=len(store.failed),
        units=dict.fromkeys(outcomes, "?") if units is None else units,
        tables={name: table for name, table in tried.items() if table is not None}, faults=faults,
    )  # fmt: skip


def _of_design(
    design: str, folder: Path, runs: pd.DataFrame, factors: Sequence[str], outcomes: Sequence[str]
) -> dict[str, Callable[[], pd.DataFrame]]:
    """Return how each table of a design is worked out."""
    of: dict[str, Callable[[], pd.DataFrame]] = {}
    if design in {"grid", "list"} and factors:
        of["main_effects"] = lambda: main_effects(runs, factors, outcomes)
    if design == "grid" and factors:
        of["variance_shares"] = lambda: variance_shares(runs, factors, outcomes)
    elif design in {"latin", "sobol"}:
        of["rank_correlations"] = lambda: rank_correlations(runs, factors, outcomes)
    elif design == "morris":
        of["morris"] = lambda: morris(load(folder / "spec.toml"), runs, outcomes)
    elif design == "saltelli":
        of["sobol"] = lambda: sobol(load(folder / "spec.toml"), runs, outcomes)
    # Beyond so many points nobody reads a row a point.
    by_point = factors if design in {"grid", "list"} else ()
    of["convergence"] = lambda: convergence(runs, by_point, outcomes)
    of["siege_shares"] = lambda: siege_shares(runs, by_point, outcomes)
    return of


def _units(store: SweepFolder, outcomes: tuple[str, ...]) -> dict[str, str]:
    """Return the unit of each outcome; of one that is not the package's, as the folder tells it."""
    if all(name in OUTCOMES for name in outcomes):
        return {name: OUTCOMES[name].unit for name in outcomes}
    told = read_json(store.folder / "columns.json")["runs"]
    return {name: told[name]["unit"] for name in outcomes}
