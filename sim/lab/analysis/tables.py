"""What is learned from a sweep: the tables that fit its design."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sim.core.units import BesiegeError
from sim.io.folders import read_json
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


MOST_OUTCOMES = 6
"""Outcomes analysed where the specification names none."""
_USUAL = ("peak_online", "hours_attack", "n_stores_attacked", "cum_store_loss", "platform_loss", "total_social_loss")  # fmt: skip


def analyse(folder: str | Path) -> Analysis:
    """Analyse a sweep as its design allows.

    Raises
    ------
    BesiegeError
        If the folder holds no sweep, or one without a single run that succeeded.
    """
    store = SweepFolder(folder)
    runs, manifest = store.runs, store.manifest
    if runs.empty:
        raise BesiegeError(f"{folder}: contains no run that succeeded")
    named = tuple(manifest["outcomes"])
    outcomes = named if len(named) <= MOST_OUTCOMES else _USUAL
    factors = tuple(f for f in manifest["factors"] if f in runs and runs[f].nunique(dropna=False) > 1)  # fmt: skip
    design = manifest["design"]
    for factor in factors:  # names in the order in which they were given
        if not pd.api.types.is_numeric_dtype(runs[factor]):
            given = [str(label) for label in manifest["levels"].get(factor, [])]
            names = dict.fromkeys([*given, *runs[factor].dropna().astype(str)])
            runs[factor] = pd.Categorical(runs[factor].astype(str), categories=list(names))
    tables: dict[str, pd.DataFrame] = {}
    if design in {"grid", "list"} and factors:
        tables["main_effects"] = main_effects(runs, factors, outcomes)
    if design == "grid" and factors:
        tables["variance_shares"] = variance_shares(runs, factors, outcomes)
    elif design in {"latin", "sobol"}:
        tables["rank_correlations"] = rank_correlations(runs, factors, outcomes)
    elif design in {"morris", "saltelli"}:
        plan = load(Path(folder) / "spec.toml")
        work_out = morris if design == "morris" else sobol
        tables["morris" if design == "morris" else "sobol"] = work_out(plan, runs, outcomes)
    # Beyond so many points nobody reads a row a point.
    by_point = factors if design in {"grid", "list"} else ()
    tables["convergence"] = convergence(runs, by_point, outcomes)
    tables["siege_shares"] = siege_shares(runs, by_point, outcomes)
    return Analysis(
        name=manifest["name"], question=manifest["question"], design=design, factors=factors,
        outcomes=outcomes, runs=runs, n_failed=len(store.failed), units=_units(store, outcomes), tables=tables,
    )  # fmt: skip


def _units(store: SweepFolder, outcomes: tuple[str, ...]) -> dict[str, str]:
    """Return the unit of each outcome; of one that is not the package's, as the folder tells it."""
    if all(name in OUTCOMES for name in outcomes):
        return {name: OUTCOMES[name].unit for name in outcomes}
    told = read_json(store.folder / "columns.json")["runs"]
    return {name: told[name]["unit"] for name in outcomes}
