"""The same scenario and seed give the same bytes, wherever and however they run."""

import copy
import os
import pickle
import subprocess
import sys

import pytest

from sim import parquet, runs, tables
from sim.model import Siege
from sim.scenario import Scenario
from sim.units import BesiegeError

SMALL = {"scale": 0.01, "hours": 120}

WRITE_HOURS = """
import sys
from pathlib import Path
from sim import parquet, runs
result = runs.run(sys.argv[1], seed=int(sys.argv[2]), scale=0.01, hours=120)
parquet.write(result.hours, Path(sys.argv[3]))
"""


def hours_bytes(folder, scenario="taobao-2011", seed=1):
    result = runs.run(scenario, seed=seed, **SMALL)
    parquet.write(result.hours, folder / "hours.parquet")
    return (folder / "hours.parquet").read_bytes()


@pytest.mark.parametrize("threads", ["1", "4"])
def test_another_process_with_other_threads_writes_the_same_bytes(tmp_path, threads):
    out = tmp_path / "other.parquet"
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    there = {**os.environ, **dict.fromkeys(names, threads), "PYTHONHASHSEED": threads}
    command = [sys.executable, "-c", WRITE_HOURS, "taobao-2011", "1", str(out)]
    subprocess.run(command, check=True, env=there)
    assert out.read_bytes() == hours_bytes(tmp_path)


def test_a_scenario_that_was_saved_and_read_again_writes_the_same_bytes(tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(Scenario.load("taobao-2011").to_toml())
    assert hours_bytes(tmp_path, str(path)) == hours_bytes(tmp_path)


def test_steps_one_by_one_and_all_at_once_are_the_same_run():
    one, all_ = Siege("taobao-2011", seed=1, **SMALL), Siege("taobao-2011", seed=1, **SMALL)
    while one.running:
        one.step()
    all_.run_for(120)
    assert one.hours.equals(all_.hours)
    assert one.outcomes == all_.outcomes


def test_two_worlds_in_one_process_share_nothing():
    alone = Siege("taobao-2011", seed=1, **SMALL).run()
    one, two = Siege("taobao-2011", seed=1, **SMALL), Siege("taobao-2011", seed=2, **SMALL)
    while one.running:
        two.step()
        one.step()
    assert one.hours.equals(alone.hours)
    assert not two.hours.equals(alone.hours)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_made_half_way_ends_as_the_first_does(copied):
    first = Siege("taobao-2011", seed=1, **SMALL)
    first.run_for(60)
    second = copied(first)
    first.run()
    assert not second.hours.equals(first.hours)
    second.run()
    assert second.hours.equals(first.hours)
    assert second.outcomes == first.outcomes
    for table in (tables.stores_of, tables.rivals_of, tables.sellers_of):
        assert table(second.world, second.record).equals(table(first.world, first.record))


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_the_smallest_and_the_largest_seed_are_seeds_like_others(seed):
    siege = Siege("taobao-2011", seed=seed, scale=0.001, hours=24).run()
    assert siege.seed == seed
    assert siege.hours.equals(Siege("taobao-2011", seed=seed, scale=0.001, hours=24).run().hours)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1", True])
def test_what_is_no_seed_is_refused_with_a_word(seed):
    with pytest.raises(BesiegeError, match="seed: given"):
        runs.run("small", seed=seed)
