"""What each factor does to each outcome: levels side by side, shares of the variance, ranks.

Every point has the same seeds, so a level is compared with the first one seed by seed, and an
interval is over seeds.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from sim.core.units import F64

CONFIDENCE = 0.95
ROUNDING = 1e-12
"""Differences of numbers, as a share of the largest, that are no more than rounding."""
FEWEST_POINTS = 10
"""Points below which no rank correlation is given."""


def is_constant(values: pd.Series | F64) -> bool:
    """Return whether numbers differ by no more than rounding, as means of one number may."""
    given = np.asarray(values, np.float64)
    return bool(given.size == 0 or np.ptp(given) <= ROUNDING * np.abs(given).max())


def why_no_spread(values: pd.Series | F64) -> str:
    """Say why an outcome has no share, rank or index; empty if it has."""
    given = np.asarray(values, np.float64)
    there = given[np.isfinite(given)]
    if not there.size:
        return "not defined in any run"
    return "constant: the same in every run" if is_constant(there) else ""


def half_width(values: pd.Series) -> float:
    """Return half the confidence interval of a mean (Student's t); NaN for fewer than two."""
    n = len(values)
    if n < 2:
        return np.nan
    t = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, n - 1))
    return t * float(values.std(ddof=1)) / float(np.sqrt(n))


def main_effects(
    runs: pd.DataFrame, factors: Sequence[str], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Return every level's mean, and its difference from the factor's first level.

    Returns
    -------
    pandas.DataFrame
        A row an outcome, factor and level: ``n`` runs in which the outcome exists, ``mean``,
        ``low`` and ``high``; ``difference`` from the first level, ``difference_low`` and
        ``difference_high``. The intervals are 95 %, over seeds.
    """
    rows = []
    for outcome, factor in itertools.product(outcomes, factors):
        there = runs[[factor, "seed", outcome]].dropna(subset=[outcome])
        by_seed = there.groupby(["seed", factor], dropna=False)[outcome].mean().unstack()
        counts = there.groupby(factor, dropna=False)[outcome].size()
        for level in by_seed.columns:
            values = by_seed[level].dropna()
            paired = (by_seed[level] - by_seed[by_seed.columns[0]]).dropna()
            mean, half = values.mean(), half_width(values)
            shift, half_shift = paired.mean(), half_width(paired)
            rows.append(
                (outcome, factor, level, int(counts[level]), mean, mean - half, mean + half,
                 shift, shift - half_shift, shift + half_shift)
            )  # fmt: skip
    names = "outcome factor level n mean low high difference difference_low difference_high"
    return pd.DataFrame(rows, columns=names.split())


def variance_shares(
    runs: pd.DataFrame, factors: Sequence[str], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Part an outcome's variance over a grid among factors, pairs of them, and the rest.

    The rest is chance (seeds) and what three factors do together. The shares add up where every
    cell has as many runs; an outcome that is absent in some says so by ``balanced``.

    Returns
    -------
    pandas.DataFrame
        A row an outcome and ``source``: a factor, ``a × b``, or ``rest``; ``share`` of the sum of
        squares; ``n``; ``balanced``; ``reason``, why ``share`` is NaN, empty if it is not.
    """
    rows: list[tuple[str, str, float, int, bool, str]] = []
    for outcome in outcomes if factors else ():
        there = runs.dropna(subset=[outcome])
        y = there[outcome].astype(float)
        cells = there.groupby(list(factors), dropna=False).size()
        balanced = bool(cells.nunique() == 1 and len(cells) == _product(runs, factors))
        reason = why_no_spread(y)
        total = np.nan if reason else float(((y - y.mean()) ** 2).sum())
        shift = {f: _level_means(there, [f], y) - y.mean() for f in factors}
        shares = {f: float((shift[f] ** 2).sum()) / total for f in factors}
        for a, b in itertools.combinations(factors, 2):
            both = _level_means(there, [a, b], y) - y.mean() - shift[a] - shift[b]
            shares[f"{a} × {b}"] = float((both**2).sum()) / total
        shares["rest"] = 1.0 - sum(shares.values())
        rows += [
            (outcome, source, share, len(y), balanced, reason) for source, share in shares.items()
        ]
    return pd.DataFrame(rows, columns=["outcome", "source", "share", "n", "balanced", "reason"])


def _level_means(table: pd.DataFrame, by: list[str], y: pd.Series) -> pd.Series:
    out: pd.Series = y.groupby([table[f] for f in by], dropna=False).transform("mean")
    return out


def _product(runs: pd.DataFrame, factors: Sequence[str]) -> int:
    return int(np.prod([runs[f].nunique(dropna=False) for f in factors]))


def rank_correlations(
    runs: pd.DataFrame, factors: Sequence[str], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Return Spearman's rank correlation of numeric factors with outcomes over a sampled design.

    Returns
    -------
    pandas.DataFrame
        A row an outcome and factor: ``correlation``, ``low``, ``high`` (95 %, Fisher), ``n``
        points; the mean over a point's seeds stands for it. ``reason`` says why ``correlation``
        is NaN, and is empty if it is not.
    """
    numeric = [f for f in factors if pd.api.types.is_numeric_dtype(runs[f])]
    rows: list[tuple[str, str, float, float, float, int, str]] = []
    for outcome in outcomes:
        points = runs.groupby(list(factors), dropna=False)[outcome].mean().reset_index()
        for factor in numeric:
            both = points[[factor, outcome]].dropna()
            n, reason = len(both), why_no_spread(both[outcome])
            if not reason and n < FEWEST_POINTS:
                reason = f"too few points: {n}, at least {FEWEST_POINTS} are needed"
            elif not reason and is_constant(both[factor]):
                reason = "the factor has the same value at every point"
            if reason:
                rows.append((outcome, factor, np.nan, np.nan, np.nan, n, reason))
                continue
            r = float(stats.spearmanr(both[factor], both[outcome]).statistic)
            z, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), 1.96 / np.sqrt(n - 3)
            rows.append((outcome, factor, r, np.tanh(z - half), np.tanh(z + half), n, ""))
    names = ["outcome", "factor", "correlation", "low", "high", "n", "reason"]
    return pd.DataFrame(rows, columns=names)
