"""The few curves that several rules share."""

import math

from sim.core.compiled import kernel


@kernel
def sigmoid(x: float, noise: float, tie: bool) -> float:
    """Return the logistic 1/(1 + exp(-x/noise)); a step where noise is 0, ``tie`` at exactly 0."""
    if noise <= 0.0:
        if x > 0.0 or (tie and x == 0.0):
            return 1.0
        return 0.0
    z = x / noise
    if z < -700.0:
        return 0.0
    return 1.0 / (1.0 + math.exp(-z))


@kernel
def saturating(ratio: float, half: float) -> float:
    """Rise from 0 towards 1, one half at ``half``: x / (x + half)."""
    return ratio / (ratio + half) if ratio > 0.0 else 0.0
