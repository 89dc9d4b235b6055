"""Stage 6, its draws: which false actions the platform finds (model.md 4.8)."""

import numpy as np

from sim.chance import uniform
from sim.compiled import kernel
from sim.units import F64


@kernel
def is_found(u: float, true_positive_share: float) -> bool:
    """Find a false action when its number lies below the share of false ones that are found.

    The number is the upper tail of the action's score: a platform that flags scores above a
    threshold finds exactly those. Leaves out: that attackers learn what is found.
    """
    return u < true_positive_share


@kernel
def find_false(key: np.uint64, stream: int, hour: int, n: F64, share: float, out: F64) -> None:
    """Count the actions found of those done in an hour, by store.

    Parameters
    ----------
    stream, hour
        The tactic's stream; the hour in which the actions were done. The row is the store, the
        draw the action's number at the store in that hour.
    n
        Actions done, by store.
    share
        Share of false actions that are found.
    out
        How many are found, by store.
    """
    for k in range(n.size):
        found = 0.0
        for d in range(int(n[k])):
            if is_found(uniform(key, stream, hour, k, d), share):
                found += 1.0
        out[k] = found
