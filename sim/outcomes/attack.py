"""Outcomes of the attack: false actions, and the stores that they hit."""

import numpy as np

from sim.core.units import Tactic
from sim.outcomes.closed import DAY, ClosedRecord
from sim.outcomes.registry import Measured
from sim.outcomes.registry import outcome_of_the_siege as outcome


@outcome("cum_actions", "actions", "false actions of all tactics")
def _(r: ClosedRecord) -> Measured:
    return r.actions.sum()


def _enter_tactic(tactic: Tactic, name: str, label: str) -> None:
    outcome(name, "actions", label)(lambda r: r.actions[:, :, tactic].sum())


_enter_tactic(Tactic.PURCHASE, "cum_purchases", "false purchases")
_enter_tactic(Tactic.BAD_REVIEW, "cum_bad_reviews", "bad reviews")
_enter_tactic(Tactic.REFUSAL, "cum_refusals", "refused cash-on-delivery orders")
_enter_tactic(Tactic.CLICK, "cum_clicks", "false ad clicks")


@outcome("n_stores_attacked", "stores", "stores with a day of at least 100 false actions")
def _(r: ClosedRecord) -> Measured:
    return r.attacked.sum()


@outcome("n_stores_disrupted", "stores", "stores that took goods off sale or suspended cash on delivery, attacked or not")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return (r.delisted | r.cod_off).any(axis=0).sum()


@outcome("n_stores_delisted", "stores", "stores that took goods off sale")
def _(r: ClosedRecord) -> Measured:
    return r.delisted.any(axis=0).sum()


@outcome("share_attacked_delisted", "share", "share of attacked stores that took goods off sale", null="no store was attacked")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.delisted.any(axis=0)[r.attacked].mean() if r.attacked.any() else None


@outcome("max_store_day_actions", "actions", "most false purchases, refusals and bad reviews suffered by one store in one calendar day")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.day_actions.max(initial=0.0)


@outcome("max_same_store_actions", "actions", "most false purchases and bad reviews suffered by the same store within 24 hours")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    # As the trade press of 2011-10-15 counts them: no refusals, no clicks, and not by calendar day.
    both = r.actions[:, :, Tactic.PURCHASE] + r.actions[:, :, Tactic.BAD_REVIEW]
    so_far = np.concatenate([np.zeros((DAY, r.first)), both.cumsum(axis=0)])
    return float((so_far[DAY:] - so_far[:-DAY]).max(initial=0.0))


@outcome(
    "cum_blocked",
    "actions",
    "attempted actions that failed because the store had taken its goods off sale",
)
def _(r: ClosedRecord) -> Measured:
    return r.series["new_blocked"].sum()
