"""Random numbers of one seed (7.1), and the small sums that the text names."""

import math

import numpy as np
from scipy.special import ndtri, pdtr

from sim.core.chance import AT_CREATION, Stream, key_of, uniform


class Dice:
    """The numbers of a seed: each a function of stream, hour, row and draw."""

    def __init__(self, seed):
        self.key = key_of(seed)

    def u(self, stream: Stream, row, hour=AT_CREATION, draw=0):
        """Give a number strictly between 0 and 1."""
        return float(uniform(self.key, int(stream), hour, row, draw))

    def normal(self, stream: Stream, row):
        """Give a normal number, drawn at creation."""
        return float(ndtri(self.u(stream, row)))

    def poisson(self, stream: Stream, row, hour, mean):
        """Give a Poisson number by inversion, in chunks of a mean of at most 256."""
        if mean <= 0.0:
            return 0
        chunks = math.ceil(mean / 256)
        part = mean / chunks
        total = 0
        for d in range(chunks):
            u = self.u(stream, row, hour, d)
            mass = math.exp(-part)
            below = mass
            n = 0
            while u > below and mass > 0.0:
                n += 1
                mass = mass * (part / n)
                below = below + mass
            total += n
        return total

    def n_visits(self, hour, mean):
        """Give the number of visits of an hour: the smallest n that the law's sum reaches."""
        u = self.u(Stream.N_VISITS, 0, hour)
        low, high = -1, math.floor(mean + 12.0 * math.sqrt(mean) + 30.0)
        while high - low > 1:
            middle = (low + high) // 2
            if pdtr(middle, mean) >= u:
                high = middle
            else:
                low = middle
        return high


def as_float32(x):
    """Give a number as it is after it was stored in single precision."""
    return float(np.float32(x))


def running_sums(values):
    """Add one after the other from the first; give every sum on the way."""
    total, sums = 0.0, []
    for value in values:
        total = total + value
        sums.append(total)
    return sums


def find(table, low, high, last, at):
    """Give the first of ``low`` to ``high - 1`` whose table value exceeds ``at``, else ``last``."""
    for i in range(low, high):
        if table[i] > at:
            return i
    return last


def sigma(x, noise, tie_met=True):
    """Give the probability of a logit; a step where there is no noise (7.6)."""
    if noise <= 0.0:
        return float(x > 0.0 or (x == 0.0 and tie_met))
    z = x / noise
    return 0.0 if z < -700.0 else 1.0 / (1.0 + math.exp(-z))


def clip(x, low, high):
    """Give the nearest number of a range."""
    return min(max(x, low), high)
