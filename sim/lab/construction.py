"""Which facts of a table cannot fail: told by worlds drawn from the priors alone.

A fact that a model meets whatever its parameters are says nothing about the model. It is found
beside: in worlds drawn from every parameter's prior (the ensemble ``wide``), few and small.
"""

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.core.caches import user_cache
from sim.core.units import F64
from sim.lab.design.draws import draws_of
from sim.lab.execution.pool import run_many
from sim.lab.readings import Reader, Readings
from sim.lab.storage.kept import Progress, identity_of
from sim.outcomes.facts import Fact
from sim.scenario.saved import TiesAtFirst
from sim.scenario.scenario import Scenario
from sim.setup.graph import OWN

MEMBERS = 40
SCALE = 0.01
"""Their scale at most: what matters is whether a value moves, not what it is."""
SEED = 1
SAME_VALUE = 1e-9
"""Difference up to which two values are one; of their size, where that is above 1."""
SHARE_SAME = 0.95
"""Share of the runs with one value from which a fact holds by construction."""


@dataclass(frozen=True, slots=True)
class Construction:
    """What the priors say about a facts table.

    Attributes
    ----------
    members, scale
        The worlds: how many, at which scale.
    by_construction
        Ids of facts whose outcome has one value, to 1e-9, in at least 95 % of the worlds in which
        it exists, and exists in two or more.
    """

    members: int
    scale: float
    by_construction: frozenset[str]


class PriorRuns:
    """The worlds drawn from the priors: runs to be done, or their values as kept from before.

    Parameters
    ----------
    scenario
        As given; what its user has set stays.
    reader
        What is read off them.
    """

    def __init__(self, scenario: Scenario, reader: Reader) -> None:
        fits = scenario.graph.family in OWN  # an edge list is that of one size
        world = scenario.replace(scale=scenario.scale if fits else min(scenario.scale, SCALE))
        ties = TiesAtFirst()
        draws = draws_of("wide", world, MEMBERS, SEED)
        self._reader, self.scale = reader, world.scale
        self._tasks = [
            reader.task(str(k), world.replace({**draw, "hours": reader.horizon}), SEED + k, ties)
            for k, draw in enumerate(draws)
        ]
        home = user_cache()
        name = f"{identity_of(self._tasks, reader.asked)}.json"
        self._file = None if home is None else home / "facts" / name
        self._kept = None if self._file is None else _read_kept(self._file, reader.table)

    def __len__(self) -> int:
        """Return how many runs there are to be done."""
        return 0 if self._kept is not None else len(self._tasks)

    def judge(self, workers: int, progress: Progress) -> Construction:
        """Do the runs that are not kept, keep what they say, and judge the facts by it.

        Parameters
        ----------
        workers
            Processes; 1 runs here.
        progress
            Called after each run with the number done and the number in all.
        """
        rows = self._kept
        if rows is None:
            found = {}
            for n, done in enumerate(run_many(self._tasks, workers=workers), 1):
                if done.failure is None:
                    found[int(done.key)] = self._reader.values(done)
                progress(n, len(self._tasks))
            rows = [found[k] for k in sorted(found)]
            if self._file is not None and len(rows) == len(self._tasks):
                _keep(rows, self._file)
        facts = [fact for fact in self._reader.table if fact.outcome]
        constant = [f.id for f in facts if is_constant(_numbers(rows, f.id))]
        return Construction(len(self._tasks), self.scale, frozenset(constant))


def is_constant(values: F64) -> bool:
    """Return whether values, those that exist, are one in at least 95 % of the cases."""
    if values.size < 2:
        return False
    near = SAME_VALUE * np.maximum(1.0, np.abs(values))
    alike = (np.abs(values[:, None] - values) <= near).sum(axis=1)
    return bool(alike.max() >= SHARE_SAME * values.size)


def _numbers(rows: Sequence[Readings], fact: str) -> F64:
    return np.array([v for row in rows if (v := row[fact]) is not None], np.float64)


def _read_kept(file: Path, table: Sequence[Fact]) -> list[Readings] | None:
    """Return kept values; None where there are none, or no whole ones."""
    try:
        rows: list[Readings] = json.loads(file.read_text(encoding="utf-8"))
        asked = {fact.id for fact in table if fact.outcome}
        is_whole = len(rows) == MEMBERS and all(set(row) == asked for row in rows)
        is_plain = all(v is None or type(v) is float for row in rows for v in row.values())
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return rows if is_whole and is_plain else None


def _keep(rows: list[Readings], file: Path) -> None:
    """Write values; a cache that takes none is no reason to fail."""
    half = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps(rows), encoding="utf-8")
        half.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
