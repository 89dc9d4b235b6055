"""Paired differences, what pairing buys, and regret: tables in, tables out."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from sim.core.units import F64

LEVEL = 0.90
"""Of every interval."""


def matrix(runs: pd.DataFrame, outcome: str, policies: list[str]) -> F64:
    """Return an outcome as an array, shape (runs, policies); NaN where it is null or failed."""
    table = runs.pivot(index="run", columns="policy", values=outcome)
    out: F64 = table.reindex(columns=policies).to_numpy(float)
    return out


def interval(values: F64) -> tuple[float, float, float]:
    """Return the mean and its 90 % interval by Student's t; NaN ends for fewer than two values."""
    if not values.size:
        return math.nan, math.nan, math.nan
    mean = float(values.mean())
    if values.size < 2:
        return mean, math.nan, math.nan
    half = float(stats.t.ppf(0.5 + LEVEL / 2, values.size - 1)) * _error(values)
    return mean, mean - half, mean + half


def _error(values: F64) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size)


def differences(runs: pd.DataFrame, policies: list[str], units: dict[str, str]) -> pd.DataFrame:
    """Subtract the first policy from each in the same world, run by run.

    Returns
    -------
    DataFrame
        One row a policy and outcome: ``mean``, ``low``, ``high``, ``unit``, ``n`` pairs,
        ``error`` (standard error of the paired difference), ``error_independent`` (of as many
        independent runs of the same variances), ``ratio`` of the two, and ``largest_ratio``,
        which a correlation of 1 would give.
    """
    rows = []
    for outcome, unit in units.items():
        values = matrix(runs, outcome, policies)
        for j, policy in enumerate(policies):
            pairs = values[:, [0, j]]
            pairs = pairs[~np.isnan(pairs).any(axis=1)]
            mean, low, high = interval(pairs[:, 1] - pairs[:, 0])
            rows.append({
                "policy": policy, "outcome": outcome, "mean": mean, "low": low, "high": high,
                "unit": unit, "n": len(pairs), **errors(pairs[:, 0], pairs[:, 1]),
            })  # fmt: skip
    return pd.DataFrame(rows)


def errors(first: F64, second: F64) -> dict[str, float]:
    """Return the standard errors of a difference, paired and not, their ratio and its bound.

    The variance of a difference is va + vb - 2 c sqrt(va vb): pairing gains by the correlation
    c, at most sqrt((va + vb)) / |sqrt(va) - sqrt(vb)|, without bound where va = vb.
    """
    names = ("error", "error_independent", "ratio", "largest_ratio")
    if first.size < 2:
        return dict.fromkeys(names, math.nan)
    paired = _error(second - first)
    a, b = _error(first), _error(second)
    apart = math.hypot(a, b)
    return dict(
        zip(names, (paired, apart, _over(apart, paired), _over(apart, abs(a - b))), strict=True)
    )


def _over(above: float, below: float) -> float:
    """Divide; nothing over nothing says nothing, something over nothing has no bound."""
    if below > 0.0:
        return above / below
    return math.inf if above > 0.0 else math.nan


def regret(runs: pd.DataFrame, policies: list[str], losses: list[str]) -> pd.DataFrame:
    """Return for each loss and policy how often it is best and what choosing it costs.

    A policy's regret in a run is its loss less that of the best policy in the same world. Of
    equals each is best in its part. Only runs in which every policy ended count.
    """
    rows = []
    for loss in losses:
        values = matrix(runs, loss, policies)
        values = values[~np.isnan(values).any(axis=1)]
        if not len(values):
            continue
        lack = values - values.min(axis=1, keepdims=True)
        best = lack == 0.0
        share = best / best.sum(axis=1, keepdims=True)
        for j, policy in enumerate(policies):
            rows.append({
                "policy": policy, "loss": loss, "mean": float(values[:, j].mean()),
                "p_best": float(share[:, j].mean()), "expected": float(lack[:, j].mean()),
                "maximum": float(lack[:, j].max()), "n": len(values),
            })  # fmt: skip
    columns = ["policy", "loss", "mean", "p_best", "expected", "maximum", "n"]
    return pd.DataFrame(rows, columns=columns)


def summary(runs: pd.DataFrame, policies: list[str], units: dict[str, str]) -> pd.DataFrame:
    """Return for each policy and outcome the mean, its 90 % interval, and quantiles over runs."""
    rows = []
    for outcome, unit in units.items():
        values = matrix(runs, outcome, policies)
        for j, policy in enumerate(policies):
            there = values[:, j][~np.isnan(values[:, j])]
            mean, low, high = interval(there)
            q = np.quantile(there, [0.05, 0.5, 0.95]) if there.size else np.full(3, math.nan)
            rows.append({
                "policy": policy, "outcome": outcome, "unit": unit, "n": there.size, "mean": mean,
                "low": low, "high": high, "p05": q[0], "median": q[1], "p95": q[2],
            })  # fmt: skip
    return pd.DataFrame(rows)
