"""Outcomes of the crowd: how many came, when they attacked and when they stopped."""

import numpy as np

from sim.core.units import F64, Bool, Phase
from sim.outcomes.closed import ClosedRecord
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
    return r.actions.sum(axis=(1, 2))


@outcome("hour_first_attack", "hour", "first hour with false actions", null="there was no attack")
def _(r: ClosedRecord) -> Measured:
    return _first(_false_actions(r) > 0)


def _first(condition: Bool) -> Measured:
    return float(condition.argmax()) if condition.any() else None


@outcome("hour_truce", "hour", "first hour in phase TRUCE", null="there was no truce")
def _(r: ClosedRecord) -> Measured:
    return _first(r.series["phase"] == Phase.TRUCE)


@outcome("hours_attack", "hours", "hours in phase ATTACK or ESCALATE")
def _(r: ClosedRecord) -> Measured:
    phase = r.series["phase"]
    called: Bool = (phase == Phase.ATTACK) | (phase == Phase.ESCALATE)
    return called.sum()


@outcome("hours_truce", "hours", "hours in phase TRUCE")
def _(r: ClosedRecord) -> Measured:
    resting: Bool = r.series["phase"] == Phase.TRUCE
    return resting.sum()


@outcome("hour_end", "hour", "hour from which on the crowd stays below 5 % of its peak", null="nobody was ever online, or the crowd had not fallen that far by the last hour")  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    online = r.series["online"]
    top = online.max(initial=0.0)
    if top == 0.0:
        return None
    last = int(np.flatnonzero(online >= 0.05 * top)[-1])
    return last + 1 if last + 1 < r.hours else None
