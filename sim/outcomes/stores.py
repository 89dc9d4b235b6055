"""Outcomes of the big stores: what they lost, of what cause, and what they were paid."""

import numpy as np

from sim.core.units import F64, Cause, Tactic
from sim.outcomes.attack import by_day, no_clicks
from sim.outcomes.record import Record
from sim.outcomes.registry import Measured, outcome

HIT = 1000.0
"""False actions, or clicks, in a day from which a store counts as hard hit."""


def store_loss(r: Record) -> F64:
    """Loss of each store (yuan): margin and costs, less what the platform paid."""
    out: F64 = r.loss.sum(axis=(0, 2)) - (r.ad_refund + r.compensation).sum(axis=0)
    return out


@outcome("cum_store_loss", "yuan", "gross margin lost and costs incurred by big stores, minus compensation, compared with the quiet twin")  # fmt: skip
def _(r: Record) -> Measured:
    return store_loss(r).sum()


@outcome("max_store_loss", "yuan", "loss of the store that lost most")
def _(r: Record) -> Measured:
    return store_loss(r).max(initial=0.0)


@outcome("top5_store_loss", "yuan", "mean loss of the five stores that lost most")
def _(r: Record) -> Measured:
    return np.sort(store_loss(r))[-5:].mean()


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
def _(r: Record) -> Measured:
    return (r.ad_refund + r.compensation).sum()


@outcome("cum_ad_refund", "yuan", "part of the compensation: refunds of ad clicks")
def _(r: Record) -> Measured:
    return r.ad_refund.sum()


def sales_lost(r: Record) -> F64:
    """Sales each store lost (yuan) against its twin."""
    n = r.first
    out: F64 = ((r.orders_twin[:, :n] - r.orders[:, :n]) * r.price[:n]).sum(axis=0)
    return out


@outcome("top5_store_sales_lost", "yuan", "mean sales lost by the five stores that lost most sales")
def _(r: Record) -> Measured:
    return np.sort(sales_lost(r))[-5:].mean()


@outcome("cum_store_sales_lost", "yuan", "sales lost by big stores")
def _(r: Record) -> Measured:
    return sales_lost(r).sum()


def ad_loss(r: Record) -> F64:
    """Money each store paid for false clicks (yuan), before refunds."""
    out: F64 = r.actions[:, :, Tactic.CLICK].sum(axis=0) * r.click_cost
    return out


@outcome(
    "max_store_ad_loss",
    "yuan",
    "largest amount that one store paid for false clicks, before refunds",
)
def _(r: Record) -> Measured:
    return ad_loss(r).max(initial=0.0)


@outcome("median_store_ad_loss", "yuan", "median amount paid for false clicks by stores with at least 1,000 of them in a day, before refunds", null="no store had such a day")  # fmt: skip
def _(r: Record) -> Measured:
    hit = (by_day(r.actions[:, :, Tactic.CLICK]) >= HIT).any(axis=0)
    return np.median(ad_loss(r)[hit]) if hit.any() else None


@outcome("hit_day_sales_share", "share", "honest sales as a share of those in the quiet twin, median of store-days with at least 1,000 false actions", null="no store had such a day")  # fmt: skip
def _(r: Record) -> Measured:
    n = r.first
    hit = by_day(no_clicks(r)) >= HIT
    twin = by_day(r.orders_twin[:, :n])
    hit &= twin > 0
    return np.median(by_day(r.orders[:, :n])[hit] / twin[hit]) if hit.any() else None
