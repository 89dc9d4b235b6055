"""Outcomes of the crowd: how many came, when they attacked and when they stopped."""

import numpy as np

from sim.core.units import CALLED, F64, Bool, Phase
from sim.outcomes.closed import DAY, ClosedRecord, by_day
from sim.outcomes.registry import Measured
from sim.outcomes.registry import outcome_of_the_siege as outcome


@outcome("peak_online", "people", "largest number of people online at the same time")
def _(r: ClosedRecord) -> Measured:
    return r.series["online"].max(initial=0.0)


def _hour_of_peak(r: ClosedRecord) -> int:
    online = r.series["online"]
    return int(online.argmax()) if online.max(initial=0.0) > 0 else -1


@outcome(
    "hour_peak_online",
    "hour",
    "hour at which most people were online",
    null="nobody was ever online",
)
def _(r: ClosedRecord) -> Measured:
    return _hour_of_peak(r) if _hour_of_peak(r) >= 0 else None


@outcome("n_sellers_at_peak", "people", "sellers among the people online at the peak", null="nobody was ever online")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    hour = _hour_of_peak(r)
    return r.series["online_sellers"][hour] if hour >= 0 else None


@outcome("share_sellers_at_peak", "share", "share of sellers among the people online at the peak", null="nobody was ever online")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    hour = _hour_of_peak(r)
    return r.series["online_sellers"][hour] / r.series["online"][hour] if hour >= 0 else None


@outcome("cum_attackers", "people", "people who carried out at least one false action")
def _(r: ClosedRecord) -> Measured:
    return r.series["new_attackers"].sum()


def _false_actions(r: ClosedRecord) -> F64:
    total: F64 = r.actions_by_store.sum(axis=1)
    return total


@outcome("hour_first_attack", "hour", "first hour with false actions", null="there was no attack")
def _(r: ClosedRecord) -> Measured:
    return _first(_false_actions(r) > 0)


def _first(condition: Bool) -> Measured:
    return float(condition.argmax()) if condition.any() else None


@outcome("hour_truce", "hour", "first hour in phase TRUCE", null="there was no truce")
def _(r: ClosedRecord) -> Measured:
    return _first(r.series["phase"] == Phase.TRUCE)


@outcome("hour_truce_again", "hour", "hour at which a truce was first prolonged, or called again", null="no truce was prolonged or called again")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return float(r.pause_again) if 0 <= r.pause_again < r.hours else None


@outcome("hour_other_target", "hour", "first hour in phase DIVERT, the call to another target than the stores", null="there was no such call")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return _first(r.series["phase"] == Phase.DIVERT)


@outcome("hours_attack", "hours", "hours in phase ATTACK, ESCALATE or DIVERT")
def _(r: ClosedRecord) -> Measured:
    phase = r.series["phase"]
    called: Bool = np.isin(phase, CALLED)
    return called.sum()


@outcome("hours_truce", "hours", "hours in phase TRUCE")
def _(r: ClosedRecord) -> Measured:
    resting: Bool = r.series["phase"] == Phase.TRUCE
    return resting.sum()


LITTLE = 0.05
"""Share of the busiest day's false actions below which a day is quiet."""


@outcome(
    "hour_end",
    "hour",
    "first midnight after the last calendar day with at least 5 % of the busiest day's false actions",
    null="nobody acted, or no whole day had passed since the last such day",
)
def _(r: ClosedRecord) -> Measured:
    # By what is done and not by who is online: a core stays for weeks after it has stopped acting.
    daily = by_day(_false_actions(r))
    top = daily.max(initial=0.0)
    if top == 0.0:
        return None
    ended = int(np.flatnonzero(daily >= LITTLE * top)[-1]) + 1
    return float(DAY * ended) if r.hours >= DAY * (ended + 1) else None
