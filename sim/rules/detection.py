"""Stage 6, its draws: what and whom the platform finds (docs/odd.md, 7.9)."""

import numpy as np

from sim.core.chance import Block, Stream, uniform, unit, words
from sim.core.compiled import kernel
from sim.core.units import F64, I32, Bool

CHANNEL_LOST = int(Stream.CHANNEL_LOST)


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


@kernel
def check_sellers(
    key: np.uint64, hour: int, checked: float, found: float, mistaken: float, attacked: Bool,
    punished: Bool, out: Bool,
) -> None:  # fmt: skip
    """Look at some sellers' accounts and take those above the score's threshold for attackers.

    A seller is looked at when its first number of the hour lies below ``checked``; one who has
    attacked is then caught when the second lies below ``found``, another when it lies below
    ``mistaken``. Who is punished already is left alone.
    """
    for i in range(out.size):
        w0, w1, _w2, _w3 = words(key, Block.ACCOUNT, hour, i, 0)
        if unit(w0) < checked and not punished[i]:
            out[i] = is_found(unit(w1), found if attacked[i] else mistaken)


@kernel
def lose_members(key: np.uint64, hour: int, share: float, inside: I32, out: Bool) -> None:
    """Lose members on the way to another channel, each by its own number."""
    for r in range(inside.size):
        out[r] = uniform(key, CHANNEL_LOST, hour, inside[r], 0) < share
