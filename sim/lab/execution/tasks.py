"""One run of many: what is asked of a worker, and what it brings home."""

import os
import platform
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.core.quoting import quote
from sim.core.units import F64, BesiegeError
from sim.outcomes.outcomes import Need, Outcome, measure
from sim.running.loop import STAGES, Loop, Stage
from sim.running.shoppers import ShoppersMatterError, stages_needed
from sim.scenario.saved import told_ties
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Task:
    """A run to be done.

    Attributes
    ----------
    key
        What tells it from every other run of the same call.
    keep_hours
        Names of hourly series to bring home.
    extract
        What else to bring home: called with the finished `Loop`; what it gives must pickle.
    ties
        What told the ties of its edge list when the runs were planned; None without one.
    horizon
        Hours after which its outcomes are measured, renewal included, if it runs on from there
        for what ``extract`` and ``keep_hours`` ask; None for its last hour.
    need
        What it must have; for the siege alone shoppers are left out where they decide nothing,
        and outcomes that need them are not measured.
    """

    key: str
    scenario: Scenario
    seed: int
    keep_hours: tuple[str, ...] = ()
    extract: Callable[[Loop], Any] | None = None
    ties: str | None = None
    horizon: int | None = None
    need: Need = "shoppers"

    def check_ties(self) -> None:
        """Refuse an edge list that has changed since the runs were planned.

        Raises
        ------
        BesiegeError
            If it holds other ties now, or cannot be read any more.
        """
        if self.ties is not None and told_ties(self.scenario) != self.ties:
            raise BesiegeError(
                f"graph.path: {quote(self.scenario.graph.path)} has changed since the runs were "
                "planned, allowed the ties of then"
            )

    def begin(self, stages: tuple[Stage, ...] | None = None) -> Loop:
        """Return the loop of its world at hour 0; of the stages it needs, if none are given."""
        self.check_ties()
        asked = stages or stages_needed(self.need, self.scenario.stores)
        return Loop.begin(self.scenario, self.seed, stages=asked)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run gave nothing.

    Attributes
    ----------
    stage
        Stage of the hour in which it failed; ``setup`` before the first hour, ``outcomes``
        after the last, ``worker`` when the process that ran it ended.
    hour
        Hour in which it failed, -1 before the first.
    error
        The error's kind and words.
    where
        File and line that raised it.
    """

    stage: str
    hour: int
    error: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """What may differ between equal runs."""

    wall_seconds: float
    host: str
    worker: int  # process number
    finished: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is done: ``row`` has its outcomes by name, or ``failure`` says why not."""

    key: str
    row: dict[str, float | None] | None
    failure: Failure | None
    timing: Timing
    hours: dict[str, F64] = field(default_factory=dict)
    extra: Any = None


def execute(task: Task, own: Mapping[str, Outcome] | None = None) -> Done:
    """Run a task to its end; whatever it raises becomes a failure.

    Parameters
    ----------
    task
        What to run.
    own
        Outcomes to measure besides the package's; those of this session if not given.
    """
    return carry_out(task, task.begin, own, time.perf_counter())


def carry_out(
    task: Task, begin: Callable[[], Loop], own: Mapping[str, Outcome] | None, since: float
) -> Done:
    """Run a task to its end from where a loop begins; whatever it raises becomes a failure.

    Parameters
    ----------
    task
        What to run.
    begin
        Makes the loop.
    own
        As for `execute`.
    since
        From when its time counts (s, of `time.perf_counter`).
    """
    row, failure, hours, extra = None, None, {}, None
    loop: Loop | None = None
    try:
        loop = begin()
        try:
            row, loop = _run(task, loop, own)
        except ShoppersMatterError:
            row, loop = _run(task, task.begin(STAGES), own)
        record = loop.record
        hours = {name: record.series[name] for name in task.keep_hours}
        extra = task.extract(loop) if task.extract is not None else None
    except (Exception, SystemExit) as error:
        row, hours, failure = None, {}, _failure_of(error, loop)
    return Done(task.key, row, failure, _timing(time.perf_counter() - since), hours, extra)


def _run(
    task: Task, loop: Loop, own: Mapping[str, Outcome] | None
) -> tuple[dict[str, float | None], Loop]:
    """Run a loop to its end, and measure it at the task's horizon."""
    row: dict[str, float | None] | None = None
    if task.horizon is not None and task.horizon < task.scenario.hours:
        row = measure(loop.run(task.horizon - 1).record_at_renewal, own, task.need)
    loop.run()
    return measure(loop.record, own, task.need) if row is None else row, loop


def worker_lost(task: Task, error: BaseException | None) -> Done:
    """Return the failure of a run that its worker did not survive."""
    said = f"{type(error).__name__}: {error}" if error is not None else "no message"
    return _not_run(task, f"the worker process ended during the run ({_one_line(said)})")


def not_sent(task: Task, error: Exception) -> Done:
    """Return the failure of a run that cannot be sent to a worker."""
    said = _one_line(f"{type(error).__name__}: {error}")
    return _not_run(
        task,
        f"the run cannot be sent to a worker ({said}); with one worker it runs in this process",
    )


def _not_run(task: Task, said: str) -> Done:
    return Done(task.key, None, Failure("worker", -1, said), _timing(0.0))


def _timing(seconds: float) -> Timing:
    return Timing(seconds, platform.node(), os.getpid(), time.time())


def _failure_of(error: BaseException, loop: Loop | None) -> Failure:
    if loop is None:
        stage, hour = "setup", -1
    else:
        stage, hour = loop.stage.name if loop.stage else "outcomes", loop.world.hour
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename}:{frame.lineno} in {frame.name}"
    return Failure(stage, hour, f"{type(error).__name__}: {_one_line(str(error))}", where)


def _one_line(text: str, longest: int = 500) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else words[: longest - 1] + "…"
