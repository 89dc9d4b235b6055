"""Worlds that nobody uses any more do not pile up."""

import gc
import weakref

import pytest

from sim.running import run

resource = pytest.importorskip("resource")


def test_a_finished_run_leaves_its_tables_and_not_its_world(monkeypatch):
    worlds = []
    kept = run.result_of
    monkeypatch.setattr(
        run,
        "result_of",
        lambda s, *more: (worlds.append(weakref.ref(s.world.crowd.utility)), kept(s, *more))[1],
    )
    gc.disable()
    try:
        result = run.run("small", seed=1, hours=5)
        assert worlds[0]() is None
    finally:
        gc.enable()
    assert len(result.hours) == 5


def test_worlds_run_one_after_the_other_are_gone_without_the_collector():
    gc.disable()
    try:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for seed in range(3):
            run.run("small", seed=seed, hours=5)
        settled = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for seed in range(40):
            run.run("small", seed=seed, hours=5)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - settled
    finally:
        gc.enable()
    assert before <= settled
    assert grown < 20_000  # KiB; one world takes about 10,000
