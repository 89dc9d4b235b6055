"""Runs that are held beside a facts table: how long they are, and what is read off them."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from sim.lab.execution.tasks import Done, Task
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.expressions import evaluate, parse
from sim.outcomes.facts import Fact
from sim.outcomes.outcomes import Need
from sim.running.loop import Loop
from sim.running.shoppers import need_of
from sim.scenario.scenario import Scenario

type Readings = dict[str, float | None]
"""The value of every fact that has an expression, by its id."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Plans runs for a facts table, and reads them.

    A run goes on beyond its horizon if a fact names a later hour. What names no hour, as an
    outcome by itself, is read at the horizon, renewal included.

    Attributes
    ----------
    table
        The facts.
    horizon
        Hours of the scenario.
    """

    table: tuple[Fact, ...]
    horizon: int

    @property
    def hours(self) -> int:
        """How long a run is."""
        return max([self.horizon, *(parse(f.outcome).stop for f in self.table if f.outcome)])

    @property
    def need(self) -> Need:
        """What a run must have for all facts."""
        return need_of(f.outcome for f in self.table if f.outcome)

    @property
    def asked(self) -> list[object]:
        """What is read, in plain values."""
        return [self.horizon, [[fact.id, fact.outcome] for fact in self.table]]

    def task(self, key: str, world: Scenario, seed: int, ties: Callable[[Scenario], str | None]) -> Task:  # fmt: skip
        """Return the run of a world and a seed."""
        longer = world.replace(hours=self.hours)
        extract = functools.partial(read, self.table)
        return Task(key, longer, seed, ("online",), extract, ties(longer), self.horizon, self.need)

    def values(self, done: Done) -> Readings:
        """Return what a finished run says."""
        row = done.row or {}
        found = {f.id: parse(f.outcome) for f in self.table if f.outcome}
        return {
            fact: row.get(e.name) if e.kind == "outcome" else done.extra[fact]
            for fact, e in found.items()
        }


def read(table: tuple[Fact, ...], loop: Loop) -> Readings:
    """Read the value of every fact that has an expression off a finished run."""
    closed = ClosedRecord.of(loop.record)
    return {fact.id: evaluate(fact.outcome, closed) for fact in table if fact.outcome}
