"""Where in the priors the facts are met: an ensemble smoother, and the part of the prior around it.

The iterated ensemble smoother (Emerick and Reynolds 2013; as an optimiser, Iglesias, Law and Stuart
2013) moves a few hundred points at once, along the covariances between parameters and facts that
they show themselves. It assumes that facts answer about linearly, so what it gives is no posterior:
it only says where to draw the table of runs from which `infer` learns.

Points are normal scores: a parameter's place in its prior is the normal distribution's share.
"""

import dataclasses

import numpy as np
from scipy.special import ndtr, ndtri

from sim.lab.analysis import matching

FARTHEST = 3.0
"""Normal scores beyond which no point goes."""
LEAST_STARTED = 0.15
"""Share of the points whose attack begins when reported, from which on the others follow them."""


def scores(x):
    """Return normal scores of points of the unit cube."""
    return ndtri(np.clip(x, ndtr(-FARTHEST), ndtr(FARTHEST)))


def cube(z):
    """Return points of the unit cube of normal scores."""
    return ndtr(z)


def step(z, y, facts, started, rng, caution=1.0):
    """Move every point towards facts drawn within their bounds.

    Parameters
    ----------
    z
        Normal scores, a row a point.
    y
        Facts on their scales, a row a point.
    started
        Whether the attack began when reported. The others take the place of one that did: what
        never began says nothing of how it would have gone on.
    caution
        Factor on the facts' variance: above 1 for small steps, as long as points are far away.
    """
    z, y = z.copy(), y.copy()
    if LEAST_STARTED * len(z) < started.sum() < len(z):
        at = rng.choice(np.flatnonzero(started), (~started).sum())
        z[~started], y[~started] = z[at], y[at]
    low, high = matching.bounds(facts)
    middle, sd = (low + high) / 2, np.sqrt(caution) * ((high - low) / 4 + 1e-9)
    off_z, off_y = z - z.mean(axis=0), y - y.mean(axis=0)
    n = len(z)
    shared, of_facts = off_z.T @ off_y / (n - 1), off_y.T @ off_y / (n - 1)
    spread = np.outer(off_z.std(axis=0) + 1e-9, off_y.std(axis=0) + 1e-9)
    # Correlations that as few points show by chance alone are left out.
    strength = np.abs(shared / spread) * np.sqrt(n)
    shared *= np.clip((strength - 1.4) / 1.6, 0.0, 1.0)
    gain = shared @ np.linalg.inv(of_facts + np.diag(sd**2))
    wished = middle + sd * rng.standard_normal(y.shape)
    moved = z + (wished - y) @ gain.T + 0.03 * rng.standard_normal(z.shape)
    return np.clip(moved, -FARTHEST, FARTHEST)


@dataclasses.dataclass(frozen=True)
class Region:
    """A part of the prior: an ellipsoid in the normal scores of the fitted parameters.

    Within it the density is the prior's own, so that no run needs a weight (a truncated prior;
    Deistler, Goncalves and Macke 2022).
    """

    centre: np.ndarray
    shape: np.ndarray  # covariance of which it is the unit ellipsoid

    @classmethod
    def around(cls, z, widen):
        """Return the ellipsoid that holds 99 % of a normal cloud ``widen`` times as wide as z."""
        from scipy.stats import chi2

        covariance = np.atleast_2d(np.cov(z.T))
        values, axes = np.linalg.eigh(covariance)
        values = np.clip(values * widen**2, 0.05, 1.0)  # no wider than the prior, nor a needle
        return cls(z.mean(axis=0), (axes * values) @ axes.T * chi2.ppf(0.99, z.shape[1]))

    def holds(self, z):
        """Return which points lie within."""
        off = z - self.centre
        inside = np.einsum("ij,ij->i", off @ np.linalg.inv(self.shape), off) <= 1.0
        return inside & (np.abs(z) <= FARTHEST).all(axis=1)

    def draw(self, n, rng, steps=300):
        """Draw points of the prior within, by hit-and-run: along a line the prior is normal."""
        inverse = np.linalg.inv(self.shape)
        z = np.repeat(np.clip(self.centre, -FARTHEST, FARTHEST)[None, :], n, axis=0)
        for _ in range(steps):
            d = rng.standard_normal(z.shape) @ np.linalg.cholesky(self.shape).T
            d /= np.linalg.norm(d, axis=1, keepdims=True)
            off = z - self.centre
            a = np.einsum("ij,ij->i", d @ inverse, d)
            b = np.einsum("ij,ij->i", d @ inverse, off)
            c = np.einsum("ij,ij->i", off @ inverse, off) - 1.0
            root = np.sqrt(np.maximum(b * b - a * c, 0.0))
            low, high = (-b - root) / a, (-b + root) / a
            walls = np.sort(np.stack([(-FARTHEST - z) / d, (FARTHEST - z) / d]), axis=0)
            low = np.maximum(low, walls[0].max(axis=1))
            high = np.minimum(high, walls[1].min(axis=1))
            centre = -np.einsum("ij,ij->i", z, d)
            u = rng.random(n)
            share = ndtr(low - centre) * (1 - u) + ndtr(high - centre) * u
            t = centre + ndtri(np.clip(share, 1e-12, 1 - 1e-12))
            z = z + np.clip(t, low, high)[:, None] * d
        return z
