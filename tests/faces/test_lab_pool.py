"""The pool: every task once, whatever becomes of workers."""

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from sim.core.units import BesiegeError
from sim.lab.execution import pool
from sim.lab.execution.pool import Task, run_many
from sim.lab.execution.progress import ProgressBar
from sim.outcomes.outcomes import OUTCOMES
from sim.responses import Response, Statement, Trigger
from sim.scenario.scenario import Scenario

TINY = Scenario.load("small").replace(hours=30, scale=0.002)


def tasks(n, scenario=TINY):
    return [Task(f"t{i}", scenario, i, ("online",)) for i in range(n)]


def rows(results):
    return {d.key: (d.row, d.failure and d.failure.error) for d in results}


def with_measure(kind):
    return TINY.replace(
        response=Response(name="own", measures=(kind(trigger=Trigger(hour=12)),)),
    )


class Raises(Statement):
    def orders(self, view):
        raise ValueError(f"not in\nhour {view.hour}")


def test_one_worker_runs_here_and_gives_every_outcome_and_the_series_asked_for():
    seen = []
    done = list(run_many(tasks(3), workers=1, progress=lambda n, of: seen.append((n, of))))
    assert [d.key for d in done] == ["t0", "t1", "t2"]
    assert set(done[0].row) == set(OUTCOMES)
    assert done[0].hours["online"].shape == (30,)
    assert done[0].timing.worker == os.getpid()
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_more_workers_give_the_same_rows_as_one():
    assert rows(run_many(tasks(9), workers=2)) == rows(run_many(tasks(9), workers=1))


def test_any_executor_will_do_and_stays_open():
    with ThreadPoolExecutor(1) as threads:
        found = rows(run_many(iter(tasks(4)), workers=1, executor=threads))
        assert threads.submit(len, "ab").result() == 2
    assert found == rows(run_many(tasks(4), workers=1))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_measure_that_raises_is_a_failure_with_stage_and_hour(workers):
    asked = [*tasks(3), Task("bad", with_measure(Raises), 1)]
    done = {d.key: d for d in run_many(asked, workers=workers)}
    failure = done["bad"].failure
    assert (failure.stage, failure.hour) == ("respond", 12)
    assert failure.error == "ValueError: not in hour 12"
    assert "in orders" in failure.where
    assert done["bad"].row is None
    assert all(done[f"t{i}"].failure is None for i in range(3))


def test_a_run_that_cannot_begin_fails_in_its_setup():
    (done,) = run_many([Task("t", TINY, -1)], workers=1)
    assert (done.failure.stage, done.failure.hour) == ("setup", -1)
    assert done.failure.error.startswith("BesiegeError: seed: given -1")


@pytest.mark.slow
def test_a_run_that_kills_its_worker_every_time_is_a_failure_and_all_others_are_done():
    class Kills(Statement):
        def orders(self, view):
            os.kill(os.getpid(), signal.SIGKILL)

    asked = [*tasks(4), Task("kills", with_measure(Kills), 1), *tasks(8)[4:]]
    done = {d.key: d for d in run_many(asked, workers=2)}
    assert done["kills"].failure.stage == "worker"
    assert sorted(k for k, d in done.items() if d.failure is None) == [f"t{i}" for i in range(8)]


def test_what_else_is_asked_for_comes_home():
    task = Task("t", TINY, 1, extract=lambda loop: loop.record.hours)
    assert [d.extra for d in run_many([task], workers=1)] == [30]


def test_an_executor_that_is_closed_is_refused_with_a_word():
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(BesiegeError, match="executor: given one that is broken"):
        list(run_many(tasks(1), executor=closed))


@pytest.mark.slow
def test_a_plain_process_pool_is_made_anew_when_its_worker_is_lost(tmp_path):
    mark = tmp_path / "once"

    class KillsOnce(Statement):
        def orders(self, view):
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().orders(view)

    asked = [*tasks(2), Task("once", with_measure(KillsOnce), 1)]
    done = list(run_many(asked, workers=1, executor=lambda: ProcessPoolExecutor(1)))
    assert sorted(d.key for d in done) == ["once", "t0", "t1"]
    assert [d.failure for d in done] == [None] * 3


def test_a_worker_with_another_version_of_the_model_is_refused(monkeypatch):
    real = pool.run_chunk
    monkeypatch.setattr(
        pool, "run_chunk", lambda packed, version, own: real(packed, version + 1, own)
    )
    with ThreadPoolExecutor(1) as threads, pytest.raises(BesiegeError, match="worker: has model"):
        list(run_many(tasks(1), executor=threads))


def test_a_plain_line_tells_rate_failures_and_time_left():
    progress = ProgressBar("fees", 100, show=False)
    assert progress.line(0.0) == "fees: 0 of 100 runs"
    for _ in range(10):
        progress.pass_by()
    for i in range(11):
        progress.add(failed=i == 3)
    assert progress.line(5.0) == "fees: 21 of 100 runs, 1 failed, 2 per second, 40 s left"


def test_a_measure_that_cannot_leave_its_process_fails_alone_and_says_so():
    lock = threading.Lock()

    class Locked(Statement):
        def orders(self, view):
            with lock:
                return super().orders(view)

    asked = [*tasks(3), Task("locked", with_measure(Locked), 1)]
    done = {d.key: d for d in run_many(asked, workers=2)}
    assert "cannot be sent to a worker" in done["locked"].failure.error
    assert [done[f"t{i}"].failure for i in range(3)] == [None] * 3
