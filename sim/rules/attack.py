"""Stage 5: who attacks, how often, and which store (model.md 4.5)."""

from typing import Annotated, NamedTuple

import numpy as np

from sim.chance import poisson, unit, words
from sim.compiled import kernel
from sim.curves import sigmoid
from sim.units import F64, I8, I16, I32, U8, U64, Bool, Role, Stance, Tactic, parameter

N_TACTICS = len(Tactic)


class AttackParameters(NamedTuple):
    """How eager the attackers are and what they do."""

    eagerness: Annotated[float, parameter("b, added to the utility when it comes to acting", unit="1", source="model.md 4.5", ge=-5, le=5)] = 0.0  # fmt: skip
    discipline: Annotated[float, parameter("phi, share of actions that follow the call", unit="share", source="prototype.md", ge=0, le=1)] = 0.68  # fmt: skip
    purchase_rate: Annotated[float, parameter("false purchases of one who acts", unit="1/h", source="prototype.md", ge=0, le=20)] = 0.7  # fmt: skip
    review_rate: Annotated[float, parameter("bad reviews of one who acts", unit="1/h", source="prototype.md", ge=0, le=20)] = 0.4  # fmt: skip
    refusal_rate: Annotated[float, parameter("cash-on-delivery orders refused, of one who acts", unit="1/h", source="prototype.md", ge=0, le=20)] = 0.15  # fmt: skip
    click_rate: Annotated[float, parameter("false ad clicks of one who acts", unit="1/h", source="prototype.md", ge=0, le=20)] = 0.5  # fmt: skip
    escalation: Annotated[float, parameter("rates after an unanswered ultimatum, of those before", unit="1", ge=0, le=10)] = 1.5  # fmt: skip


@kernel
def attacks(role: int) -> bool:
    """Say whether people of a role attack at all: sellers and sympathisers do."""
    return role == Role.SELLER or role == Role.SYMPATHISER


@kernel
def rate_of(tactic: int, p: AttackParameters) -> float:
    """Give the hourly rate of a tactic of one who acts."""
    if tactic == Tactic.PURCHASE:
        return p.purchase_rate
    if tactic == Tactic.BAD_REVIEW:
        return p.review_rate
    if tactic == Tactic.REFUSAL:
        return p.refusal_rate
    return p.click_rate


@kernel
def acts(u: float, wish: float, noise: float, tie: bool, p: AttackParameters) -> bool:
    """Act in an hour with probability sigma((U + b)/tau). Source: model.md 4.5."""
    return u < sigmoid(wish + p.eagerness, noise, tie)


@kernel
def choose_to_act(
    key: np.uint64, hour: int, role: U8, online: Bool, wishes: F64, rate: float, noise: float,
    tie: bool, p: AttackParameters, acting: Bool, ever_attacked: Bool, ever_acted: Bool,
) -> None:  # fmt: skip
    """Let every attacker online act or not, and mark who has ever acted.

    Whether a person has ever acted is drawn at the rate of one person, 1 - exp(-rate).
    """
    most = 1.0 - np.exp(-rate)
    for i in range(role.size):
        if not online[i] or not attacks(role[i]):
            continue
        _w0, _w1, w2, w3 = words(key, 0, hour, i, 0)
        if acts(unit(w2), wishes[i], noise, tie, p):
            acting[i] = True
            ever_attacked[i] = True
            if unit(w3) < most:
                ever_acted[i] = True


@kernel
def draw_actions(
    key: np.uint64, hour: int, rows: I32, intensity: float, per_person: float,
    focal: int, cumulative: F64, p: AttackParameters,
    actor: I32, store: I16, tactic: I8, lottery: U64,
) -> int:  # fmt: skip
    """Draw the actions of those who act, each with its own target and lottery number.

    Parameters
    ----------
    rows
        People who act in this hour.
    intensity, per_person
        Factor of the phase; 1/s, the people each row stands for.
    focal
        The store called for, -1 if none.
    cumulative
        Running sums of the stores' weights for those who do not follow the call.

    Returns
    -------
    int
        How many actions; more than ``actor.size`` means: give larger arrays, nothing is lost.
    """
    n = 0
    total = cumulative[-1] if cumulative.size else 0.0
    for r in range(rows.size):
        i = rows[r]
        d = 0
        for t in range(N_TACTICS):
            times = poisson(key, 4 + t, hour, i, rate_of(t, p) * intensity * per_person)
            for _ in range(times):
                w0, w1, w2, _w3 = words(key, 2, hour, i, d)
                d += 1
                k = -1
                if focal >= 0 and unit(w2) < p.discipline:
                    k = focal
                elif total > 0.0:
                    k = np.searchsorted(cumulative, unit(w0) * total, side="right")
                    k = min(k, cumulative.size - 1)
                if k < 0:
                    continue
                if n < actor.size:
                    actor[n] = i
                    store[n] = k
                    tactic[n] = t
                    lottery[n] = w1
                n += 1
    return n


@kernel
def carry_out(
    order: I32, store: I16, tactic: I8, listed: Bool, cod_on: Bool, click_cost: F64,
    stock: F64, ad_left: F64, done: U8, counts: F64,
) -> int:  # fmt: skip
    """Carry out actions in the order of their lottery numbers while goods and budgets last.

    A purchase or refusal needs an item in stock (a refusal cash on delivery too), a click ad
    budget; all need an open store. ``done`` is 1 where it succeeded, 2 where the store was
    closed, 0 where something was lacking; ``counts`` [store, tactic] counts successes.

    Returns
    -------
    int
        Actions against stores that had closed.
    """
    n_blocked = 0
    for o in range(order.size):
        a = order[o]
        k = store[a]
        t = tactic[a]
        done[a] = 0
        if not listed[k]:
            done[a] = 2
            n_blocked += 1
            continue
        if t == Tactic.PURCHASE or t == Tactic.REFUSAL:
            if stock[k] < 1.0 or (t == Tactic.REFUSAL and not cod_on[k]):
                continue
            stock[k] -= 1.0
        elif t == Tactic.CLICK:
            if ad_left[k] < click_cost[k]:
                continue
            ad_left[k] -= click_cost[k]
        done[a] = 1
        counts[k, t] += 1.0
    return n_blocked


@kernel
def settle_stances(acting: Bool, ever_attacked: Bool, stance: U8) -> None:
    """Mark members: ATTACKING in an hour they act, PAUSED if they once did, MEMBER if never."""
    for i in range(stance.size):
        s = stance[i]
        if s == Stance.OUTSIDE or s == Stance.QUIT:
            continue
        if acting[i]:
            stance[i] = Stance.ATTACKING
        elif ever_attacked[i]:
            stance[i] = Stance.PAUSED
        else:
            stance[i] = Stance.MEMBER
