"""Many runs by many workers, over any executor of `concurrent.futures`.

Work goes out in chunks that take about a second each, by the time that runs were measured to
take. What a worker did not live to finish is done again, alone if need be.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import cloudpickle

from sim.core.units import BesiegeError
from sim.lab.execution.carried import pack_outcomes, unpack_outcomes
from sim.lab.execution.tasks import Done, Failure, Task, Timing, not_sent, worker_lost
from sim.lab.execution.together import Group, execute_together, groups_of
from sim.outcomes.outcomes import Outcome, own_outcomes
from sim.running import memory
from sim.running.run import ProgressCallback
from sim.scenario.scenario import Scenario
from sim.version import MODEL_VERSION

__all__ = ["Done", "Failure", "Task", "Timing", "run_many"]

CHUNK_SECONDS = 1.0
"""How long a chunk of work should take."""
LONGEST_CHUNK = 256
LONGEST_GROUP = 32
"""Runs that share a world and are done one after the other."""
STRIKES = 2
"""Workers that a run may lose in company before it runs alone; alone, one is enough."""
ONE_THREAD = {
    name: "1"
    for name in (
        "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    )
}  # fmt: skip
"""The environment of a worker: the cores are used by the sweep."""

type Source = Executor | Callable[[], Executor]
"""An executor, or what makes one, again when it is broken."""


def run_many(
    tasks: Iterable[Task],
    *,
    workers: int | Callable[[], int] = 2,
    executor: Source | None = None,
    progress: ProgressCallback | None = None,
    total: int | None = None,
    own: Mapping[str, Outcome] | None = None,
) -> Iterator[Done]:
    """Do tasks and give each as it comes, in no order.

    A run that fails is a `Done` with a failure; it ends nothing. Tasks are drawn from the
    iterable as they are needed and results are not kept, so memory stays flat.

    Parameters
    ----------
    tasks
        What to run; draw them lazily if they are many.
    workers
        Processes; 1 runs them here. With an executor, how many runs it does at a time, or
        what tells it.
    executor
        Who runs them, instead of loky's processes here. Give what makes one if it shall be
        made anew when it breaks.
    progress
        Called with the number done and the number in all.
    total
        The number in all, where the tasks have no length.
    own
        Outcomes to measure besides the package's; those of this session if not given.

    Yields
    ------
    Done
        Each task once.

    Raises
    ------
    BesiegeError
        If an executor is broken and cannot be made anew, its workers have another version of
        the model, or an outcome of one's own cannot be sent to them.
    """
    own = own_outcomes() if own is None else own
    if total is None:
        total = len(tasks) if isinstance(tasks, Sized) else 0
    if executor is None and isinstance(tasks, Sequence) and tasks:
        require_memory([task.scenario for task in tasks], workers)
    n_workers = workers if isinstance(workers, int) else workers()
    groups = groups_of(tasks, most=_largest_group(total, n_workers))
    if executor is None and workers == 1:
        results: Iterator[Done] = chain.from_iterable(
            map(partial(execute_together, own=own), groups)
        )
    else:
        results = _Pool(groups, workers, executor, total, pack_outcomes(own)).run()
    for n, done in enumerate(results, 1):
        if progress is not None:
            progress(n, max(n, total))
        yield done


def _largest_group(total: int, workers: int) -> int:
    """Return how many runs may be done together, so that all workers are done at about one time."""
    if workers == 1 or total < 1:
        return LONGEST_GROUP
    return min(LONGEST_GROUP, -(-total // (2 * workers)))


def require_memory(scenarios: Iterable[Scenario], workers: int | Callable[[], int]) -> None:
    """Refuse runs of which as many as there are workers here would not fit into its memory.

    Raises
    ------
    BesiegeError
        If the largest do not.
    """
    n = workers if isinstance(workers, int) else workers()
    memory.require(max(scenarios, key=memory.estimate), n, in_workers=n > 1)


def _loky(workers: int | Callable[[], int]) -> Callable[[], Executor]:
    def make() -> Executor:
        import loky

        # Kept for the next sweep of the same session: a worker's imports take seconds.
        executor: Executor = loky.get_reusable_executor(
            max_workers=workers if isinstance(workers, int) else workers(),
            timeout=300, initializer=_settle_in, env=ONE_THREAD,
        )  # fmt: skip
        return executor

    return make


def _settle_in() -> None:
    """Prepare a worker of loky's.

    Ctrl-C, which a terminal sends to every process, is left to the one that keeps results; and
    when that one is gone, however it ended, so is the worker.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(2.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_chunk(packed: bytes, version: int, own: bytes = b"") -> list[Done]:
    """Do a chunk of tasks in a worker.

    Tasks, and outcomes of one's own, come as bytes of cloudpickle, so that any executor carries
    what was defined in a notebook or a script.

    Raises
    ------
    BesiegeError
        If the worker has another version of the model, or not what the outcomes need.
    """
    if version != MODEL_VERSION:
        raise BesiegeError(
            f"worker: has model version {MODEL_VERSION}, allowed version {version}, as on this machine"
        )
    outcomes = unpack_outcomes(own)
    groups: list[Group] = cloudpickle.loads(packed)
    return [done for group in groups for done in execute_together(group, outcomes)]


@dataclass(slots=True)
class _Job:
    """Tasks on their way that share a world."""

    tasks: Group
    strikes: int = 0  # workers lost while it was with them

    def apart(self) -> "list[_Job]":
        """Return each of its tasks as a job of its own."""
        return [_Job((task,), self.strikes) for task in self.tasks]


class _Pool:
    """Keeps an executor busy."""

    def __init__(
        self,
        groups: Iterator[Group],
        workers: int | Callable[[], int],
        source: Source | None,
        total: int,
        own: bytes,
    ) -> None:
        self._groups = groups
        self._own = own
        self._left = total  # not yet sent; below 1 if nobody knows
        self._workers = workers
        self._is_ours = source is None
        self._source: Source = _loky(workers) if source is None else source
        self._executor: Executor | None = None
        self._flying: dict[Future[list[Done]], list[_Job]] = {}
        self._again: deque[_Job] = deque()
        self._suspects: deque[_Job] = deque()
        self._seconds = 0.0  # a run's, as measured of late
        self._exhausted = False
        self._unsent: list[Done] = []  # failures of tasks that cannot be sent

    def run(self) -> Iterator[Done]:
        """Return results as they come."""
        try:
            self._fill()
            while self._flying:
                yield from self._refused()
                ready, _ = wait(self._flying, return_when=FIRST_COMPLETED)
                results = [done for future in ready for done in self._collect(future)]
                self._fill()  # before anybody looks at the results: no worker waits for that
                yield from results
            yield from self._refused()
        except KeyboardInterrupt:
            for future in [f for f in self._flying if f.done()]:
                yield from self._collect(future)
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        """Take back what has not begun; loky's own workers, if still at work, are ended."""
        for future in self._flying:
            future.cancel()
        busy = any(not f.done() for f in self._flying)
        if busy and self._is_ours and self._executor is not None:
            _end(self._executor)
        self._flying.clear()

    def _slots(self) -> int:
        return max(1, self._workers if isinstance(self._workers, int) else self._workers())

    def _chunk_size(self) -> int:
        if self._seconds <= 0.0:
            return 1
        size = min(LONGEST_CHUNK, round(CHUNK_SECONDS / self._seconds))
        if self._left > 0:  # so that all workers are done at about the same time
            size = min(size, -(-self._left // (2 * self._slots())))
        return max(1, size)

    def _fill(self) -> None:
        """Send work out: two chunks a worker, suspects only when nothing else flies."""
        limit = 2 * self._slots()
        while len(self._flying) < limit and not self._alone():
            jobs = self._next_chunk()
            if not jobs:
                break
            self._send(jobs)
        if not self._flying and self._suspects:
            self._send([self._suspects.popleft()])

    def _alone(self) -> bool:
        return any(jobs[0].strikes >= STRIKES for jobs in self._flying.values())

    def _next_chunk(self) -> list[_Job]:
        if self._again:
            return [self._again.popleft()]
        size = self._chunk_size()
        jobs: list[_Job] = []
        while size > 0 and not self._exhausted:
            group = next(self._groups, None)
            if group is None:
                self._exhausted = True
            else:
                jobs.append(_Job(group))
                size -= len(group)
                self._left -= len(group)
        return jobs

    def _send(self, jobs: list[_Job]) -> None:
        try:
            packed = cloudpickle.dumps([job.tasks for job in jobs])
        except Exception as error:  # a measure may hold what no other process can
            self._send_apart(jobs, error)
            return
        try:
            future = self._current().submit(run_chunk, packed, MODEL_VERSION, self._own)
        except RuntimeError as error:  # broken or shut down: BrokenExecutor is one
            self._renew(error)
            future = self._current().submit(run_chunk, packed, MODEL_VERSION, self._own)
        self._flying[future] = jobs

    def _send_apart(self, jobs: list[_Job], error: Exception) -> None:
        """Send each task by itself, so that one that cannot be sent costs no other."""
        apart = [one for job in jobs for one in job.apart()]
        if len(apart) == 1:
            self._unsent.append(not_sent(apart[0].tasks[0], error))
            return
        for job in apart:
            self._send([job])

    def _refused(self) -> list[Done]:
        refused, self._unsent = self._unsent, []
        return refused

    def _current(self) -> Executor:
        if self._executor is None:
            source = self._source
            self._executor = source if isinstance(source, Executor) else source()
        return self._executor

    def _renew(self, error: BaseException) -> None:
        if isinstance(self._source, Executor):
            raise BesiegeError(
                f"executor: given one that is broken ({error}), allowed one that accepts work, "
                "or a function that makes one; finished runs are kept"
            ) from error
        self._executor = None

    def _collect(self, future: Future[list[Done]]) -> list[Done]:
        """Take a chunk's results; if its worker was lost, put its tasks back."""
        jobs = self._flying.pop(future)
        error: BaseException | None
        try:
            results = future.result()
        except (KeyboardInterrupt, BesiegeError):
            raise
        except BaseException as lost:  # a cancelled future is no Exception everywhere
            error = lost
        else:
            self._learn(results)
            return results
        return list(chain.from_iterable(self._put_back(job, error) for job in jobs))

    def _put_back(self, job: _Job, error: BaseException) -> list[Done]:
        if job.strikes >= STRIKES:  # it ran alone
            return [worker_lost(job.tasks[0], error)]
        job.strikes += 1
        (self._suspects if job.strikes >= STRIKES else self._again).extend(job.apart())
        return []

    def _learn(self, results: list[Done]) -> None:
        if not results:
            return
        mean = sum(d.timing.wall_seconds for d in results) / len(results)
        # The first run of a process loads its kernels; half of what is new forgets it soon.
        self._seconds = mean if self._seconds <= 0.0 else 0.5 * (self._seconds + mean)


def _end(executor: Any) -> None:
    """End loky's workers; others' executors are theirs."""
    executor.shutdown(wait=False, kill_workers=True)
