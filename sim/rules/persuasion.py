"""Stage 6: what a call from the platform does to a seller (docs/odd.md, 7.9)."""

import numpy as np

from sim.core.chance import AT_CREATION, Block, unit, words
from sim.core.compiled import kernel
from sim.core.units import F32


@kernel
def after_a_call(legitimacy: float, gain: float, backfires: bool) -> float:
    """Move a called seller's view: L + g (1 - L), or L (1 - g) if the call backfires.

    Leaves out: that a seller tells its neighbours what it was offered; the view spreads as any
    other does.
    """
    return legitimacy * (1.0 - gain) if backfires else legitimacy + gain * (1.0 - legitimacy)


@kernel
def call(
    key: np.uint64, before: float, after: float, gain: float, backfire_share: float,
    legitimacy: F32,
) -> None:  # fmt: skip
    """Call the sellers whose lottery number lies between the shares called before and after."""
    for i in range(legitimacy.size):
        _w0, w1, w2, _w3 = words(key, Block.SELLER_FURTHER, AT_CREATION, i, 0)
        if before <= unit(w1) < after:
            legitimacy[i] = after_a_call(float(legitimacy[i]), gain, unit(w2) < backfire_share)
