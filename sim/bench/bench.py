"""Speed and memory on this machine: every figure is measured, its target stands beside it.

Whatever is heavy runs in a fresh process of its own, on one thread (`sim.bench.stopwatch`). So a
peak of memory is that run's alone, and no run finds what another left in the caches of Python
or of the allocator. A profile shows the times that the engine keeps of its own stages.
"""

import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sim.bench.stopwatch import SCENARIO, WARM_SCALE, time_runs

SCALES = (0.05, 0.1, 0.25, 0.5, 1.0)
PLAIN_MESA = Path(__file__).parents[2] / "benchmarks" / "plain_mesa.py"

_ONE_THREAD = {
    name: "1"
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
}

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity: the best of its runs, the median, and what is aimed at."""

    label: str
    unit: str
    runs: tuple[float, ...]
    target: float | None = None
    at_least: bool = False  # whether more is better

    @property
    def best(self) -> float:
        """What the machine does when nothing disturbs it."""
        return max(self.runs) if self.at_least else min(self.runs)

    @property
    def median(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target; ``None`` without one."""
        if self.target is None:
            return None
        return self.median >= self.target if self.at_least else self.median <= self.target


@dataclass(frozen=True, slots=True)
class Profile:
    """Where a run's seconds go, at one scale (medians)."""

    scale: float
    found: float
    stages: dict[str, float]
    outcomes: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Growth:
    """How the cost of a whole run grows: seconds = fixed + per_scale * s, and as a power of s."""

    scales: tuple[float, ...]
    seconds: tuple[float, ...]
    fixed: float
    per_scale: float
    exponent: float
    largest_miss: float  # largest distance from the line, of the seconds measured


@dataclass(frozen=True, slots=True)
class Bench:
    """All that was measured."""

    machine: dict[str, Any]
    figures: dict[str, Figure]
    profiles: tuple[Profile, ...]
    growth: Growth
    start_up: dict[str, float] = field(default_factory=dict)  # seconds of each step, medians
    first_run: dict[str, float] = field(default_factory=dict)  # the same, nothing compiled yet
    plain_mesa: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # what was not measured, and why


# ---------------------------------------------------------------- who sends workers out
def _worker(name: str, *arguments: float, **changes: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "sim.bench.stopwatch", name, json.dumps(arguments)]
    return _read_from(command, changes)


def _read_from(command: list[str], changes: dict[str, str]) -> dict[str, Any]:
    """Run a command on one thread and read the JSON object on its last line."""
    there = {**os.environ, **_ONE_THREAD, **changes}
    done = subprocess.run(command, env=there, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    read: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return read


def _steps(moments: dict[str, float], begun: float) -> dict[str, float]:
    """Turn moments into the seconds between them."""
    at = [begun, *moments.values()]
    return {name: at[i + 1] - at[i] for i, name in enumerate(moments)}


def _median_steps(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(run[name] for run in runs) for name in runs[0]}


def _start_ups(times: int, *, quick: bool) -> tuple[dict[str, float], dict[str, Figure]]:
    """Time a bare ``import mesa`` and a start, in turn; the quick form trusts one process.

    Where Python is told to keep no bytecode every start compiles numba's sources and ours
    anew, so a start that keeps it (in a folder of its own) is timed as well.
    """
    label = "from a bare import mesa to the first hour's end"
    if quick:
        begun = time.time()
        steps = _steps(_worker("start", _usual_scale()), begun)
        beyond = sum(steps.values()) - steps["mesa"]
        figure = Figure(label, "s", (beyond,), 2.0)
        return {"bare import mesa": steps["mesa"], **steps}, {"start_up_seconds": figure}
    found, runs = _starts(times, {})
    figures = {"start_up_seconds": Figure(label, "s", runs, 2.0)}
    if sys.dont_write_bytecode:
        with tempfile.TemporaryDirectory() as folder:
            keeping = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
            _, runs = _starts(times, keeping)
        figures["start_up_with_bytecode_seconds"] = Figure(
            "the same, if Python could keep its bytecode", "s", runs, 2.0
        )
    return found, figures


def _starts(times: int, there: dict[str, str]) -> tuple[dict[str, float], tuple[float, ...]]:
    """Return the median seconds of each step, and each start's seconds beyond a bare import."""
    bare, started, steps = [], [], []
    show = """import mesa, time; print('{"mesa":', time.time(), '}')"""
    for _ in range(times + 1):
        begun = time.time()
        bare.append(_read_from([sys.executable, "-c", show], there)["mesa"] - begun)
        begun = time.time()
        moments = _worker("start", _usual_scale(), **there)
        started.append(moments["first_hour"] - begun)
        steps.append(_steps(moments, begun))
    del bare[0], started[0], steps[0]  # the first finds nothing in the system's file cache
    beyond = tuple(s - b for s, b in zip(started, bare, strict=True))
    return {"bare import mesa": median(bare), **_median_steps(steps)}, beyond


def _usual_scale() -> float:
    from sim.scenario.scenario import Scenario

    return Scenario.load(SCENARIO).scale


def _first_run() -> tuple[dict[str, float], Figure]:
    """Time a run on a machine that has compiled nothing: neither kernels nor Python's bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.time()
        moments = _worker(
            "first", WARM_SCALE, NUMBA_CACHE_DIR=f"{folder}/kernels",
            PYTHONPYCACHEPREFIX=f"{folder}/bytecode",
        )  # fmt: skip
    whole = moments["outcomes"] - begun
    label = f"first run on a machine (s = {WARM_SCALE}), compilation included"
    return _steps(moments, begun), Figure(label, "s", (whole,), 45.0)


def measure(quick: bool = False, say: Say | None = None) -> Bench:
    """Measure speed and memory on this machine.

    Parameters
    ----------
    quick
        Tiny worlds, once, in this process: to see that it works, not how fast. The first run
        and plain Mesa are left out.
    say
        Told what is being measured; some minutes pass.

    Raises
    ------
    RuntimeError
        If a worker fails.
    """
    tell = say or (lambda text: None)
    machine = describe_machine()
    scales = (0.005, 0.01) if quick else SCALES
    runs: dict[float, list[dict[str, Any]]] = {}
    for scale in scales:
        tell(f"Whole runs at s = {scale:g}.")
        if quick:
            runs[scale] = time_runs(scale, 1)
        elif scale == 1.0:  # a process each, for each one's own peak of memory
            runs[scale] = [run for _ in range(3) for run in _worker("runs", scale, 1)["runs"]]
        else:
            runs[scale] = _worker("runs", scale, 5 if scale <= 0.1 else 3)["runs"]
    small, large = (scales[0], scales[-1]) if quick else (0.1, 1.0)
    figures = {
        "stepping_seconds": Figure(
            f"14 days of stepping at s = {small:g}", "s", _each(runs[small], "stepping"),
            None if quick else 0.8,
        ),
        "whole_run_seconds": Figure(
            f"scenario to outcomes, twin included, at s = {large:g}", "s",
            _each(runs[large], "whole"), None if quick else 8.0,
        ),
        "whole_run_peak_mb": Figure(
            f"peak memory of that run, at s = {large:g}", "MB", _each(runs[large], "peak_mb"),
            None if quick else 1200.0,
        ),
        "whole_run_processor_seconds": Figure(
            f"processor time of that run, at s = {large:g}", "s", _each(runs[large], "processor")
        ),
    }  # fmt: skip
    tell("Start-up time, compared with a bare import of mesa.")
    start_up, starts = _start_ups(5, quick=quick)
    figures |= starts
    left_out: dict[str, str] = {}
    first_run: dict[str, float] = {}
    plain: dict[str, Any] = {}
    if quick:
        left_out = dict.fromkeys(("first_run", "plain_mesa"), "not part of the quick form")
    else:
        tell("First run, with nothing compiled yet.")
        first_run, figures["first_run_seconds"] = _first_run()
    if not quick and PLAIN_MESA.is_file():
        tell("The mobilisation stage: plain Mesa agents and the engine, in turn.")
        plain = _read_from([sys.executable, str(PLAIN_MESA), "--json"], {})
        figures["times_faster_than_plain_mesa"] = Figure(
            "mobilisation per person and hour, compared with plain Mesa agents", "times",
            (plain["times_faster"],), 200.0, at_least=True,
        )  # fmt: skip
    elif not quick:
        left_out["plain_mesa"] = "benchmarks/ is part of a checkout, not of the package"
    machine["load_after"] = _load()
    return Bench(
        machine=machine,
        figures=figures,
        profiles=(_profile(small, runs[small]), _profile(large, runs[large])),
        growth=fit_growth(scales, tuple(min(_each(runs[s], "whole")) for s in scales)),
        start_up=start_up,
        first_run=first_run,
        plain_mesa=plain,
        left_out=left_out,
    )


def _each(runs: list[dict[str, Any]], name: str) -> tuple[float, ...]:
    return tuple(run[name] for run in runs)


def _profile(scale: float, runs: list[dict[str, Any]]) -> Profile:
    return Profile(
        scale=scale,
        found=median(_each(runs, "found")),
        stages=_median_steps([run["stages"] for run in runs]),
        outcomes=median(_each(runs, "outcomes")),
        peak_mb=runs[0]["peak_mb"],
    )


def fit_growth(scales: tuple[float, ...], seconds: tuple[float, ...]) -> Growth:
    """Fit seconds = fixed + per_scale * s, each point by its share, and the power of s.

    The line is weighted by 1/seconds**2, so that a miss counts by its share at every scale.
    """
    weight = [1.0 / t**2 for t in seconds]
    per_scale, fixed = _line(scales, seconds, weight)
    exponent, _ = _line(
        [math.log(s) for s in scales], [math.log(t) for t in seconds], [1.0] * len(scales)
    )
    miss = max(abs(fixed + per_scale * s - t) / t for s, t in zip(scales, seconds, strict=True))
    return Growth(scales, seconds, fixed, per_scale, exponent, miss)


def _line(
    x: list[float] | tuple[float, ...], y: list[float] | tuple[float, ...], weight: list[float]
) -> tuple[float, float]:
    """Return slope and intercept of a weighted least-squares line."""
    total = sum(weight)
    mean_x = sum(w * a for w, a in zip(weight, x, strict=True)) / total
    mean_y = sum(w * b for w, b in zip(weight, y, strict=True)) / total
    rows = list(zip(weight, x, y, strict=True))
    slope = sum(w * (a - mean_x) * (b - mean_y) for w, a, b in rows)
    slope /= sum(w * (a - mean_x) ** 2 for w, a, _ in rows)
    return slope, mean_y - slope * mean_x


def describe_machine() -> dict[str, Any]:
    """Say on what the figures were measured, and what else it was doing."""
    packages = ("besiege", "mesa", "networkx", "numba", "numpy", "pandas", "pydantic")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads_used": 1,
        "system": platform.platform(),
        "python": platform.python_version(),
        "bytecode": "not kept" if sys.dont_write_bytecode else "kept",
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "load_before": _load(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _load() -> float | None:
    """Count the processes that wanted a core in the last minute, where the system does."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


# ---------------------------------------------------------------- how it is told
def to_json(bench: Bench) -> str:
    """Write a bench as one JSON object."""
    plain = asdict(bench)
    plain["figures"] = {
        name: {
            "value": f.best, "median": f.median, "unit": f.unit, "target": f.target,
            "at_least": f.at_least, "met": f.met, "label": f.label, "runs": f.runs,
        }
        for name, f in bench.figures.items()
    }  # fmt: skip
    return json.dumps(plain)


def to_lines(bench: Bench) -> list[str]:
    """Write a bench for people."""
    m = bench.machine
    versions = ", ".join(f"{name} {version}" for name, version in m["versions"].items())
    lines = [
        f"{m['processor']}, {m['cores']} cores, one thread used; Python {m['python']}, {versions}",
        f"Load of the machine: {m['load_before']} before, {m['load_after']} after. "
        f"Python's bytecode is {m['bytecode']}.",
        "",
        f"{'':58}{'best':>9}{'median':>9}{'target':>11}",
    ]
    lines += [_figure_line(f) for f in bench.figures.values()]
    for profile in bench.profiles:
        lines += ["", *_profile_lines(profile)]
    g = bench.growth
    points = ", ".join(f"{t:.2f} s at {s:g}" for s, t in zip(g.scales, g.seconds, strict=True))
    lines += [
        "",
        f"Cost of a whole run: {points}.",
        f"Linear fit: {g.fixed:.2f} s + {g.per_scale:.2f} s * scale, wrong by at most {g.largest_miss:.0%}; "
        f"power fit: scale to the power of {g.exponent:.2f}.",
    ]
    for title, steps in (("Start", bench.start_up), ("First run", bench.first_run)):
        if steps:
            told = ", ".join(f"{name.replace('_', ' ')} {t:.2f} s" for name, t in steps.items())
            lines.append(f"{title}, step by step: {told}.")
    lines += [f"Not measured: {name} ({why})." for name, why in bench.left_out.items()]
    return lines + list(bench.plain_mesa.get("lines", ()))


def _figure_line(f: Figure) -> str:
    aim = ""
    if f.target is not None:
        aim = f"{'>=' if f.at_least else '<='} {f.target:g} {'met' if f.met else 'MISSED'}"
    return f"{f'{f.label} ({f.unit})':58.58}{f.best:9.4g}{f.median:9.4g}   {aim}"


def _profile_lines(p: Profile) -> list[str]:
    parts = {"hour 0": p.found, **p.stages, "outcomes": p.outcomes}
    total = sum(parts.values())
    most = sorted(parts.items(), key=lambda part: -part[1])
    head = f"How {total:.2f} s are spent at s = {p.scale:g} (peak {p.peak_mb:.0f} MB):"
    return [head, *(f"  {name:24}{t:8.3f} s {t / total:6.1%}" for name, t in most)]
