"""How many visits shoppers make in each hour, the same in the run and in its quiet twin."""

import numpy as np

from sim.core import calendar
from sim.core.chance import Stream, key_of, uniform
from sim.core.units import F64, I64
from sim.rules.shopping import ShoppingParameters


def draw_visits(shopping: ShoppingParameters, n_consumers: int, hours: int, seed: int) -> I64:
    """Draw how many visits each hour has: Poisson, with the mean of its hour of the day.

    By inversion: the smallest n with P(N <= n) >= u, u the hour's own number.
    """
    key, shape = key_of(seed), np.resize(calendar.shopping_shape(), hours)
    u = np.array([uniform(key, int(Stream.N_VISITS), h, 0, 0) for h in range(hours)])
    return poisson_quantile(u, shopping.visits_per_day / 24 * shape * n_consumers)


def poisson_quantile(u: F64, mean: F64) -> I64:
    """Return the smallest n with P(N <= n) >= u for Poisson numbers of these means, by halving."""
    from scipy import special  # by who draws, not by who reads a schema

    lo: I64 = np.full(mean.shape, -1, np.int64)
    hi: I64 = (mean + 12 * np.sqrt(mean) + 30).astype(np.int64)
    while (hi - lo > 1).any():
        mid = (lo + hi) // 2
        enough = special.pdtr(mid, mean) >= u
        lo, hi = np.where(enough, lo, mid), np.where(enough, mid, hi)
    return hi
