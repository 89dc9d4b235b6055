"""Worlds that nobody uses any more do not pile up."""

import gc
import weakref

from sim.running import run
from sim.running.model import MOST_BYTES, Siege


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


def test_worlds_made_one_after_the_other_are_cleared_in_time():
    gc.collect()
    gc.disable()
    try:
        made = []
        for seed in range(12):
            siege = Siege("small", seed=seed)
            made.append(weakref.ref(siege))
            size = siege.world.nbytes
            del siege
        alive = sum(ref() is not None for ref in made)
    finally:
        gc.enable()
    assert size * 12 > MOST_BYTES
    assert (alive - 1) * size <= MOST_BYTES
