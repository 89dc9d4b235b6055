"""Inference from a table of runs: rejection with regression adjustment, and whether it is right.

Beaumont, Zhang and Balding (2002) for the adjustment; Talts et al. (2018) for the ranks: a
parameter drawn from the prior, among draws from what is inferred of its own run, has every rank
equally often. The test needs no further runs, for rows of the table stand in for the data.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from sim.core.units import F64, I64, Bool


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of what is inferred, shape (draws, parameters), with their weights.

    ``reach`` is the distance of the farthest run that was accepted.
    """

    draws: F64
    weights: F64
    reach: float = 0.0

    def mean(self) -> F64:
        """Return the weighted mean of each parameter."""
        out: F64 = self.weights @ self.draws / self.weights.sum()
        return out

    def sd(self) -> F64:
        """Return the weighted standard deviation of each parameter."""
        off = self.draws - self.mean()
        out: F64 = np.sqrt(self.weights @ off**2 / self.weights.sum())
        return out

    def take(self, u: F64) -> F64:
        """Return a draw by weight for each number of ``u`` (0-1), a row a draw."""
        running = np.cumsum(self.weights)
        taken = np.searchsorted(running, u * running[-1]).clip(max=len(running) - 1)
        out: F64 = self.draws[taken]
        return out

    def quantile(self, q: float) -> F64:
        """Return the weighted quantile of each parameter."""
        order = np.argsort(self.draws, axis=0)
        running = np.cumsum(self.weights[order], axis=0)
        at = (running < q * running[-1]).sum(axis=0).clip(max=len(order) - 1)
        out: F64 = np.take_along_axis(self.draws, order, axis=0)[at, np.arange(order.shape[1])]
        return out


def spread_of(y: F64) -> F64:
    """Return what each column is measured in: its median absolute deviation, or what it has."""
    spread = np.median(np.abs(y - np.median(y, axis=0)), axis=0)
    out: F64 = np.where(spread > 0.0, spread, np.maximum(y.std(axis=0), 1e-9))
    return out


def infer(x: F64, y: F64, observed: F64, keep: int, spread: F64 | None = None) -> Posterior:
    """Infer parameters from what was observed, by the nearest runs of a table.

    The ``keep`` nearest runs in ``y`` are weighted by Epanechnikov's kernel, and moved to where a
    local linear regression expects them at the observed values. The regression is on the logit
    of x, so that draws stay in the cube.

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
    spread
        What a column's distance is measured in; `spread_of` if not given.
    """
    spread = spread_of(y) if spread is None else spread
    away = np.sqrt((((y - observed) / spread) ** 2).sum(axis=1))
    near = np.argsort(away, kind="stable")[:keep]
    reach = max(float(away[near[-1]]), 1e-12)
    weights = np.maximum(1.0 - (away[near] / reach) ** 2, 1e-6)
    wish = special.logit(np.clip(x[near], 1e-6, 1.0 - 1e-6))
    a = np.concatenate([np.ones((len(near), 1)), (y[near] - observed) / spread], axis=1)
    scale = np.sqrt((weights @ a[:, 1:] ** 2) / weights.sum())
    a[:, 1:] /= np.where(scale > 0.0, scale, 1.0)  # so that the ridge means the same for all
    ridge = np.diag([0.0] + [1e-3 * weights.sum()] * (a.shape[1] - 1))
    slopes = np.linalg.solve((a * weights[:, None]).T @ a + ridge, (a * weights[:, None]).T @ wish)
    # What the slopes have learned by heart is given back to the spread.
    n_effective = weights.sum() ** 2 / (weights**2).sum()
    wider = np.sqrt(n_effective / max(n_effective - a.shape[1], 1.0))
    moved = slopes[0] + (wish - a @ slopes) * wider
    return Posterior(special.expit(moved), weights, reach)


@dataclass(frozen=True, slots=True)
class Judged:
    """What inference said of rows whose parameters are known, shape (rows, parameters)."""

    ranks: I64  # of the true value among draws, 0 to their number
    covered: Bool  # whether the 90 % interval holds it
    sd: F64  # of what was inferred
    reach: F64  # shape (rows,): how far the accepted runs lay


def judge(
    x: F64, y: F64, rows: I64, keep: int, draws: int, u: F64, spread: F64 | None = None
) -> Judged:
    """Infer the parameters of held-out rows from all others, and hold them beside the true ones.

    Parameters
    ----------
    rows
        Rows of the table that stand in for data; none of them is used to infer.
    draws
        Draws from each posterior; ranks are 0 to ``draws``.
    u
        Numbers in 0-1, shape (rows, draws): which draw is taken.
    spread
        As for `infer`.
    """
    rest = np.setdiff1d(np.arange(len(x)), rows)
    shape = (len(rows), x.shape[1])
    out = Judged(np.empty(shape, np.int64), np.empty(shape, np.bool_), np.empty(shape), np.empty(len(rows)))  # fmt: skip
    at, given = x[rest], y[rest]
    for r, row in enumerate(rows):
        found = infer(at, given, y[row], keep, spread)
        out.ranks[r] = (found.take(u[r, :draws]) < x[row]).sum(axis=0)
        out.covered[r] = (found.quantile(0.05) <= x[row]) & (x[row] <= found.quantile(0.95))
        out.sd[r], out.reach[r] = found.sd(), found.reach
    return out


def uniformity(found: I64, draws: int, bins: int = 10) -> F64:
    """Return the p-value of equal ranks by a chi-square test over bins, for each parameter."""
    edges = np.linspace(0.0, draws + 1.0, bins + 1)
    out = np.empty(found.shape[1])
    for j in range(found.shape[1]):
        counts = np.histogram(found[:, j] + 0.5, edges)[0]
        out[j] = stats.chisquare(counts).pvalue
    return out
