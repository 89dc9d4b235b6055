"""One row of `against.py`: measured in a process of its own, with the package it finds there.

    python benchmarks/measured.py NAME QUICK

prints one number, the smaller the better. It uses names that both versions have.
"""

import resource
import statistics
import sys
import tempfile
import time
from importlib import import_module

import sim

EIGHT = [
    "silence", "protect", "talk", "deter", "concede", "as-happened", "postpone-and-subsidise",
    "protect-and-talk",
]  # fmt: skip
TINY = {"hours": 1, "scale": 0.01}


def found(*names):
    """Import the first of these modules that is there: one moved between the versions."""
    for name in names[:-1]:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    return import_module(names[-1])


def spent(work, times=1):
    """Return the median processor time (s) of a piece of work."""
    seen = []
    for _ in range(times):
        began = time.process_time()
        work()
        seen.append(time.process_time() - began)
    return statistics.median(seen)


def small(quick):
    """Measure a small run, from scenario to outcomes."""
    sim.run("small")
    return spent(lambda: sim.run("small"), 3 if quick else 7)


def outcomes(quick):
    """Measure the outcomes of a small run."""
    measure = found("sim.outcomes.outcomes", "sim.outcomes").measure
    record = sim.run("small").record
    measure(record)
    return spent(lambda: measure(record), 5 if quick else 21)


def tenth(quick):
    """Measure a run of a tenth of the mall."""
    sim.run("small")
    return spent(lambda: sim.run(scale=0.1), 1 if quick else 3)


def whole(_quick):
    """Measure a run of the whole mall."""
    sim.run("small")
    return spent(lambda: sim.run(scale=1.0))


def memory(_quick):
    """Measure the most memory of a run of the whole mall (MB)."""
    sim.run(scale=1.0)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1.0 if sys.platform == "darwin" else 1024.0) / 1e6


def compare(quick):
    """Measure a comparison of eight responses."""
    sim.run("small")
    worlds = 1 if quick else 4
    return spent(lambda: sim.compare(EIGHT, runs=worlds, workers=1, scale=0.1))


def _spec(runs, constants=None):
    fees = {"low": 6000, "high": 60000, "steps": max(2, runs // 2)}
    return {
        "scenario": "small", "constants": constants or {}, "runs": 2,
        "factors": {"fees.new.standard": fees}, "keep": {"hours": ["online"]},
    }  # fmt: skip


def sweep(quick):
    """Measure a run of a sweep of small worlds."""
    runs = 8 if quick else 40
    sim.run("small")
    return spent(lambda: sim.sweep(_spec(runs), workers=1, quiet=True)) / runs


def overhead(quick):
    """Measure what a run of a sweep costs beyond the run itself, in one process."""
    runs = 100 if quick else 600
    spec = _spec(runs, TINY)
    sim.sweep(_spec(8, TINY), workers=1, quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        began, busy = time.perf_counter(), time.process_time()
        sim.sweep(spec, out=folder, workers=1, quiet=True)
        wall, busy = time.perf_counter() - began, time.process_time() - busy
        own = float(sim.lab.open(folder).timing.wall_seconds.sum())
    return busy * (1.0 - own / wall) / runs  # the runs tell wall time: other work is in both


def driver(quick):
    """Measure what a run of a sweep costs the process that gives work to two workers."""
    runs = 100 if quick else 600
    sim.sweep(_spec(8, TINY), workers=2, quiet=True)
    return spent(lambda: sim.sweep(_spec(runs, TINY), workers=2, quiet=True)) / runs


def plan(quick):
    """Measure the planning of many points of thirty factors."""
    load = found("sim.lab.design.spec", "sim.lab.spec").load
    runs_of = found("sim.lab.design.listing", "sim.lab.listing").runs_of
    fields_of = found("sim.scenario.schema", "sim.declared").fields_of
    fields = [f for f in fields_of(sim.Scenario.load("small")) if f.prior and "[" not in f.path]
    factors = {f.path: {"low": f.prior[0], "high": f.prior[1]} for f in fields[:30]}
    samples = 1_000 if quick else 10_000
    spec = {
        "scenario": "small",
        "factors": factors,
        "design": {"kind": "latin", "samples": samples},
    }
    return spent(lambda: sum(1 for _ in runs_of(load(spec))))


ROWS = (small, outcomes, tenth, whole, memory, compare, sweep, overhead, driver, plan)

if __name__ == "__main__":
    chosen = {row.__name__: row for row in ROWS}[sys.argv[1]]
    print(chosen(sys.argv[2] == "quick"))
