"""How far runs are from facts, and which parameters that rules out (Vernon et al. 2010).

A fact is compared on its own scale: the logarithm for counts and yuan, the number itself for
hours and shares. What a run does not have (no truce, so no hour of one) counts as the worst: the
last hour, or nothing at all.
"""

from collections.abc import Sequence

import numpy as np

from sim.core.units import F64
from sim.outcomes.facts import Fact

DISCREPANCY = {"log": 0.1, "hour": 2.0, "share": 0.05}
"""Standard deviation of what the model leaves out, by scale: a tenth, two hours, a twentieth."""
CUT_OFF = 3.0
"""Implausibility above which parameters are ruled out (three sigma; Pukelsheim 1994)."""
FARTHEST = 15.0
"""Discrepancies beyond a bound at which a value counts as simply wrong."""


def scale_of(fact: Fact) -> str:
    """Say on which scale a fact is compared: ``log``, ``hour`` or ``share``."""
    if fact.unit in {"hour", "hours"}:
        return "hour"
    return "share" if fact.unit == "share" else "log"


def discrepancies(facts: Sequence[Fact]) -> F64:
    """Return the model's stated discrepancy of each fact, as a standard deviation on its scale."""
    return np.array([DISCREPANCY[scale_of(f)] for f in facts])


def on_scale(fact: Fact, value: F64) -> F64:
    """Put values on the fact's scale; a count below 1 is 1."""
    out: F64 = np.log(np.maximum(value, 1.0)) if scale_of(fact) == "log" else value
    return out


def bounds(facts: Sequence[Fact]) -> tuple[F64, F64]:
    """Return the facts' bounds on their scales."""
    low = np.array([float(on_scale(f, np.array(f.low))) for f in facts])
    high = np.array([float(on_scale(f, np.array(f.high))) for f in facts])
    return low, high


def compared(values: F64, facts: Sequence[Fact], hours: int) -> F64:
    """Put simulated values, a row a run and a column a fact, on the facts' scales.

    Parameters
    ----------
    values
        As read off the runs; NaN where a run does not have the quantity.
    hours
        Horizon of the runs; stands for an hour that never came.
    """
    out = np.empty(values.shape)
    for j, fact in enumerate(facts):
        worst = float(hours) if scale_of(fact) == "hour" else 0.0
        out[:, j] = on_scale(fact, np.nan_to_num(values[:, j], nan=worst))
    low, high = bounds(facts)
    reach = FARTHEST * discrepancies(facts)
    clipped: F64 = np.clip(out, low - reach, high + reach)
    return clipped


def distances(on_scales: F64, facts: Sequence[Fact]) -> F64:
    """Return the distance to the nearest bound, 0 inside, on each fact's scale."""
    low, high = bounds(facts)
    out: F64 = np.maximum(np.maximum(low - on_scales, on_scales - high), 0.0)
    return out


def implausibility(mean: F64, variance: F64, facts: Sequence[Fact]) -> F64:
    """Return the distance of the mean to the nearest bound over what it may be off by.

    I = dist(mean, [low, high]) / sqrt(variance + discrepancy**2); above `CUT_OFF` the parameters
    are ruled out.

    Parameters
    ----------
    mean, variance
        A row a point, a column a fact: the expected value on the fact's scale, and the variance
        of what is known of it (over runs, or of an emulator).
    """
    out: F64 = distances(mean, facts) / np.sqrt(variance + discrepancies(facts) ** 2)
    return out
