"""Stage 7: stores absorb, close goods and suspend cash on delivery (docs/odd.md, 7.10)."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from sim.core.chance import Block, unit, words
from sim.core.compiled import kernel
from sim.core.curves import saturating
from sim.core.state import Stores
from sim.core.units import F64, I32, N_CATEGORIES, Bool, Tactic, parameter


class StoreParameters(NamedTuple):
    """How a big store trades and defends itself."""

    stock_days: Annotated[float, parameter("opening stock of hot goods, in days of their normal orders", unit="days", ge=0.1, le=365, log_prior=(2, 60))] = 20.0  # fmt: skip
    hold_hours: Annotated[int, parameter("hours after which a falsely bought item returns to stock", unit="h", ge=1, le=240, prior=(2, 48))] = 24  # fmt: skip
    delist_rate: Annotated[float, parameter("largest hazard of taking goods off sale", unit="1/h", source="prototype, moved by hand", ge=0, le=10, log_prior=(0.2, 4))] = 1.0  # fmt: skip
    delist_half: Annotated[float, parameter("false orders per hour at which half of that hazard is reached, relative to normal orders", unit="1", gt=0, le=1e4, log_prior=(2, 30))] = 5.0  # fmt: skip
    delist_stockout: Annotated[float, parameter("hazard of taking goods off sale when sold out", unit="1/h", ge=0, le=10, prior=(0, 1))] = 0.3  # fmt: skip
    precaution: Annotated[
        float,
        parameter(
            "hazard of taking goods off sale as a precaution, per share of stores hit that day",
            unit="1/h",
            source="design",
            ge=0,
            le=1,
            log_prior=(0.0005, 0.01),
        ),
    ] = 0.004
    precaution_category: Annotated[float, parameter("the same, per share of stores hit in the own category", unit="1/h", ge=0, le=1)] = 0.004  # fmt: skip
    hit_actions: Annotated[float, parameter("false actions in a day from which on others regard a store as hit", unit="actions", ge=1, le=1e6)] = 100.0  # fmt: skip
    quiet_hours: Annotated[float, parameter("hours without an attack before goods may return", unit="h", ge=0, le=1000, prior=(6, 72))] = 18.0  # fmt: skip
    relist_rate: Annotated[float, parameter("hazard of putting goods back on sale after that", unit="1/h", ge=0, le=10, log_prior=(0.01, 0.3))] = 0.15  # fmt: skip
    relist_protected: Annotated[float, parameter("hazard of putting goods back on sale when false orders are voided", unit="1/h", ge=0, le=10)] = 0.02  # fmt: skip
    cod_rate: Annotated[float, parameter("largest hazard of suspending cash on delivery", unit="1/h", ge=0, le=10)] = 0.3  # fmt: skip
    cod_half: Annotated[float, parameter("refusals per hour at which half of that hazard is reached, relative to normal orders", unit="1", gt=0, le=1e4)] = 3.0  # fmt: skip
    handling_purchase: Annotated[float, parameter("cost of packing, shipping and returning a false purchase", unit="yuan", ge=0, le=1000)] = 15.0  # fmt: skip
    handling_refusal: Annotated[float, parameter("cost of shipping a refused delivery both ways", unit="yuan", ge=0, le=1000)] = 25.0  # fmt: skip
    ad_use: Annotated[float, parameter("share of the daily advertising budget spent on honest clicks on a normal day", unit="share", ge=0, le=1)] = 0.6  # fmt: skip
    review_share: Annotated[float, parameter("share of honest orders that are rated", unit="share", ge=0, le=1)] = 0.5  # fmt: skip
    history_days: Annotated[float, parameter("days of ratings that each store has before hour 0", unit="days", ge=0, le=3650, log_prior=(7, 365))] = 180.0  # fmt: skip


@kernel
def delisting_hazard(
    false_ratio: float, sold_out: bool, share_hit: float, share_hit_category: float,
    p: StoreParameters,
) -> float:  # fmt: skip
    """Hazard (1/h) of closing goods: false orders, an empty shelf, and others' misfortune.

    h = rate * x**2/(x**2 + half**2) + stockout + precaution * share hit + the same in the
    category. The square: a few false orders at night are no reason to close.
    Source: docs/odd.md, 7.10. Leaves out: that a store may close single goods.
    """
    hazard = p.delist_rate * saturating(false_ratio * false_ratio, p.delist_half * p.delist_half)
    if sold_out:
        hazard += p.delist_stockout
    return hazard + p.precaution * share_hit + p.precaution_category * share_hit_category


@kernel
def relisting_hazard(quiet: float, protection: float, p: StoreParameters) -> float:
    """Hazard (1/h) of reopening: after a quiet spell, or when false orders are voided."""
    hazard = p.relist_protected * protection
    if quiet >= p.quiet_hours:
        hazard += p.relist_rate
    return hazard


@kernel
def rating(quality: float, n_honest: float, n_bad: float) -> float:
    """Cumulative mean of honest ratings at ``quality`` and bad ones at 1.

    Bad ones are counted apart, so that removing them all gives ``quality`` back exactly.
    """
    total = n_honest + n_bad
    if n_bad <= 0.0 or total <= 0.0:
        return quality
    return (quality * n_honest + n_bad) / total


@kernel
def rate_all(quality: F64, n_honest: F64, n_bad: F64, out: F64) -> None:
    """Apply `rating` to every store."""
    for k in range(out.size):
        out[k] = rating(quality[k], n_honest[k], n_bad[k])


class StoreDay(NamedTuple):
    """What every store meets in an hour."""

    false_orders: F64  # purchases and refusals of the hour
    refusals: F64
    attempts: F64  # all actions of the hour, blocked ones as well
    normal: F64  # honest orders expected in such an hour
    sold_out: Bool
    hit_today: Bool  # whether others call the store hit
    category: I32


class StoreHour(NamedTuple):
    """An hour's rows of the books, by store."""

    done: F64  # successful false actions, shape (stores, tactics)
    attempts: F64  # all false actions, blocked ones as well
    back: F64  # items of false orders that came back
    ad_honest: F64  # out: yuan spent on honest clicks
    ad_honest_twin: F64  # out
    delisted: Bool  # out: closed at the end of the hour
    cod_off: Bool  # out


@kernel
def absorb(hour: StoreHour, shape: float, stores: Stores, p: StoreParameters, day: StoreDay) -> F64:
    """Let every store meet its hour: what came back goes on the shelf, what was done counts.

    A store is sold out only where its twin is not: an empty shelf that honest buyers alone would
    have left closes nothing.

    Parameters
    ----------
    shape
        The hour's part of the day's trade, with mean 1.
    stores
        Its columns ``n_bad``, ``actions_today`` and ``stock`` change.
    day
        Out.

    Returns
    -------
    ndarray of float64, shape (tactics,)
        Successful false actions.
    """
    done, total = hour.done, np.zeros(hour.done.shape[1])
    for k in range(day.category.size):
        actions = 0.0
        for t in range(total.size):
            actions += done[k, t]
            total[t] += done[k, t]
        stores.n_bad[k] += done[k, Tactic.BAD_REVIEW]
        stores.actions_today[k] += actions
        stores.stock[k] += hour.back[k]
        day.false_orders[k] = done[k, Tactic.PURCHASE] + done[k, Tactic.REFUSAL]
        day.refusals[k] = done[k, Tactic.REFUSAL]
        day.attempts[k] = hour.attempts[k]
        day.normal[k] = stores.orders_an_hour[k] * shape
        day.sold_out[k] = stores.stock[k] < 1.0 and stores.stock_twin[k] >= 1.0
        day.hit_today[k] = stores.actions_today[k] >= p.hit_actions
        day.category[k] = stores.category[k]
    return total


def blank_day(n_stores: int) -> StoreDay:
    """Return a `StoreDay` in which nothing has happened."""
    return StoreDay(
        false_orders=np.zeros(n_stores),
        refusals=np.zeros(n_stores),
        attempts=np.zeros(n_stores),
        normal=np.zeros(n_stores),
        sold_out=np.zeros(n_stores, np.bool_),
        hit_today=np.zeros(n_stores, np.bool_),
        category=np.zeros(n_stores, np.int32),
    )


@kernel
def delisting_terms(
    k: int, day: StoreDay, hit_share: float, hit_share_category: F64, p: StoreParameters
) -> float:
    """Hazard (1/h) of store k to close its goods in the hour."""
    return delisting_hazard(
        day.false_orders[k] / max(day.normal[k], 1e-9), day.sold_out[k], hit_share,
        hit_share_category[day.category[k]], p,
    )  # fmt: skip


@kernel
def suspending_hazard(refusals: float, normal: float, p: StoreParameters) -> float:
    """Hazard (1/h) of suspending cash on delivery: rate * x/(x + half), x refusals over normal."""
    return p.cod_rate * saturating(refusals / max(normal, 1e-9), p.cod_half)


@kernel
def share_hit(day: StoreDay, by_category: F64) -> float:
    """Share of stores hit today, of all and (out) within each category."""
    n = day.hit_today.size
    total = 0.0
    by_category[:] = 0.0
    size = np.zeros(by_category.size)
    for k in range(n):
        size[day.category[k]] += 1.0
        if day.hit_today[k]:
            total += 1.0
            by_category[day.category[k]] += 1.0
    for c in range(by_category.size):
        by_category[c] = by_category[c] / size[c] if size[c] > 0.0 else 0.0
    return total / n if n > 0 else 0.0


@kernel
def open_and_close(
    key: np.uint64, hour: int, day: StoreDay, protection: float, p: StoreParameters, stores: Stores
) -> None:
    """Let every store close or reopen goods and suspend or resume cash on delivery.

    A hazard h acts within the hour with probability 1 - exp(-h). ``quiet`` and ``quiet_cod``
    count the hours since the last action, or the last refusal, against the store; one kept shut
    by hand stays closed.
    """
    listed, cod_on, quiet, quiet_cod = stores.listed, stores.cod_on, stores.quiet, stores.quiet_cod
    by_category = np.empty(N_CATEGORIES)
    hit = share_hit(day, by_category)
    for k in range(listed.size):
        quiet[k] = 0.0 if day.attempts[k] > 0.0 else quiet[k] + 1.0
        quiet_cod[k] = 0.0 if day.refusals[k] > 0.0 else quiet_cod[k] + 1.0
        if listed[k]:
            hazard = delisting_terms(k, day, hit, by_category, p)
        else:
            hazard = 0.0 if stores.kept_shut[k] else relisting_hazard(quiet[k], protection, p)
        if cod_on[k]:
            hazard_cod = suspending_hazard(day.refusals[k], day.normal[k], p)
        else:
            hazard_cod = relisting_hazard(quiet_cod[k], protection, p)
        if hazard <= 0.0 and hazard_cod <= 0.0:  # no number can matter
            continue
        w0, w1, w2, w3 = words(key, Block.STORE, hour, k, 0)
        if unit(w0 if listed[k] else w1) < 1.0 - math.exp(-hazard):
            stores.ever_delisted[k] |= listed[k]
            listed[k] = not listed[k]
        if unit(w2 if cod_on[k] else w3) < 1.0 - math.exp(-hazard_cod):
            stores.ever_cod_off[k] |= cod_on[k]
            cod_on[k] = not cod_on[k]


@kernel
def close_the_hour(hour: StoreHour, shape: float, stores: Stores, p: StoreParameters) -> None:
    """Spend on advertising in both worlds, and book which doors are closed."""
    everywhere = np.ones(stores.listed.size, np.bool_)
    spend_on_ads(stores.listed, stores.ad_budget, stores.ad_left, shape, p, hour.ad_honest)
    spend_on_ads(everywhere, stores.ad_budget, stores.ad_left_twin, shape, p, hour.ad_honest_twin)
    for k in range(everywhere.size):
        hour.delisted[k] = not stores.listed[k]
        hour.cod_off[k] = not stores.cod_on[k]
        stores.ever_delisted[k] |= hour.delisted[k]  # closed by hand, if any


@kernel
def spend_on_ads(
    listed: Bool, budget: F64, ad_left: F64, shape: float, p: StoreParameters, out: F64
) -> None:
    """Spend an hour's money (yuan) on honest clicks: what is due, while the budget lasts.

    Due is ad_use * budget * shape / 24 at an open store, ``shape`` being the hour's part of the
    day's trade with mean 1. Leaves out: that a store may raise its budget.
    """
    for k in range(budget.size):
        due = p.ad_use * budget[k] * shape / 24.0
        out[k] = min(due, ad_left[k]) if listed[k] else 0.0
        ad_left[k] -= out[k]
