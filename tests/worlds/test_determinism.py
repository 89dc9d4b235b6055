"""The same scenario and seed give the same bytes, however and wherever they are run."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.agents.agents import Seller, Store
from sim.core.chance import LARGEST_SEED
from sim.core.units import BesiegeError, Stance
from sim.io import parquet
from sim.running.model import Siege
from sim.running.run import result_of, run
from sim.scenario.scenario import Scenario
from tests.small_worlds import begun, finished, finished_result, first_difference, small_scenario

HOURS = 84
TABLES = ("hours", "stores", "rivals", "sellers")

FRESH = """
import sys
from pathlib import Path
from sim import run
from sim.io import parquet
from sim.scenario.scenario import Scenario
folder = Path(sys.argv[1])
result = run(Scenario.load(folder / "scenario.toml"), seed=4)
for name in ("hours", "stores", "rivals", "sellers"):
    parquet.write(getattr(result, name), folder / sys.argv[2] / f"{name}.parquet")
"""


def assert_equal(one, other):
    assert first_difference(one.record, other.record) == []
    assert one.outcomes == other.outcomes
    for table in TABLES:
        assert getattr(result_of(one), table).equals(getattr(result_of(other), table))


# The command's own test starts a second process, with yet other settings.
def test_a_fresh_process_with_other_threads_and_hash_seed_writes_the_same_bytes(tmp_path):
    scenario = small_scenario(hours=HOURS)
    (tmp_path / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    threads = {f"{library}_NUM_THREADS": "2" for library in ("NUMBA", "OMP", "OPENBLAS")}
    (tmp_path / "there").mkdir()
    at_work = subprocess.Popen(
        [sys.executable, "-c", FRESH, str(tmp_path), "there"],
        env={**os.environ, **threads, "PYTHONHASHSEED": "77"}, cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    result = run(scenario, seed=4)
    for name in TABLES:
        parquet.write(getattr(result, name), tmp_path / f"{name}.parquet")
    _out, error = at_work.communicate()
    assert at_work.returncode == 0, error
    for name in TABLES:
        written = (tmp_path / "there" / f"{name}.parquet").read_bytes()
        assert written == (tmp_path / f"{name}.parquet").read_bytes(), name
        assert len(parquet.read(tmp_path / f"{name}.parquet")) > 0


INTERPRETED = """
import sys
import warnings
from pathlib import Path
warnings.simplefilter("error")
from sim.io import parquet
from tests.small_worlds import begun
siege = begun(1, hours=56, scale=0.002, population__n_consumers=200_000, population__n_stores=20,
              channel__quorum=1000.0).run()
assert siege.outcomes["cum_actions"] > 0
parquet.write(siege.hours, Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_small_world_that_is_not_compiled_writes_the_same_bytes(tmp_path):
    for off in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", INTERPRETED, str(tmp_path / f"{off}.parquet")],
            env={**os.environ, "NUMBA_DISABLE_JIT": off}, cwd=Path(__file__).parents[2],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    compiled, interpreted = (parquet.read(tmp_path / f"{off}.parquet") for off in ("0", "1"))
    differing = [c for c in compiled if not compiled[c].equals(interpreted[c])]
    assert differing == []
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()


def test_a_scenario_that_is_saved_and_reloaded_runs_the_same(tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(small_scenario(hours=HOURS).to_toml(), encoding="utf-8")
    again = Scenario.load(path)
    assert again.fingerprint == small_scenario(hours=HOURS).fingerprint
    assert_equal(Siege(again, seed=1).run(), finished(hours=HOURS))


COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda s: pickle.loads(pickle.dumps(s))}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("at", [0, 60])
def test_a_copy_made_on_the_way_ends_as_the_run_that_was_never_copied(copied, at):
    first = begun(hours=HOURS)
    if at:
        first.run_for(at)
    second = copied(first)
    assert_equal(second.run(), finished(hours=HOURS))
    assert len(first.hours) == at
    assert_equal(first.run(), finished(hours=HOURS))


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_the_agents_of_a_copy_belong_to_the_copy_and_not_to_the_first(copied):
    first = begun(hours=HOURS)
    first.run_for(50)
    some = first.sellers.where(first.sellers.threshold > 1.4)
    second = copied(first)
    for table in (second.sellers, second.onlookers, second.consumers, second.stores):
        assert table.model is second
        assert table[0].model is second
    assert second.agents_by_type[Seller] is second.sellers
    assert second.agents_by_type[Store] is second.stores
    assert second.platform.model is second
    assert {id(a.model) for a in second.agents} == {id(second)}
    second.sellers[7].threshold = 99.0
    second.stores[3].close()
    assert first.sellers[7].threshold < 99
    assert first.stores[3].listed
    assert second.sellers[7] != first.sellers[7]
    assert second.sellers[7] not in first.sellers
    assert len(copied(some)) == len(some)


def test_two_sieges_in_one_process_do_not_touch_each_other():
    calm, loud = begun(1, hours=HOURS), begun(2, hours=HOURS)
    for _ in range(HOURS):
        calm.step()
        loud.step()
    assert_equal(calm, finished(1, hours=HOURS))
    assert_equal(loud, finished(2, hours=HOURS))


def test_hour_by_hour_and_all_at_once_are_the_same_run():
    by_step, in_parts, at_once = (begun(hours=HOURS) for _ in range(3))
    for _ in range(HOURS):
        by_step.step()
    for part in (1, 30, 3, HOURS - 34):
        in_parts.run_for(part)
    at_once.run_for(HOURS)
    for siege in (by_step, in_parts, at_once):
        assert_equal(siege, finished(hours=HOURS))
        assert siege.running is False


def test_looking_at_a_siege_on_the_way_does_not_change_it():
    siege = begun(hours=HOURS)
    while siege.running:
        siege.step()
        if siege.world.hour % 20 == 0:
            siege.sellers.select(lambda s: s.grievance > 0.2)
            siege.sellers.shuffle()
            siege.outcomes  # noqa: B018
            siege.networks()
            siege.watch(siege.sellers[siege.world.hour])
            siege.organisers.why()
            siege.random.random()
            siege.rng.random()
    assert_equal(siege, finished(hours=HOURS))


def test_after_its_horizon_a_siege_stands_still():
    siege = begun(hours=30).run()
    before = siege.hours
    siege.step()
    siege.run_for(5)
    siege.run()
    assert siege.hours.equals(before)
    assert_equal(siege, finished(hours=30))


def test_a_shorter_horizon_is_the_beginning_of_a_longer_one():
    short, long = finished(hours=HOURS), finished()
    assert first_difference(short.record, long.record, HOURS) == []


def test_another_seed_gives_another_world_and_another_run():
    first, second = finished(1, hours=HOURS), finished(2, hours=HOURS)
    assert not np.array_equal(first.sellers.turnover, second.sellers.turnover)
    assert not np.array_equal(first.stores.price, second.stores.price)
    assert not np.array_equal(first.world.graph.neighbours, second.world.graph.neighbours)
    assert not first.hours.equals(second.hours)


EDGES = [0, 1, 2**32 - 1, 2**32, 2**63, LARGEST_SEED]


def test_seeds_at_the_edges_of_their_range_are_seeds_like_any_other():
    turnover = [tuple(begun(seed, hours=1).sellers.turnover) for seed in EDGES]
    assert len(set(turnover)) == len(EDGES)
    for seed in (0, LARGEST_SEED):
        first, second = begun(seed, hours=50).run(), begun(seed, hours=50).run()
        assert_equal(first, second)
        assert first.seed == seed
        assert first.hours.n_onlookers_in.max() > 0


def test_a_seed_of_zero_is_not_taken_for_none():
    assert Siege("small", seed=0).seed == 0
    assert Siege("small", rng=0).seed == 0
    with pytest.raises(BesiegeError, match="rng: given 5 and seed 0"):
        Siege("small", seed=0, rng=5)
    assert run("small", seed=0, hours=2).seed == 0


def test_a_siege_without_a_seed_draws_one_and_keeps_it():
    first, second = Siege("small", hours=3), Siege("small", hours=3)
    assert first.seed != second.seed
    again = Siege("small", seed=first.seed, hours=3)
    assert_equal(first.run(), again.run())


BAD = [-1, 2**64, 1.0, 1.5, float("nan"), "1", True, b"1", (1,), np.float64(3)]


@pytest.mark.parametrize("seed", BAD, ids=repr)
def test_a_seed_that_is_no_whole_number_in_range_is_refused(seed):
    with pytest.raises(BesiegeError, match=r"seed: given .*allowed a whole number from 0 to"):
        Siege("small", seed=seed)
    with pytest.raises(BesiegeError, match="seed: given"):
        run("small", seed=seed)


@pytest.mark.parametrize("seed", [np.int64(5), np.uint64(5), np.uint8(5)], ids=repr)
def test_a_numpy_whole_number_is_a_seed_too(seed):
    assert Siege("small", seed=seed).seed == 5
    assert (
        Siege("small", seed=seed).sellers.turnover.tolist()
        == Siege("small", seed=5).sellers.turnover.tolist()
    )


def test_a_run_leaves_the_generators_of_numpy_and_python_alone():
    import random

    np.random.seed(3)  # noqa: NPY002 - the global generator is what the test is about
    random.seed(3)
    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    begun(hours=50).run()
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # noqa: NPY002


def test_equal_runs_have_equal_results_and_tables():
    one, other = run(small_scenario(hours=HOURS), seed=1), finished_result(hours=HOURS)
    assert one.outcomes == other.outcomes
    for table in TABLES:
        assert getattr(one, table).equals(getattr(other, table))
    assert {Stance[name] for name in one.sellers.stance} <= set(Stance)
