"""Stage 10: rivals court sellers daily, and the renewal at the end (docs/odd.md, 7.12)."""

import math
from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from sim.core.chance import AT_RENEWAL, Block, unit, words
from sim.core.compiled import kernel
from sim.core.curves import sigmoid
from sim.core.units import F32, F64, I8, Bool, parameter


class PoachingParameters(NamedTuple):
    """What a second shop costs and brings, and how a seller weighs its future."""

    move_rate_per_day: Annotated[float, parameter("lambda_M, largest daily hazard of opening a second shop", unit="1/day", ge=0, le=1)] = 0.01  # fmt: skip
    switching_cost: Annotated[
        float,
        parameter(
            "cost of opening a second shop: fitting out, listing, and a record of ratings begun anew",
            unit="yuan",
            ge=0,
            le=1e6,
            log_prior=(5000, 80_000),
        ),
    ] = 20_000.0
    move_noise: Annotated[float, parameter("tau_M, noise of that decision", unit="yuan", gt=0, le=1e6)] = 8_000.0  # fmt: skip
    gain_share: Annotated[
        float,
        parameter(
            "turnover of a second shop, as a share of that in the mall",
            unit="share",
            source="assumed; one rival counted 10,000 merchants in all",
            ge=0,
            le=1,
            prior=(0.05, 0.25),
        ),
    ] = 0.12
    keep_share: Annotated[
        float,
        parameter(
            "share of its turnover that a seller keeps after leaving the mall",
            unit="share",
            source="assumed: from what a second shop brings to half",
            ge=0,
            le=1,
            prior=(0.12, 0.5),
        ),
    ] = 0.3
    grievance_yuan: Annotated[float, parameter("monetary value of full grievance, counted against the mall", unit="yuan", ge=0, le=1e6, prior=(0, 20_000))] = 10_000.0  # fmt: skip
    promise_bonus: Annotated[float, parameter("monetary value of a rival's promise to freeze its fee", unit="yuan", ge=0, le=1e6)] = 4_000.0  # fmt: skip
    renewal_noise: Annotated[float, parameter("noise of the decision at the renewal", unit="yuan", gt=0, le=1e6, log_prior=(2000, 30_000))] = 6_000.0  # fmt: skip
    expected_growth: Annotated[
        float,
        parameter(
            "growth of its sales that a seller expects of the next year, as a share of this one's",
            unit="share",
            source="Xinhua, 2012-12-04: Taobao and the mall sold 630,000 million yuan in 2011 and 1,000,000 in eleven months of 2012",
            ge=-0.9,
            le=10,
            prior=(0, 0.8),
        ),
    ] = 0.6


@kernel
def rival_profit(
    margin: float, turnover: float, fee: float, promised: bool, p: PoachingParameters
) -> float:
    """Yearly profit (yuan) of a second shop at a rival; a promise makes its fee certain."""
    bonus = p.promise_bonus if promised else 0.0
    return margin * turnover * p.gain_share - fee + bonus


@kernel
def move_chance(
    profit: float, grievance: float, loss: float, effort: float, p: PoachingParameters
) -> float:
    """Probability (a day) of a second shop: lambda_M effort sigma((profit + wrong - cost)/tau_M).

    wrong = grievance_yuan * grievance + loss, the loss in yuan of margin, below 0 for a gain.
    Source: docs/odd.md, 7.12. A seller whose profit does not bear the switching cost hardly moves.
    """
    wrong = p.grievance_yuan * grievance + loss
    chance = (
        p.move_rate_per_day
        * effort
        * sigmoid(profit + wrong - p.switching_cost, p.move_noise, True)
    )
    return min(1.0, chance)


class Courtship(NamedTuple):
    """What the rivals offer, each shape (rivals,)."""

    fee: F64  # yuan/yr
    attraction: F64
    effort: F64
    promised: Bool  # whether the fee is promised not to rise


@kernel
def courted_by(u: float, attraction: F64) -> int:
    """Draw the rival that courts a seller in a day's round, in proportion to attraction."""
    at = u * attraction.sum()
    r = 0
    while r < attraction.size - 1 and at >= attraction[r]:
        at -= attraction[r]
        r += 1
    return r


class Prospects(NamedTuple):
    """What sellers weigh when they look beyond the mall, each shape (sellers,)."""

    margin: F64  # share of sales
    turnover: F64  # yuan/yr
    hardship: F32
    legitimacy: F32
    loss: F64  # yuan that the siege has cost each so far; below 0 a gain


@kernel
def court(
    key: np.uint64, hour: int, sellers: Prospects, offers: Courtship, p: PoachingParameters,
    rival: I8,
) -> None:  # fmt: skip
    """One day's round: each seller without a second shop may open one.

    ``rival`` is where each has its second shop, -1 for none; it changes.
    """
    if offers.attraction.sum() <= 0.0:
        return
    for i in range(rival.size):
        if rival[i] >= 0:
            continue
        w0, w1, _w2, _w3 = words(key, Block.POACHING, hour, i, 0)
        r = courted_by(unit(w1), offers.attraction)
        profit = rival_profit(
            sellers.margin[i], sellers.turnover[i], offers.fee[r], offers.promised[r], p
        )
        grievance = float(sellers.hardship[i]) * (1.0 - float(sellers.legitimacy[i]))
        if unit(w0) < move_chance(profit, grievance, sellers.loss[i], offers.effort[r], p):
            rival[i] = r


class Choice(IntEnum):
    """What a seller does at renewal."""

    STAY = 0
    BOTH = 1
    LEAVE = 2


@kernel
def renewal_values(
    profit: float, loss: float, bill: float, rival_fee: float, grievance: float,
    p: PoachingParameters,
) -> tuple[float, float, float]:  # fmt: skip
    """Yearly worth (yuan) of staying, keeping both shops, and leaving the mall.

    With G the grievance in yuan and l what the siege cost (below 0: brought),
    stay = profit - bill - G - l;
    both = profit (1 + gain) - bill - fee - G - l; leave = profit keep - fee.
    ``profit`` is margin times next year's turnover, ``bill`` the mall's fee on it, net of refunds,
    and the cost of its deposit.
    Source: docs/odd.md, 7.12. Leaves out: that who leaves may come back.
    """
    wrong = p.grievance_yuan * grievance + loss
    stay = profit - bill - wrong
    both = profit * (1.0 + p.gain_share) - bill - rival_fee - wrong
    leave = profit * p.keep_share - rival_fee
    return stay, both, leave


@kernel
def renew(
    key: np.uint64, sellers: Prospects, bill: F64, offers: Courtship, p: PoachingParameters,
    rival: I8, out: I8,
) -> None:  # fmt: skip
    """Let every seller stay, keep both shops or leave, by logit (`Choice`).

    Who has no second shop yet looks at the rival that courts it then and pays the switching
    cost to keep both or to leave; ``rival`` names it afterwards for those who do not stay.
    Where there are no rivals everybody stays.
    """
    out[:] = Choice.STAY
    if offers.attraction.sum() <= 0.0:
        return
    for i in range(rival.size):
        w0, w1, _w2, _w3 = words(key, Block.RENEWAL, AT_RENEWAL, i, 0)
        new = rival[i] < 0
        r = courted_by(unit(w1), offers.attraction) if new else int(rival[i])
        profit = sellers.margin[i] * sellers.turnover[i]
        grievance = float(sellers.hardship[i]) * (1.0 - float(sellers.legitimacy[i]))
        stay, both, leave = renewal_values(
            profit, sellers.loss[i], bill[i], offers.fee[r], grievance, p
        )
        if new:
            both -= p.switching_cost
            leave -= p.switching_cost
        top = max(stay, both, leave)
        e_stay = math.exp((stay - top) / p.renewal_noise)
        e_both = math.exp((both - top) / p.renewal_noise)
        e_leave = math.exp((leave - top) / p.renewal_noise)
        at = unit(w0) * (e_stay + e_both + e_leave)
        if at >= e_stay:
            out[i] = Choice.BOTH if at < e_stay + e_both else Choice.LEAVE
            rival[i] = r
