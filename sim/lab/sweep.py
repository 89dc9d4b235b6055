"""A sweep: every run of a specification once, kept in a folder, whatever happens on the way."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.units import BesiegeError
from sim.lab.design.listing import Planned, find_run, largest_of, runs_of
from sim.lab.design.points import count_points
from sim.lab.design.spec import Plan, load
from sim.lab.execution.clusters import connect
from sim.lab.execution.pool import Source, Task, require_memory, run_many
from sim.lab.execution.progress import ProgressBar
from sim.lab.storage.store import SweepFolder
from sim.lab.storage.writer import Writer
from sim.running.run import RunResult, run
from sim.scenario.calls import said_in_words
from sim.scenario.saved import TiesAtFirst

type Specification = str | Path | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sweep did."""

    asked: int  # runs of the specification, of this shard
    before: int  # of them, there already
    done: int
    failed: int  # in the folder
    set_aside: tuple[Path, ...] = ()  # where damaged files went

    def to_dict(self) -> dict[str, int]:
        """Return it in plain values."""
        return {"runs": self.asked, "before": self.before, "done": self.done, "failed": self.failed}


@said_in_words
def sweep(
    spec: Specification,
    out: str | Path | None = None,
    *,
    workers: int = 2,
    executor: Source | None = None,
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    retry: bool = False,
    repair: bool = False,
    quiet: bool = False,
) -> pd.DataFrame:
    """Do every run of a specification that is not in the folder yet.

    Parameters
    ----------
    spec
        A TOML file, or the same as a dict; in a dict, a response may be a `Response` and a
        scenario a `Scenario`.
    out
        The folder; without one the runs are kept nowhere but in what is returned.
    workers
        Processes on this machine; 1 runs in this one.
    executor
        Any `concurrent.futures.Executor`, or what makes one, to run them instead.
    scheduler
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``, to run them instead.
    shard
        ``(i, n)``: the i-th of n parts of the runs, for a job array; i counts from 1.
    retry
        Whether runs that failed before are done again.
    repair
        Whether damaged parts are moved to ``damaged`` in the folder, and their runs done again.
    quiet
        Whether to show no progress.

    Returns
    -------
    pandas.DataFrame
        One row a run in the folder: key, factors, seed, outcomes. The same whatever the order,
        the workers or the shards.

    Raises
    ------
    BesiegeError
        For a specification or a folder that is not allowed.

    Examples
    --------
    >>> import sim
    >>> spec = {"name": "fees", "scenario": "small", "constants": {"scale": 0.001, "hours": 24}}
    >>> spec |= {"runs": 1, "factors": {"fees.new.standard": [6000, 30000]}}
    >>> table = sim.sweep(spec, workers=1, quiet=True)
    >>> table["fees.new.standard"].tolist()
    [6000.0, 30000.0]
    """
    plan = load(spec)
    spec_name = None if isinstance(spec, Mapping) else str(spec)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="besiege-") as folder:
            carry_out(plan, folder, workers=workers, executor=executor, scheduler=scheduler,
                      shard=shard, quiet=quiet, spec_name=spec_name)  # fmt: skip
            return SweepFolder(folder).runs
    carry_out(plan, out, workers=workers, executor=executor, scheduler=scheduler, shard=shard,
              retry=retry, repair=repair, quiet=quiet, spec_name=spec_name)  # fmt: skip
    return SweepFolder(out).runs


def carry_out(
    plan: Plan,
    out: str | Path,
    *,
    workers: int = 2,
    executor: Source | None = None,
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    retry: bool = False,
    repair: bool = False,
    quiet: bool = False,
    spec_name: str | None = None,
    command: str = "",
) -> Summary:
    """Do the runs of a plan that are not in a folder yet; see `sweep`."""
    check_shard(shard)
    if workers < 1:
        raise BesiegeError(f"--workers: given {workers}, allowed a whole number of at least 1")
    with connect(scheduler, executor, workers) as (slots, source):
        writer = Writer(plan, out, shard, command or f"sim.sweep(spec, out={str(out)!r})", spec_name,
                        retry=retry, repair=repair)  # fmt: skip
        try:
            return _do_what_is_left(plan, writer, shard, slots, source, quiet=quiet)
        finally:
            writer.close()


def _do_what_is_left(
    plan: Plan, writer: Writer, shard: tuple[int, int] | None, slots: Any, source: Source | None,
    *, quiet: bool,
) -> Summary:  # fmt: skip
    if source is None:
        require_memory(largest_of(plan), slots)
    total = -(-count_runs(plan) // (shard[1] if shard else 1))
    flying: dict[str, Planned] = {}
    ties = TiesAtFirst()
    with ProgressBar(plan.spec.name, total, show=not quiet) as progress:

        def tasks() -> Iterator[Task]:
            for planned in _of_shard(plan, shard, writer.stale):
                if planned.key in writer.done:
                    progress.pass_by()
                else:
                    flying[planned.key] = planned
                    yield Task(
                        planned.key, planned.scenario, planned.seed, plan.spec.keep.hours,
                        ties=ties(planned.scenario), need=plan.need,
                    )  # fmt: skip

        try:
            for done in run_many(
                tasks(), workers=slots, executor=source, total=total, own=plan.own
            ):
                writer.add(flying.pop(done.key), done)
                progress.add(failed=done.failure is not None)
        finally:  # interrupted or not, what is finished is kept
            writer.flush()
    writer.forget_failures(writer.stale)
    failed = len(SweepFolder(writer.folder).failed)
    asked = progress.before + progress.done
    return Summary(asked, progress.before, progress.done, failed, tuple(writer.set_aside))


def _of_shard(plan: Plan, shard: tuple[int, int] | None, stale: set[str]) -> Iterator[Planned]:
    """Return the runs of a shard; what any shard asks for is not stale."""
    for i, planned in enumerate(runs_of(plan)):
        stale.discard(planned.key)
        if shard is None or i % shard[1] == shard[0] - 1:
            yield planned


def check_shard(shard: tuple[int, int] | None) -> None:
    """Refuse a shard that is none.

    Raises
    ------
    BesiegeError
        If it is not (i, n) with i of 1 to n.
    """
    if shard is not None and not 1 <= shard[0] <= shard[1]:
        raise BesiegeError(f"--shard: given {shard[0]}/{shard[1]}, allowed i/n with i from 1 to n")


def count_runs(plan: Plan) -> int:
    """Return how many runs a plan asks for; equal points are counted as often as they are."""
    return count_points(plan) * plan.spec.runs


def repeat(spec: Specification, key: str) -> RunResult:
    """Do one run of a specification again, as the tables' column ``repeat`` asks for.

    Raises
    ------
    BesiegeError
        If it has no such run.
    """
    plan = load(spec)
    planned = find_run(plan, key)
    return run(planned.scenario, planned.seed, own=plan.own)
