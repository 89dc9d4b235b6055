"""Stage 10: rivals court sellers (daily), and the renewal after the last hour (model.md 4.10)."""

from typing import Annotated, NamedTuple

import numpy as np

from sim.chance import unit, words
from sim.compiled import kernel
from sim.curves import sigmoid
from sim.units import F32, F64, I8, parameter


class PoachingParameters(NamedTuple):
    """What a second shop costs and brings, and how a seller weighs its future."""

    move_rate_per_day: Annotated[float, parameter("lambda_M, largest daily hazard to open a second shop", unit="1/day", ge=0, le=1)] = 0.01  # fmt: skip
    switching_cost: Annotated[float, parameter("cost of opening a second shop", unit="yuan", ge=0, le=1e6)] = 12_000.0  # fmt: skip
    move_noise: Annotated[float, parameter("tau_M, noise of that decision", unit="yuan", gt=0, le=1e6)] = 8_000.0  # fmt: skip
    gain_share: Annotated[float, parameter("a second shop's turnover, of that in the mall", unit="share", ge=0, le=1)] = 0.2  # fmt: skip
    keep_share: Annotated[float, parameter("turnover kept by a seller that leaves the mall", unit="share", ge=0, le=1)] = 0.35  # fmt: skip
    grievance_yuan: Annotated[float, parameter("what full grievance is worth against the mall", unit="yuan", ge=0, le=1e6)] = 10_000.0  # fmt: skip
    promise_bonus: Annotated[float, parameter("what a rival's promise of a frozen fee is worth", unit="yuan", ge=0, le=1e6)] = 4_000.0  # fmt: skip
    renewal_noise: Annotated[float, parameter("noise of the renewal", unit="yuan", gt=0, le=1e6)] = 10_000.0  # fmt: skip


@kernel
def rival_profit(
    margin: float, turnover: float, fee: float, promised: bool, p: PoachingParameters
) -> float:
    """Yearly profit (yuan) of a second shop at a rival; a promise makes its fee certain."""
    bonus = p.promise_bonus if promised else 0.0
    return margin * turnover * p.gain_share - fee + bonus


@kernel
def move_chance(profit: float, grievance: float, p: PoachingParameters) -> float:
    """Daily hazard of a second shop: lambda_M sigma((profit + grievance - switching)/tau_M).

    Source: model.md 4.10. A seller whose profit does not bear the switching cost hardly moves.
    """
    gain = profit + p.grievance_yuan * grievance - p.switching_cost
    return p.move_rate_per_day * sigmoid(gain, p.move_noise, True)


@kernel
def court(
    key: np.uint64, hour: int, margin: F64, turnover: F64, grievance: F32,
    rival_fee: F64, attraction: F64, promised: F64, p: PoachingParameters, rival: I8,
) -> None:  # fmt: skip
    """One day's round: each seller without a second shop may open one.

    The rival is drawn in proportion to attraction; ``rival`` is -1 for none.
    """
    total = attraction.sum()
    if total <= 0.0:
        return
    for i in range(margin.size):
        if rival[i] >= 0:
            continue
        w0, w1, _w2, _w3 = words(key, 12, hour, i, 0)
        at = unit(w1) * total
        r = 0
        while r < attraction.size - 1 and at >= attraction[r]:
            at -= attraction[r]
            r += 1
        profit = rival_profit(margin[i], turnover[i], rival_fee[r], promised[r] > 0.0, p)
        if unit(w0) < move_chance(profit, grievance[i], p):
            rival[i] = r


@kernel
def renewal_values(
    profit: float, bill: float, rival_fee: float, grievance: float, p: PoachingParameters
) -> tuple[float, float, float]:
    """Yearly worth (yuan) of staying, keeping both shops, and leaving the mall.

    ``profit`` is margin times turnover less what the siege cost; ``bill`` the mall's fee and
    the cost of its deposit. Source: model.md 4.10.
    """
    wrong = p.grievance_yuan * grievance
    stay = profit - bill - wrong
    both = profit * (1.0 + p.gain_share) - bill - rival_fee - wrong
    leave = profit * p.keep_share - rival_fee
    return stay, both, leave


@kernel
def renew(
    key: np.uint64, hour: int, profit: F64, bill: F64, rival_fee: F64, grievance: F32,
    rival: I8, p: PoachingParameters, out: I8,
) -> None:  # fmt: skip
    """Let every seller renew (0), keep both shops (1) or leave (2), by logit.

    Keeping both is open to those who have a second shop, or for its switching cost.
    """
    for i in range(profit.size):
        w0, _w1, _w2, _w3 = words(key, 13, hour, i, 0)
        stay, both, leave = renewal_values(profit[i], bill[i], rival_fee[i], grievance[i], p)
        if rival[i] < 0:
            both -= p.switching_cost
            leave -= p.switching_cost
        top = max(stay, both, leave)
        e_stay = np.exp((stay - top) / p.renewal_noise)
        e_both = np.exp((both - top) / p.renewal_noise)
        e_leave = np.exp((leave - top) / p.renewal_noise)
        at = unit(w0) * (e_stay + e_both + e_leave)
        if at < e_stay:
            out[i] = 0
        elif at < e_stay + e_both:
            out[i] = 1
        else:
            out[i] = 2
