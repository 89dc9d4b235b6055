"""Inference from a table of runs: rejection with regression adjustment, and whether it is right.

Beaumont, Zhang and Balding (2002) for the adjustment; Talts et al. (2018) for the ranks: a
parameter drawn from the prior, among draws from what is inferred of its own run, has every rank
equally often. The test needs no further runs, for rows of the table stand in for the data.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from sim.core.units import F64, I64


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of what is inferred, shape (draws, parameters), with their weights."""

    draws: F64
    weights: F64

    def mean(self) -> F64:
        """Return the weighted mean of each parameter."""
        out: F64 = self.weights @ self.draws / self.weights.sum()
        return out

    def sd(self) -> F64:
        """Return the weighted standard deviation of each parameter."""
        off = self.draws - self.mean()
        out: F64 = np.sqrt(self.weights @ off**2 / self.weights.sum())
        return out


def infer(x: F64, y: F64, observed: F64, keep: int) -> Posterior:
    """Infer parameters from what was observed, by the nearest runs of a table.

    The ``keep`` nearest runs in ``y`` (each column over its median absolute deviation) are
    weighted by Epanechnikov's kernel, and moved to where a local linear regression expects them
    at the observed values. The regression is on the logit of x, so that draws stay in the cube.

    Parameters
    ----------
    x
        Parameters in the unit cube, a row a run.
    y
        What the runs gave.
    observed
        The same of the data.
    keep
        Runs accepted.
    """
    spread = np.median(np.abs(y - np.median(y, axis=0)), axis=0)
    spread = np.where(spread > 0.0, spread, np.maximum(y.std(axis=0), 1e-9))
    away = np.sqrt((((y - observed) / spread) ** 2).sum(axis=1))
    near = np.argsort(away, kind="stable")[:keep]
    reach = max(float(away[near[-1]]), 1e-12)
    weights = np.maximum(1.0 - (away[near] / reach) ** 2, 1e-6)
    wish = special.logit(np.clip(x[near], 1e-6, 1.0 - 1e-6))
    a = np.concatenate([np.ones((keep, 1)), (y[near] - observed) / spread], axis=1)
    ridge = np.diag([0.0] + [1e-3 * weights.sum()] * (a.shape[1] - 1))
    slopes = np.linalg.solve((a * weights[:, None]).T @ a + ridge, (a * weights[:, None]).T @ wish)
    # What the slopes have learned by heart is given back to the spread.
    n_effective = weights.sum() ** 2 / (weights**2).sum()
    wider = np.sqrt(n_effective / max(n_effective - a.shape[1], 1.0))
    moved = slopes[0] + (wish - a @ slopes) * wider
    return Posterior(special.expit(moved), weights)


def ranks(x: F64, y: F64, rows: I64, keep: int, draws: int, u: F64) -> I64:
    """Return the rank of each held-out row's parameters among draws of what is inferred for it.

    Parameters
    ----------
    rows
        Rows of the table that stand in for data; none of them is used to infer.
    draws
        Draws from each posterior; ranks are 0 to ``draws``.
    u
        Numbers in 0-1, shape (rows, draws): which draw is taken.

    Returns
    -------
    ndarray
        Shape (rows, parameters).
    """
    rest = np.setdiff1d(np.arange(len(x)), rows)
    out = np.empty((len(rows), x.shape[1]), np.int64)
    for r, row in enumerate(rows):
        found = infer(x[rest], y[rest], y[row], keep)
        running = np.cumsum(found.weights)
        taken = np.searchsorted(running, u[r] * running[-1]).clip(max=keep - 1)
        out[r] = (found.draws[taken] < x[row]).sum(axis=0)
    return out


def uniformity(found: I64, draws: int, bins: int = 10) -> F64:
    """Return the p-value of equal ranks by a chi-square test over bins, for each parameter."""
    edges = np.linspace(0.0, draws + 1.0, bins + 1)
    out = np.empty(found.shape[1])
    for j in range(found.shape[1]):
        counts = np.histogram(found[:, j] + 0.5, edges)[0]
        out[j] = stats.chisquare(counts).pvalue
    return out
