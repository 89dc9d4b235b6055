"""Outcomes of the attack: false actions, and the stores that they hit."""

import numpy as np

from sim.core.units import F64, Bool, Tactic
from sim.outcomes.record import Record
from sim.outcomes.registry import Measured, outcome

DAY = 24
ATTACKED = 100.0
"""False actions in a day from which a store counts as attacked."""


@outcome("cum_actions", "actions", "false actions of all tactics")
def _(r: Record) -> Measured:
    return r.actions.sum()


def _enter_tactic(tactic: Tactic, name: str, label: str) -> None:
    outcome(name, "actions", label)(lambda r: r.actions[:, :, tactic].sum())


_enter_tactic(Tactic.PURCHASE, "cum_purchases", "false purchases")
_enter_tactic(Tactic.BAD_REVIEW, "cum_bad_reviews", "bad reviews")
_enter_tactic(Tactic.REFUSAL, "cum_refusals", "refused cash-on-delivery orders")
_enter_tactic(Tactic.CLICK, "cum_clicks", "false ad clicks")


def by_day(values: F64) -> F64:
    """Sum an array by hour into calendar days, the last one as far as it goes."""
    days = -(-values.shape[0] // DAY)
    padded = np.zeros((days * DAY, *values.shape[1:]))
    padded[: values.shape[0]] = values
    out: F64 = padded.reshape(days, DAY, *values.shape[1:]).sum(axis=1)
    return out


def attacked(r: Record) -> Bool:
    """Return which stores had a day of at least 100 false actions."""
    out: Bool = (by_day(r.actions.sum(axis=2)) >= ATTACKED).any(axis=0)
    return out


def no_clicks(r: Record) -> F64:
    """Return false purchases, refusals and bad reviews by hour and store."""
    out: F64 = r.actions.sum(axis=2) - r.actions[:, :, Tactic.CLICK]
    return out


@outcome("n_stores_attacked", "stores", "stores with a day of at least 100 false actions")
def _(r: Record) -> Measured:
    return attacked(r).sum()


@outcome("n_stores_disrupted", "stores", "stores that took goods off sale or suspended cash on delivery, attacked or not")  # fmt: skip
def _(r: Record) -> Measured:
    return (r.delisted | r.cod_off).any(axis=0).sum()


@outcome("n_stores_delisted", "stores", "stores that took goods off sale")
def _(r: Record) -> Measured:
    return r.delisted.any(axis=0).sum()


@outcome("share_attacked_delisted", "share", "share of attacked stores that took goods off sale", null="no store was attacked")  # fmt: skip
def _(r: Record) -> Measured:
    hit = attacked(r)
    return r.delisted.any(axis=0)[hit].mean() if hit.any() else None


@outcome("max_store_day_actions", "actions", "most false purchases, refusals and bad reviews suffered by one store in one calendar day")  # fmt: skip
def _(r: Record) -> Measured:
    return by_day(no_clicks(r)).max(initial=0.0)


@outcome(
    "cum_blocked",
    "actions",
    "attempted actions that failed because the store had taken its goods off sale",
)
def _(r: Record) -> Measured:
    return r.series["new_blocked"].sum()
