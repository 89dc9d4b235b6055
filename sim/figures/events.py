"""What happened in a run, by hour, as the story tells it and the picture marks it."""

from typing import NamedTuple

import numpy as np

from sim.core.calendar import HOURS_A_DAY, day_of
from sim.core.units import F64, Phase
from sim.outcomes.record import Record
from sim.responses import Measure
from sim.scenario.scenario import Scenario


class Event(NamedTuple):
    """Something that happened at an hour."""

    hour: int
    kind: str  # announcement, attack, promise, or a measure's kind
    label: str  # two or three words, for a picture
    past_tense: str  # for a sentence whose subject is who did it


class Ultimatum(NamedTuple):
    """A truce and what came of it."""

    begins: int
    deadline: int  # as last put off
    prolonged: bool
    ends: int | None  # hour of the next phase, if it came
    then: Phase


def events_of(record: Record, scenario: Scenario) -> list[Event]:
    """List what happened in a run, by hour: announcement, first attack, measures, promises."""
    events = []
    if scenario.announced is not None:
        events.append(Event(scenario.announced, "announcement", "fees announced", ""))
    first = first_attack(record)
    if first is not None:
        events.append(Event(first, "attack", "first attack", ""))
        for rival in scenario.rivals:
            if rival.promise_after is not None:
                label = f"{rival.name} freezes fee"
                events.append(Event(first + rival.promise_after, "promise", label, rival.name))
    for measure, hour in begun(record, scenario):
        if hour is not None:
            events.append(Event(hour, measure.kind, measure.label, measure.past_tense))
    return sorted((e for e in events if e.hour < record.hours), key=lambda e: e.hour)


def first_attack(record: Record) -> int | None:
    """Return the first hour with false actions, if there is one."""
    acted = record.actions[: record.hours].any(axis=(1, 2))
    return int(acted.argmax()) if acted.any() else None


def begun(record: Record, scenario: Scenario) -> list[tuple[Measure, int | None]]:
    """Return for each measure of the response the hour it began in, ``None`` if it never did."""
    hours = (record.begun.get(m, record.hours) for m in range(len(scenario.response.measures)))
    return [
        (measure, hour if hour < record.hours else None)
        for measure, hour in zip(scenario.response.measures, hours, strict=True)
    ]


def ultimatums_of(record: Record, scenario: Scenario) -> list[Ultimatum]:
    """Return the truces of a run with their ultimatums, in order."""
    phase = record.series["phase"][: record.hours]
    resting = np.concatenate([[False], phase == Phase.TRUCE, [False]])
    begins = np.flatnonzero(~resting[:-1] & resting[1:])
    ends = np.flatnonzero(resting[:-1] & ~resting[1:])
    return [
        _ultimatum(int(begin), int(end), phase, scenario.channel.truce_days)
        for begin, end in zip(begins, ends, strict=True)
    ]


def _ultimatum(begins: int, ends: int, phase: F64, days: int) -> Ultimatum:
    named = (day_of(begins) + days) * HOURS_A_DAY
    deadline = named
    while deadline < ends:
        deadline += HOURS_A_DAY
    is_over = ends < phase.size
    then = Phase(int(phase[ends])) if is_over else Phase.TRUCE
    return Ultimatum(begins, deadline, deadline > named, ends if is_over else None, then)
