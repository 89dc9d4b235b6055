"""How many runs are enough, and which outcomes have two humps instead of one."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from sim.lab.analysis.effects import CONFIDENCE, ROUNDING, half_width, why_no_spread

PRECISION = 0.1
"""Half-width of the interval of a mean, as a share of the mean, that is called enough."""
FEWEST = 10
"""Runs below which their spread says too little to tell how many are needed: the interval of a
standard deviation from nine runs still spans a factor of nearly three."""
ALIKE = 1_000_000
"""Runs from which Student's t and the normal interval differ by two runs or three."""
RARE = 0.05
"""Share of runs below which, or above one less it, a siege is an exception."""


def has_siege(runs: pd.DataFrame) -> pd.Series:
    """Say in which runs the organisers called an attack."""
    out: pd.Series = runs["hours_attack"] > 0
    return out


def convergence(
    runs: pd.DataFrame, factors: Sequence[str], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Say for every outcome and point how sure its mean is, and how many runs would do.

    Returns
    -------
    pandas.DataFrame
        A row an outcome and point: the factors, ``n`` runs in which it exists, ``mean``,
        ``half_width`` (95 %, Student's t), ``relative`` (over the mean's size), ``runs_needed``
        for a half-width of a tenth of the mean by the same t and the spread of these runs, so
        that it is at most ``n`` just where ``relative`` is at most a tenth; ``reason``, why
        ``runs_needed`` is NaN, empty if it is not.
    """
    rows = []
    for point, group in _by_point(runs, factors):
        for outcome in outcomes:
            values = group[outcome].dropna()
            n, mean = len(values), values.mean()
            half = half_width(values)
            relative = half / abs(mean) if n and mean != 0 else np.nan
            reason = _why_not_told(values)
            needed = np.nan if reason else runs_needed(values.std(ddof=1) / abs(mean))
            rows.append((outcome, *point, n, mean, half, relative, needed, reason))
    names = ["outcome", *factors, "n", "mean", "half_width", "relative", "runs_needed", "reason"]
    return pd.DataFrame(rows, columns=names)


def _why_not_told(values: pd.Series) -> str:
    n = len(values)
    if n and abs(values.mean()) <= ROUNDING * values.abs().max():
        return "the mean is 0"
    if 0 < n < FEWEST:
        return f"too few runs: {n}, at least {FEWEST} are needed"
    return why_no_spread(values)


def runs_needed(spread: float) -> int:
    """Return the runs for a mean within `PRECISION`, 95 %, by Student's t; at least 2.

    Parameters
    ----------
    spread
        Standard deviation of a run, as a share of the mean's size.
    """

    def is_enough(n: int) -> bool:
        t = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, n - 1))
        return t * spread / math.sqrt(n) <= PRECISION

    # The normal interval is the narrower one: it is where to begin.
    n = max(2, math.ceil((float(stats.norm.ppf(0.5 + CONFIDENCE / 2.0)) * spread / PRECISION) ** 2))
    while n < ALIKE and not is_enough(n):
        n += 1
    return n


def running_means(runs: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return the mean over the first n seeds with its interval, n from 2 on, over all points."""
    values = runs.groupby("seed")[outcome].mean().dropna().sort_index()
    rows = [
        (n, values.iloc[:n].mean(), half_width(values.iloc[:n])) for n in range(2, len(values) + 1)
    ]
    return pd.DataFrame(rows, columns=["n", "mean", "half_width"])


def siege_shares(
    runs: pd.DataFrame, factors: Sequence[str], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Return the share of runs with a siege at every point, and means with and without one.

    Where a siege is neither rare nor certain an outcome has two humps (``bimodal``) and its mean
    describes no run: the means of either kind are then what to read.

    Returns
    -------
    pandas.DataFrame
        A row a point: ``n``, ``share_siege``, ``low`` and ``high`` (95 %, Wilson), ``bimodal``,
        and for each outcome ``…_with`` and ``…_without``.
    """
    rows = []
    for point, group in _by_point(runs, factors):
        with_siege = has_siege(group)
        n, k = len(group), int(with_siege.sum())
        low, high = wilson(k, n)
        row = dict(zip(factors, point, strict=True))
        row |= {"n": n, "share_siege": k / n, "low": low, "high": high}
        row["bimodal"] = RARE < k / n < 1.0 - RARE
        for outcome in outcomes:
            row[f"{outcome}_with"] = group.loc[with_siege, outcome].mean()
            row[f"{outcome}_without"] = group.loc[~with_siege, outcome].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson)."""
    z = 1.96
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * np.sqrt(k * (n - k) / n + z * z / 4)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def _by_point(
    runs: pd.DataFrame, factors: Sequence[str]
) -> list[tuple[tuple[object, ...], pd.DataFrame]]:
    if not factors:
        return [((), runs)] if len(runs) else []
    return list(runs.groupby(list(factors), dropna=False))
