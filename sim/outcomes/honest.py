"""Outcomes of the response for people: honest ones hit by mistake, sellers punished and called."""

from sim.outcomes.closed import ClosedRecord
from sim.outcomes.registry import Measured, outcome


@outcome(
    "share_honest_hit",
    "share",
    "share of honest orders, reviews and clicks reversed or blocked by mistake while a measure looked for false ones",
    null="no measure examined anything",
)
def _(r: ClosedRecord) -> Measured:
    honest = r.series["new_honest"].sum()
    return r.series["new_honest_hit"].sum() / honest if honest > 0 else None


@outcome("n_honest_accounts_hit", "people", "shoppers who had an honest order stopped by mistake")
def _(r: ClosedRecord) -> Measured:
    return r.series["new_accounts_hit"].sum()


@outcome("n_sellers_punished", "people", "sellers fined by the platform", needs="siege")
def _(r: ClosedRecord) -> Measured:
    return r.series["new_punished"].sum()


@outcome(
    "n_honest_sellers_punished",
    "people",
    "sellers fined by the platform who had attacked nobody",
    needs="siege",
)
def _(r: ClosedRecord) -> Measured:
    return r.series["new_punished_honest"].sum()


@outcome("n_sellers_called", "people", "sellers called by the platform", needs="siege")
def _(r: ClosedRecord) -> Measured:
    return r.series["new_calls"].sum()
