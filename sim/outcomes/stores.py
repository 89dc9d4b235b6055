"""Outcomes of the big stores: what they lost, of what cause, and what they were paid."""

import numpy as np

from sim.core.units import Cause, Tactic
from sim.outcomes.closed import ClosedRecord, by_day
from sim.outcomes.registry import Measured, outcome

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
