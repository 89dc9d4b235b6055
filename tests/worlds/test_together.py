"""Runs that share a world up to their response: byte for byte as if each had run by itself."""

import hashlib
import os
import time
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest

from sim import Scenario, sweep
from sim.lab.execution import pool, together
from sim.lab.execution.pool import run_many
from sim.lab.execution.tasks import Task, execute
from sim.lab.execution.together import execute_together, groups_of
from sim.outcomes.outcomes import Outcome
from sim.responses import Measure, Response, Trigger
from sim.running import memory
from sim.running.loop import Loop
from sim.scenario.library import load_response, response_list

HOURS = 72
WORLD = Scenario.load("taobao-2011").replace(
    {"scale": 0.003, "population.n_consumers": 100_000, "hours": HOURS, "channel.quorum": 100.0}
)
"""A protest that begins with the assembly of the first evening."""
LIBRARY = [name for name, _ in response_list()]


def refunds(**trigger):
    told = {"kind": "refund-clicks", "trigger": Trigger(**trigger), "delay": 1}
    return Response(name=str(trigger), measures=(told,))


BEGUN = [
    refunds(hour=0), refunds(hour=1), refunds(hour=HOURS - 1), refunds(hour=HOURS), refunds(),
    refunds(online_above=300.0), refunds(after_deadline=1), refunds(any=({"hour": 30}, {"after_ultimatum": 0})),
    Response(name="weak", measures=({"kind": "statement", "trigger": {"hour": 3}, "strength": 0.0},)),
    Response(name="two", measures=(
        {"kind": "open-talks", "trigger": {"hour": 12}, "lasts": 4},
        {"kind": "close-channel", "trigger": {"hours_after_first_attack": 0}},
    )),
]  # fmt: skip


def told(thing, digest):
    """Hash every array and number of a world or record."""
    if isinstance(thing, np.ndarray):
        digest.update(thing.tobytes())
    elif is_dataclass(thing):
        for f in fields(thing):
            if f.name not in {"scenario", "graph", "sellers_graph"}:
                told(getattr(thing, f.name), digest)
    elif isinstance(thing, dict):
        for name, value in thing.items():
            digest.update(repr(name).encode())
            told(value, digest)
    elif isinstance(thing, (list, tuple)):
        for value in thing:
            told(value, digest)
    elif isinstance(thing, (set, frozenset)):
        digest.update(repr(sorted(thing)).encode())
    else:
        digest.update(repr(thing).encode())


def everything(loop):
    digest = hashlib.sha256()
    told(loop.world, digest)
    told(loop.record, digest)
    return loop.scenario.response.name, digest.hexdigest()


def tasks_of(responses, seed=1, world=WORLD, extract=everything):
    loaded = [r if isinstance(r, Response) else load_response(r) for r in responses]
    return [
        Task(f"{seed}/{n}", world.replace(response=r), seed, ("online",), extract)
        for n, r in enumerate(loaded)
    ]


def plain(done):
    hours = {name: values.tobytes() for name, values in done.hours.items()}
    return done.key, done.row, done.failure, hours, done.extra


@pytest.fixture
def begun(monkeypatch):
    """Count the worlds that are founded."""
    founded = []
    begin = Loop.begin.__func__

    def counted(cls, scenario, seed, **more):
        founded.append(scenario.response.name)
        return begin(cls, scenario, seed, **more)

    monkeypatch.setattr(Loop, "begin", classmethod(counted))
    return founded


@pytest.mark.parametrize("responses", [LIBRARY, BEGUN], ids=["library", "triggers"])
@pytest.mark.parametrize("seed", [1, 7])
def test_runs_that_share_their_first_hours_give_what_each_gives_by_itself(responses, seed, begun):
    tasks = tuple(tasks_of(responses, seed))
    found = {done.key: plain(done) for done in execute_together(tasks)}
    assert begun == ["silence"]
    assert found == {task.key: plain(execute(task)) for task in tasks}
    assert len({extra for *_, extra in found.values()}) == len(tasks)
    assert all(failure is None for _, _, failure, *_ in found.values())


@pytest.mark.parametrize("workers", [1, 2])
def test_many_runs_give_the_same_together_and_apart_whatever_the_workers(workers):
    tasks = [task for seed in (1, 2) for task in tasks_of(["silence", *BEGUN[:3]], seed)]
    found = {done.key: plain(done) for done in run_many(tasks, workers=workers)}
    assert found == {task.key: plain(execute(task)) for task in tasks}


def test_tasks_are_grouped_by_world_and_seed_and_in_no_larger_groups_than_allowed():
    other = WORLD.replace(scale=0.004)
    tasks = [
        task
        for seed in (1, 2)
        for world in (WORLD, other)
        for task in tasks_of(LIBRARY[:5], seed, world)
    ]
    groups = list(groups_of(iter(tasks), most=5))
    assert [len(group) for group in groups] == [5] * 4
    for group in groups:
        assert len({(task.seed, task.scenario.scale) for task in group}) == 1
        assert len({task.scenario.response.name for task in group}) == 5
    assert sorted(len(group) for group in groups_of(tasks, most=3)) == [2] * 4 + [3] * 4
    assert {len(group) for group in groups_of(tasks, most=1)} == {1}
    alike = [task for seed in range(9) for task in tasks_of(["protect"], seed)]
    assert [*groups_of(alike, most=5)] == [(task,) for task in alike]


class Remembers(Measure):
    """A measure that keeps something between hours."""

    def orders(self, view):
        raise AssertionError("not reached")


class Counts(Trigger):
    """A trigger that changes what it is asked about later."""


OWN = [
    Response(name="own measure", measures=(Remembers(trigger=Trigger()),)),
    Response(name="own trigger", measures=({"kind": "statement", "trigger": Counts()},)),
    Response(name="own trigger within", measures=({"kind": "statement", "trigger": Trigger(any=(Counts(),))},)),
]  # fmt: skip


@pytest.mark.parametrize("response", OWN, ids=lambda response: response.name)
def test_a_response_with_a_part_of_a_users_own_runs_by_itself(response):
    assert not response.is_of_the_library()
    groups = list(groups_of(tasks_of(["silence", response, "protect", response]), most=9))
    assert sorted(len(group) for group in groups) == [1, 1, 2]


def test_a_branch_that_fails_costs_no_other():
    def fail(loop):
        if loop.scenario.response.name == "protect":
            raise ValueError("as the test wants it")
        return everything(loop)

    tasks = tuple(tasks_of(LIBRARY, extract=fail))
    found = {done.key: done for done in execute_together(tasks)}
    failed = [done.key for done in found.values() if done.failure is not None]
    assert failed == [task.key for task in tasks if task.scenario.response.name == "protect"]
    assert {k: plain(d) for k, d in found.items()} == {t.key: plain(execute(t)) for t in tasks}


def test_where_what_is_shared_fails_each_is_run_by_itself(monkeypatch, begun):
    tasks = tuple(tasks_of(["silence", "protect", BEGUN[0]]))

    def full(loop, scenario):
        if loop.world.hour > 0:
            raise MemoryError
        return branch(loop, scenario)

    branch = Loop.branch
    monkeypatch.setattr(Loop, "branch", full)
    found = {done.key: plain(done) for done in execute_together(tasks)}
    assert begun == ["silence", "silence", "protect"]
    assert found == {task.key: plain(execute(task)) for task in tasks}


def test_a_world_that_cannot_be_founded_fails_in_every_run_of_it():
    wrong = WORLD.replace({"graph.family": "file", "graph.path": "nowhere.csv"})
    found = list(execute_together(tuple(tasks_of(["silence", "protect"], world=wrong))))
    assert [done.failure.stage for done in found] == ["setup", "setup"]


def test_where_memory_is_short_worlds_are_not_copied(monkeypatch, begun):
    monkeypatch.setattr(memory, "available", lambda: 60e6)
    monkeypatch.setattr(memory, "estimate", lambda _: 40e6)
    assert len(list(execute_together(tuple(tasks_of(["silence", "protect"]))))) == 2
    assert begun == ["silence", "protect"]


def test_the_times_of_runs_that_share_a_world_add_up_to_what_they_took():
    began = time.perf_counter()
    found = list(execute_together(tuple(tasks_of(LIBRARY))))
    whole = time.perf_counter() - began
    assert sum(done.timing.wall_seconds for done in found) == pytest.approx(whole, rel=0.1)


def test_an_outcome_of_ones_own_that_fails_in_one_response_fails_there_alone():
    def work_out(record):
        if record.begun:
            raise ValueError("something began")
        return 1.0

    own = {"mine": Outcome("mine", "1", "of mine", work_out)}
    found = {
        done.key: done for done in execute_together(tuple(tasks_of(["silence", BEGUN[0]])), own)
    }
    assert found["1/0"].row["mine"] == 1.0
    assert found["1/1"].failure.stage == "outcomes"


def die(loop):
    if loop.scenario.response.name == "protect":
        os._exit(7)
    return loop.scenario.response.name


@pytest.mark.slow
def test_a_worker_that_dies_in_one_response_loses_that_one_alone():
    tasks = [task for seed in (1, 2) for task in tasks_of(LIBRARY, seed, extract=die)]
    found = {done.key: done for done in run_many(tasks, workers=2)}
    assert len(found) == len(tasks)
    lost = {key for key, done in found.items() if done.failure is not None}
    assert lost == {t.key for t in tasks if t.scenario.response.name == "protect"}


def test_a_sweep_over_responses_founds_each_world_once_and_gives_the_same_table(begun, monkeypatch):
    spec = {
        "scenario": "small", "constants": {"hours": 30}, "runs": 3,
        "factors": {"response": ["silence", "protect", BEGUN[0]], "fees.new.standard": [6000, 60000]},
        "keep": {"hours": ["online"]},
    }  # fmt: skip
    shared, n = sweep(spec, workers=1, quiet=True).drop(columns="repeat"), len(begun)
    assert n == 6
    monkeypatch.setattr(pool, "LONGEST_GROUP", 1)
    apart = sweep(spec, workers=1, quiet=True).drop(columns="repeat")
    assert len(begun) - n == 18
    pd.testing.assert_frame_equal(shared, apart, check_exact=True)


def test_few_worlds_are_parted_so_that_every_worker_has_something_to_do():
    assert pool._largest_group(8, 1) == pool.LONGEST_GROUP
    assert pool._largest_group(8, 2) == 2
    assert pool._largest_group(320, 2) == pool.LONGEST_GROUP
    assert together.WINDOW >= pool.LONGEST_GROUP
