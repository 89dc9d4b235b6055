"""Outcomes of the big stores: what they lost, of what cause, and what they were paid."""

import numpy as np

from sim.core.chance import AT_RENEWAL, Stream, key_of, uniform
from sim.core.units import Cause, Tactic
from sim.outcomes.closed import ATTACKED, DAY, ClosedRecord, by_day
from sim.outcomes.registry import Measured, outcome

FIRST = 12
"""Hours from the first attack within which a store becomes one of its first targets."""
HIT = 1000.0
"""False actions, or clicks, in a day from which a store counts as hard hit."""


@outcome("cum_store_loss", "yuan", "gross margin lost and costs incurred by big stores, minus compensation, compared with the quiet twin")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.store_loss.sum()


@outcome("max_store_loss", "yuan", "loss of the store that lost most")
def _(r: ClosedRecord) -> Measured:
    return r.store_loss.max(initial=0.0)


@outcome("top5_store_loss", "yuan", "mean loss of the five stores that lost most")
def _(r: ClosedRecord) -> Measured:
    return np.sort(r.store_loss)[-5:].mean()


def _enter_cause(cause: Cause, name: str, label: str) -> None:
    outcome(name, "yuan", label)(lambda r: r.loss[:, :, cause].sum())


_enter_cause(
    Cause.CLOSED,
    "cum_store_loss_closed",
    "part of the stores' loss: margin lost while goods were off sale",
)
_enter_cause(
    Cause.RATING,
    "cum_store_loss_rating",
    "part of the stores' loss: margin lost through lower ratings",
)
_enter_cause(Cause.HANDLING, "cum_store_loss_handling", "part of the stores' loss: shipping and handling of false orders")  # fmt: skip
_enter_cause(Cause.ADS, "cum_store_loss_ads", "part of the stores' loss: advertising, as false clicks minus savings on honest clicks that did not happen")  # fmt: skip


@outcome(
    "cum_compensation", "yuan", "paid by the platform to big stores, including refunds of ad clicks"
)
def _(r: ClosedRecord) -> Measured:
    return r.paid_to_stores.sum()


@outcome("cum_ad_refund", "yuan", "part of the compensation: refunds of ad clicks")
def _(r: ClosedRecord) -> Measured:
    return r.ad_refund.sum()


@outcome("top5_store_sales_lost", "yuan", "mean sales lost by the five stores that lost most sales")
def _(r: ClosedRecord) -> Measured:
    return np.sort(r.store_sales_lost)[-5:].mean()


@outcome("cum_store_sales_lost", "yuan", "sales lost by big stores")
def _(r: ClosedRecord) -> Measured:
    return r.store_sales_lost.sum()


@outcome(
    "max_store_ad_loss",
    "yuan",
    "largest amount that one store paid for false clicks, before refunds",
    needs="siege",
)
def _(r: ClosedRecord) -> Measured:
    return r.ad_loss.max(initial=0.0)


@outcome(
    "median_store_ad_loss",
    "yuan",
    "median amount paid for false clicks by stores with at least 1,000 of them in a day, before refunds",
    null="no store had such a day",
    needs="siege",
)
def _(r: ClosedRecord) -> Measured:
    hit = (by_day(r.actions[:, :, Tactic.CLICK]) >= HIT).any(axis=0)
    return np.median(r.ad_loss[hit]) if hit.any() else None


@outcome("hit_day_sales_share", "share", "honest sales as a share of those in the quiet twin, median of store-days with at least 1,000 false actions", null="no store had such a day")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    n = r.first
    hit = r.day_actions >= HIT
    twin = by_day(r.orders_twin[:, :n])
    hit &= twin > 0
    return np.median(by_day(r.orders[:, :n])[hit] / twin[hit]) if hit.any() else None


@outcome(
    "first_target_sales_share",
    "share",
    "honest sales of one of the first targets, picked by lot, as a share of those in the quiet "
    "twin, on the day after the first attack",
    null="nobody was a target of the first 12 hours, or the run ended within that day",
)
def _(r: ClosedRecord) -> Measured:
    """Observe what the press did: it named one early victim, and told one day of its sales.

    The first targets are the stores with at least 100 false actions (no clicks) within 12 hours
    of the first attack: through the first night. One of them is picked with the run's own random
    number, each as likely as another; the day is the first calendar day that begins after the
    first attack. Source: trade press of 2011-10-15 (F13 of the facts of 2011). A median over all
    stores hit, `hit_day_sales_share`, is another quantity.
    """
    n = r.first
    acted = r.actions_by_store.any(axis=1)
    if not acted.any():
        return None
    began = int(acted.argmax())
    day = began // DAY + 1
    if r.hours < DAY * (day + 1):
        return None
    orders, twin = (
        by[DAY * day : DAY * (day + 1), :n].sum(axis=0) for by in (r.orders, r.orders_twin)
    )
    night = slice(began, began + FIRST)
    suffered = (r.actions_by_store - r.actions[:, :, Tactic.CLICK])[night].sum(axis=0)
    targets = np.flatnonzero((suffered >= ATTACKED) & (twin > 0))
    if targets.size == 0:
        return None
    u = uniform(key_of(r.seed), Stream.NAMED_TARGET, AT_RENEWAL, 0, 0)
    named = targets[int(u * targets.size)]
    return float(orders[named] / twin[named])
