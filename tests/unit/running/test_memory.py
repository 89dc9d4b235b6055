"""Worlds that do not fit are refused before they begin, in one line that says what would."""

import json
import subprocess
import sys

import pytest

import sim
from sim.core.units import BesiegeError
from sim.lab.design.listing import largest_of
from sim.lab.design.spec import load
from sim.running import memory
from sim.scenario.scenario import Scenario

WHOLE = Scenario.load("taobao-2011").replace(scale=1)
MEASURE = """
import json, sys
from sim.running import memory
from sim.running.model import Siege
from sim.scenario.scenario import Scenario

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))

Siege("small", seed=1, scale=0.001, hours=30).run().outcomes
before, scenario = peak(), Scenario.load("taobao-2011").replace(json.loads(sys.argv[1]))
Siege(scenario, seed=1).run().outcomes
print(json.dumps([memory.estimate(scenario), peak() - before]))
"""


@pytest.fixture
def free(monkeypatch):
    def set_to(size):
        monkeypatch.setattr(memory, "available", lambda: size)

    return set_to


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    "changes",
    [
        {"scale": 0.1},
        {"scale": 0.5, "hours": 48},
        {"scale": 1.0},
        {"scale": 0.2, "hours": 48, "graph.mean_degree": 40},
        {"scale": 0.2, "hours": 48, "graph.family": "random"},
        {"scale": 0.1, "hours": 1500, "population.n_stores": 1000},
    ],
)
def test_the_estimate_is_no_less_than_what_a_run_takes_and_not_much_more(changes):
    command = [sys.executable, "-c", MEASURE, json.dumps(changes)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    estimated, taken = json.loads(ended.stdout)
    assert 0.95 * taken <= estimated <= 1.35 * taken + 15e6


def test_a_world_that_does_not_fit_is_refused_with_its_size_and_a_scale_that_fits(free):
    free(100e6)
    with pytest.raises(BesiegeError, match=r"scale: given 1, .* 2\d\d MB .* 100 MB is free; allowed a scale of at most 0\.2"):  # fmt: skip
        sim.Siege(WHOLE, seed=1)
    with pytest.raises(BesiegeError, match="scale: given 1"):
        sim.run(WHOLE)
    memory.require(WHOLE.replace(scale=0.25))
    free(None)
    memory.require(WHOLE)


def test_too_many_workers_are_refused_with_the_number_that_fits(free):
    free(1e9)
    said = r"--workers: given 3, .* about 1\.2 GB .* 1\.0 GB is free; allowed at most 2"
    spec = {"scenario": "taobao-2011", "constants": {"scale": 1}}
    with pytest.raises(BesiegeError, match=said):
        sim.sweep(spec, workers=3, quiet=True)
    with pytest.raises(BesiegeError, match=said):
        sim.compare(["silence", "protect"], scenario=WHOLE, runs=2, workers=3)


def test_a_sweep_is_refused_for_its_largest_point_before_any_run(free, tmp_path):
    free(150e6)
    factors = {"scale": [0.002, 1.0], "attention.memory": [30, 60]}
    spec = {"scenario": "small", "constants": {"hours": 30}, "factors": factors}
    assert [s.scale for s in largest_of(load(spec))] == [0.002, 1.0]
    with pytest.raises(BesiegeError, match="scale: given 1,"):
        sim.sweep(spec, out=tmp_path / "out", workers=1, quiet=True)
    assert sim.lab.open(tmp_path / "out").runs.empty


def group(base, limit, used, stat, names):
    base.mkdir(parents=True, exist_ok=True)
    for name, value in zip(names, (limit, used), strict=True):
        (base / name).write_text(f"{value}\n")
    (base / "memory.stat").write_text(stat)


def test_the_least_of_all_control_groups_above_is_what_is_left(tmp_path):
    new, listed = ("memory.max", "memory.current"), tmp_path / "cgroup"
    listed.write_text("0::/jobs/mine\n")
    mounts = tmp_path / "mounts"
    group(mounts / "jobs", 1000, 400, "anon 3\ninactive_file 100\n", new)
    group(mounts / "jobs" / "mine", "max", 300, "anon 3\n", new)
    assert list(memory._of_groups(listed, mounts)) == [700.0]
    old = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    listed.write_text("5:cpu:/x\n4:memory:/not/seen/from/inside\n")
    group(mounts / "memory", 900, 850, "total_inactive_file 10\n", old)
    assert list(memory._of_groups(listed, mounts)) == [60.0]
    assert list(memory._of_groups(tmp_path / "none", mounts)) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v holds on Linux alone")
def test_a_run_under_a_limit_of_address_space_is_refused_in_one_line(tmp_path):
    code = (
        "import resource, sys, scipy.special, sim.cli, sim.core.compiling, sim.running.model\n"
        "used = 4096 * int(open('/proc/self/statm').read().split()[0])\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 120_000_000,) * 2)\n"
        f"sys.argv = ['besiege', 'run', '--scale', '1', '--out', {str(tmp_path / 'out')!r}]\n"
        "sim.cli.main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "scale: given 1, at which a run" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
