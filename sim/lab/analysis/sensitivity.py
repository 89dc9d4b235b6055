"""Global sensitivity by SALib: Morris's elementary effects, Sobol's indices."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.core.units import F64
from sim.lab.analysis.effects import why_no_spread
from sim.lab.design.identity import run_key, scenario_identity
from sim.lab.design.listing import scenario_at
from sim.lab.design.points import points_of, problem_of, salib, sample
from sim.lab.design.spec import Plan

RESAMPLES = 200
"""Bootstrap resamples of the intervals."""


def responses_of(plan: Plan, runs: pd.DataFrame, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return outcomes at every point of the design, in its order: means over the seeds.

    A point of which a run is missing, or in which an outcome does not exist, has NaN.
    """
    table = runs.set_index("key")[list(outcomes)]
    seeds = range(plan.spec.seed, plan.spec.seed + plan.spec.runs)
    known: dict[str, F64] = {}
    rows: list[F64] = []
    for point in points_of(plan):
        identity = scenario_identity(scenario_at(plan, point))
        if identity not in known:
            values = table.reindex([run_key(identity, seed) for seed in seeds]).to_numpy(float)
            known[identity] = values.mean(axis=0)
        rows.append(known[identity])
    return pd.DataFrame(rows, columns=list(outcomes))


def morris(plan: Plan, runs: pd.DataFrame, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return Morris's measures of each factor for each outcome.

    Returns
    -------
    pandas.DataFrame
        A row an outcome and factor: ``mu_star`` (mean size of an effect over the factor's whole
        range), ``low`` and ``high`` of it (95 %, bootstrap), ``mu``, ``sigma`` (how much it
        depends on the others), ``complete`` (else all are NaN), and ``reason``, why it is not.
    """
    x, factors = sample(plan), [f.path for f in plan.factors]
    rows: list[tuple[object, ...]] = []
    for outcome, y in responses_of(plan, runs, outcomes).items():
        values = y.to_numpy(float)
        if reason := _why_none(values):
            rows += [(outcome, f, *[np.nan] * 5, False, reason) for f in factors]
            continue
        found = salib("analyze.morris").analyze(
            problem_of(plan), x, values, num_levels=plan.spec.design.levels,
            num_resamples=RESAMPLES, seed=1,
        )  # fmt: skip
        for i, f in enumerate(factors):
            star, half = float(found["mu_star"][i]), float(found["mu_star_conf"][i])
            spread = float(found["mu"][i]), float(found["sigma"][i])
            rows.append((outcome, f, star, max(0.0, star - half), star + half, *spread, True, ""))
    names = ["outcome", "factor", "mu_star", "low", "high", "mu", "sigma", "complete", "reason"]
    return pd.DataFrame(rows, columns=names)


def sobol(plan: Plan, runs: pd.DataFrame, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return Sobol's indices of each factor, and of pairs if the design has them.

    Returns
    -------
    pandas.DataFrame
        A row an outcome, factor (or ``a × b``) and ``index``: ``first``, ``total`` or ``second``;
        ``value``, ``low``, ``high`` (95 %, bootstrap), ``complete`` (else all are NaN), and
        ``reason``, why it is not.
    """
    factors = [f.path for f in plan.factors]
    second = plan.spec.design.second_order
    rows: list[tuple[object, ...]] = []
    for outcome, y in responses_of(plan, runs, outcomes).items():
        values = y.to_numpy(float)
        if reason := _why_none(values):
            rows += [(outcome, f, i, *[np.nan] * 3, False, reason) for f in factors for i in ("first", "total")]  # fmt: skip
            continue
        found = salib("analyze.sobol").analyze(
            problem_of(plan), values, calc_second_order=second, num_resamples=RESAMPLES, seed=1
        )
        for i, f in enumerate(factors):
            for index, name in (("first", "S1"), ("total", "ST")):
                rows.append((outcome, f, index, *_interval(found[name][i], found[f"{name}_conf"][i]), True, ""))  # fmt: skip
        for i, j in itertools.combinations(range(len(factors)), 2) if second else ():
            pair = _interval(found["S2"][i, j], found["S2_conf"][i, j])
            rows.append((outcome, f"{factors[i]} × {factors[j]}", "second", *pair, True, ""))
    names = ["outcome", "factor", "index", "value", "low", "high", "complete", "reason"]
    return pd.DataFrame(rows, columns=names)


def _why_none(values: F64) -> str:
    """Say why an outcome has no indices; empty if it has."""
    missing = int((~np.isfinite(values)).sum())
    if 0 < missing < values.size:
        return f"missing at {missing} of {values.size} points"
    return why_no_spread(values)


def _interval(value: float, half: float) -> tuple[float, float, float]:
    return float(value), float(value - half), float(value + half)
