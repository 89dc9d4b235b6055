"""What a sweep costs beyond its runs: time a run, gain of a second worker, the driver's memory.

    uv run python benchmarks/sweep_overhead.py [--runs 2000] [--hours 336] [--json]

Workers are started and warm before anything is measured. Aims, with 2,000 runs of the small world:
at most 3 ms of processor time a run beyond the runs' own, and as much in the process that gives
work to two workers; on two cores that nobody else uses, two workers at least 1.8 times one; memory
of the driver at the end within 20 MB of that after the first 200 runs.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import sim
from sim.lab.storage import writer

AIMS = {
    "overhead_ms_a_run": 3.0,
    "speed_up_of_two": 1.8,
    "memory_growth_mb": 20.0,
    "driver_ms_a_run_two_workers": 3.0,
}


def memory_mb():
    """Return the resident memory of this process (MB)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise SystemExit("sweep_overhead: needs /proc, as Linux has it")


def spec_of(runs, hours):
    """Return a sweep of so many runs, two to a point, so that points cost what they cost."""
    fees = {"low": 6000, "high": 60000, "steps": max(2, runs // 2)}
    return {
        "scenario": "small",
        "constants": {"hours": hours},
        "runs": 2,
        "factors": {"fees.new.standard": fees},
        "keep": {"hours": ["online"]},
    }


def timed_sweep(spec, workers):
    """Return wall and processor time, the runs' own, and memory after 200 runs and at the end."""
    marks = []
    add = writer.Writer.add

    def watched(self, planned, done):
        add(self, planned, done)
        marks.append(memory_mb() if len(marks) in {199} else None)

    writer.Writer.add = watched
    try:
        with tempfile.TemporaryDirectory() as folder:
            began, busy = time.perf_counter(), time.process_time()
            n = len(sim.sweep(spec, out=folder, workers=workers, quiet=True))
            wall, busy = time.perf_counter() - began, time.process_time() - busy
            own = float(sim.lab.open(folder).timing.wall_seconds.sum())
    finally:
        writer.Writer.add = add
    early = next((m for m in marks if m is not None), memory_mb())
    return {
        "n": n,
        "wall": wall,
        "busy": busy,
        "own": own,
        "early_mb": early,
        "late_mb": memory_mb(),
    }


def measure(runs, hours):
    """Measure everything and give the ratios."""
    load = os.getloadavg()[0]
    for workers in (1, 2):  # kernels loaded, processes started
        timed_sweep(spec_of(8, hours), workers)
    spec = spec_of(runs, hours)
    one, two = timed_sweep(spec, 1), timed_sweep(spec, 2)
    return {
        "runs": one["n"],
        "hours": hours,
        "load_before": load,
        "seconds_a_run": one["own"] / one["n"],
        # Of the processor time, what is not the runs' by the clock: other work slows both alike.
        "overhead_ms_a_run": 1000 * one["busy"] * (1 - one["own"] / one["wall"]) / one["n"],
        "driver_ms_a_run_two_workers": 1000 * two["busy"] / two["n"],
        "speed_up_of_two": one["wall"] / two["wall"],
        "memory_growth_mb": two["late_mb"] - two["early_mb"],
        "driver_mb": two["late_mb"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--hours", type=int, default=336)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.runs, given.hours)
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            aim = f"   (aim {AIMS[name]:g})" if name in AIMS else ""
            print(f"{name:32} {value:10.4g}{aim}")
