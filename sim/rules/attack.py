"""Stage 5: who attacks, how often, and which store (docs/odd.md, 7.8)."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from sim.core.chance import AT_CREATION, Block, poisson, unit, words
from sim.core.compiled import kernel
from sim.core.curves import sigmoid
from sim.core.state import Crowd, Stores
from sim.core.units import F64, I8, I16, I32, I64, U32, Bool, Phase, Stance, Tactic, parameter
from sim.rules.mobilisation import MobilisationParameters, is_partisan

N_TACTICS = len(Tactic)


class AttackParameters(NamedTuple):
    """How eager the attackers are and what they do."""

    eagerness: Annotated[float, parameter("b, added to a person's utility when deciding whether to act", unit="1", source="design", ge=-5, le=5)] = 0.0  # fmt: skip
    discipline: Annotated[
        float,
        parameter(
            "phi, share of actions aimed at the target that the organisers named",
            unit="share",
            source="prototype, moved by hand",
            ge=0,
            le=1,
            prior=(0.5, 0.99),
        ),
    ] = 0.8
    purchase_rate: Annotated[float, parameter("false purchases per person who acts", unit="1/h", source="prototype", ge=0, le=20, log_prior=(0.2, 4))] = 0.7  # fmt: skip
    review_rate: Annotated[float, parameter("bad reviews per person who acts", unit="1/h", source="prototype", ge=0, le=20, log_prior=(0.1, 5))] = 0.4  # fmt: skip
    refusal_rate: Annotated[float, parameter("refused deliveries per person who acts", unit="1/h", source="prototype", ge=0, le=20, log_prior=(0.03, 1))] = 0.15  # fmt: skip
    click_rate: Annotated[float, parameter("false ad clicks per person who acts", unit="1/h", source="prototype, moved by hand", ge=0, le=20, log_prior=(0.4, 4))] = 1.3  # fmt: skip
    escalation: Annotated[float, parameter("factor applied to all rates after an unanswered ultimatum", unit="1", ge=0, le=10, prior=(0.5, 1.5))] = 1.0  # fmt: skip
    escalation_refusals: Annotated[float, parameter("additional factor applied to refusals after that, when this tactic is taken up", unit="1", ge=0, le=20, prior=(1, 2))] = 1.5  # fmt: skip
    await_pause: Annotated[
        float,
        parameter(
            "share of those who would act that pause while a word is awaited",
            unit="share",
            source="trade press of 2011-10-15: members wait for a statement",
            ge=0,
            le=1,
            prior=(0, 1),
        ),
    ] = 0.5
    divert_share: Annotated[
        float,
        parameter(
            "share of those who would act that leave the stores alone once another target is called",
            unit="share",
            source="facts-2011.csv F39: withdrawals from the payment arm",
            ge=0,
            le=1,
            prior=(0.3, 1),
        ),
    ] = 0.7


@kernel
def attacks(role: int) -> bool:
    """Say whether people of a role attack at all: those who take sides do."""
    return is_partisan(role)


@kernel
def rate_of(tactic: int, escalated: bool, p: AttackParameters) -> float:
    """Give the hourly rate of a tactic of one who acts: more, and more refusals, if escalated."""
    rate = p.click_rate
    if tactic == Tactic.PURCHASE:
        rate = p.purchase_rate
    elif tactic == Tactic.BAD_REVIEW:
        rate = p.review_rate
    elif tactic == Tactic.REFUSAL:
        rate = p.refusal_rate
    if escalated:
        rate *= p.escalation
        if tactic == Tactic.REFUSAL:
            rate *= p.escalation_refusals
    return rate


class Occasion(NamedTuple):
    """What an hour asks of those who act."""

    rate: float  # actions an hour of one who acts, all tactics; 0 when no attack is called
    held_back: float = 0.0  # share of those who would act that do not, 0-1


def held_back(phase: Phase, awaited: bool, p: AttackParameters) -> float:
    """Give the share of those who would act that pause for a word, or act elsewhere."""
    pause = p.await_pause if awaited else 0.0
    elsewhere = p.divert_share if phase == Phase.DIVERT else 0.0
    return 1.0 - (1.0 - pause) * (1.0 - elsewhere)


@kernel
def acting_chance(
    utility: float, occasion: Occasion, noise: float, tie: bool, p: AttackParameters
) -> float:
    """Probability to act within an hour: sigma((U + b)/tau), less those who hold back.

    Source: docs/odd.md, 7.8.
    """
    return (1.0 - occasion.held_back) * sigmoid(utility + p.eagerness, noise, tie)


@kernel
def acts(
    u: float, utility: float, occasion: Occasion, noise: float, tie: bool, p: AttackParameters
) -> bool:
    """Act when the person's number of the hour lies below `acting_chance`."""
    return u < acting_chance(utility, occasion, noise, tie, p)


@kernel
def choose_to_act(
    key: np.uint64, hour: int, inside: I32, crowd: Crowd, occasion: Occasion,
    m: MobilisationParameters, p: AttackParameters, acting: I32,
) -> tuple[int, int]:  # fmt: skip
    """Let every attacker online act or not, and settle the stance of all in the protest.

    ATTACKING in an hour one acts, PAUSED if one once did, MEMBER if never. Whether a person
    has ever acted is drawn at the rate of one person, 1 - exp(-rate), not at 1/s times it.

    Parameters
    ----------
    inside
        Rows of those in the protest.
    crowd
        Its columns ``stance``, ``ever_attacked`` and ``ever_acted`` change.
    occasion
        Where its rate is 0 nobody acts.
    acting
        Out: rows of those who act.

    Returns
    -------
    tuple of int
        How many act, and how many of them for the first time (of one person each).
    """
    stance, ever_attacked, ever_acted = crowd.stance, crowd.ever_attacked, crowd.ever_acted
    rate, most = occasion.rate, 1.0 - math.exp(-occasion.rate)
    n_acting, n_new = 0, 0
    for r in range(inside.size):
        i = inside[r]
        stance[i] = Stance.PAUSED if ever_attacked[i] else Stance.MEMBER
        if rate <= 0.0 or not crowd.online[i] or not attacks(crowd.role[i]):
            continue
        _w0, _w1, w2, w3 = words(key, Block.PERSON, hour, i, 0)
        if acts(unit(w2), crowd.utility[i], occasion, m.noise, m.tie_joins, p):
            stance[i] = Stance.ATTACKING
            ever_attacked[i] = True
            acting[n_acting] = i
            n_acting += 1
            if not ever_acted[i] and unit(w3) < most:
                ever_acted[i] = True
                n_new += 1
    return n_acting, n_new


class Aim(NamedTuple):
    """What everybody who acts in an hour goes by."""

    escalated: bool  # whether the phase is ESCALATE
    per_person: float  # 1/s, the people each row stands for
    targets: I32  # stores called, one for each group
    cumulative: F64  # running sums of the stores' weights, for those who do not follow the call
    throttle: float  # probability that a false order is stopped by a purchase limit


class Drawn(NamedTuple):
    """Actions one by one, before they are carried out."""

    actor: I32  # row of the crowd
    store: I16
    tactic: I8
    lottery: U32


@kernel
def target_of(key: np.uint64, row: int, targets: I32) -> int:
    """Find the store that a person's group is to attack, -1 if none is called.

    Persons are shared out among groups at random, once. Source: N10, some seventy groups among
    which the work was divided. Leaves out: that groups are circles of acquaintances.
    """
    if targets.size <= 1:
        return targets[0] if targets.size else -1
    w0, _w1, _w2, _w3 = words(key, Block.ATTACKER, AT_CREATION, row, 0)
    return int(targets[int(unit(w0) * targets.size)])


@kernel
def draw_actions(
    key: np.uint64, hour: int, rows: I32, aim: Aim, p: AttackParameters, drawn: Drawn
) -> tuple[int, int, int]:
    """Draw the actions of those who act, each with its own target and lottery number.

    Parameters
    ----------
    rows
        People who act in this hour.
    drawn
        Out.

    Returns
    -------
    tuple of int
        How many actions (more than there are places means: give larger arrays, nothing is lost),
        how many of them follow the call, and how many false orders (purchases and refusals) the
        limit stopped.
    """
    cumulative = aim.cumulative
    n, n_follow, n_stopped = 0, 0, 0
    total = cumulative[-1] if cumulative.size else 0.0
    for r in range(rows.size):
        i = rows[r]
        d = 0
        called = target_of(key, i, aim.targets)
        for t in range(N_TACTICS):
            times = poisson(key, 4 + t, hour, i, rate_of(t, aim.escalated, p) * aim.per_person)
            for _ in range(times):
                w0, w1, w2, w3 = words(key, Block.ACTION, hour, i, d)
                d += 1
                orders = t == Tactic.PURCHASE or t == Tactic.REFUSAL
                if orders and unit(w3) < aim.throttle:
                    n_stopped += 1
                    continue
                k = -1
                if called >= 0 and unit(w2) < p.discipline:
                    k = called
                    n_follow += 1
                elif total > 0.0:
                    k = int(np.searchsorted(cumulative, unit(w0) * total, side="right"))
                    k = min(k, cumulative.size - 1)
                if k < 0:
                    continue
                if n < drawn.actor.size:
                    drawn.actor[n] = i
                    drawn.store[n] = k
                    drawn.tactic[n] = t
                    drawn.lottery[n] = w1
                n += 1
    return n, n_follow, n_stopped


@kernel
def execute_actions(
    order: I64, drawn: Drawn, stores: Stores, done: F64, attempts: F64, succeeded: Bool
) -> int:
    """Carry out actions in the order of their lottery numbers while goods and budgets last.

    A purchase or refusal needs an item in stock (a refusal cash on delivery too), a click ad
    budget; all need an open store.

    Parameters
    ----------
    order
        The actions' rows, by lottery number.
    stores
        Its columns ``stock`` and ``ad_left`` fall.
    done, attempts
        Out, added to: successes [store, tactic]; all actions [store], blocked ones as well.
    succeeded
        Out, by action.

    Returns
    -------
    int
        Actions against stores that had closed.
    """
    stock, ad_left = stores.stock, stores.ad_left
    n_blocked = 0
    for o in range(order.size):
        a = order[o]
        k = drawn.store[a]
        t = drawn.tactic[a]
        attempts[k] += 1.0
        succeeded[a] = False
        if not stores.listed[k]:
            n_blocked += 1
            continue
        if t == Tactic.PURCHASE or t == Tactic.REFUSAL:
            if stock[k] < 1.0 or (t == Tactic.REFUSAL and not stores.cod_on[k]):
                continue
            stock[k] -= 1.0
        elif t == Tactic.CLICK:
            if ad_left[k] < stores.click_cost[k]:
                continue
            ad_left[k] -= stores.click_cost[k]
        done[k, t] += 1.0
        succeeded[a] = True
    return n_blocked
