"""The package against an older commit of itself: ratios of processor time, and no seconds.

    uv run python benchmarks/against.py [--commit 0700d58] [--folder DIR] [--rows NAME ...]
                                        [--rounds N] [--quick] [--write | --check]

The older commit is checked out into a folder with an environment of its own. Both versions are
measured in turn, each in fresh processes with the same Python and the same libraries, and each
with its bytecode and kernels kept. ``--check`` exits with code 1 if one row has lost 15 % of what
it had gained in `against.json`, which ``--write`` makes. Other work on the machine slows both.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
RECORD = HERE / "against.json"
LOSS = 0.85
"""Of a recorded gain, what must be left."""
BARE = ("-c", "import numba, matplotlib.pyplot")
"""The unit of commands: what Python itself needs to load two libraries."""


@dataclass(frozen=True)
class Row:
    """What is measured of both versions.

    Attributes
    ----------
    told
        What it is, for people.
    target
        The largest share of the older version's cost, if one is aimed at.
    command
        Arguments of ``python`` or of ``besiege``; none where `measured.py` knows the row.
    until
        For a command, the text on its output up to which it is measured.
    in_units
        For a command, its aim as a multiple of the bare import.
    above_light
        For a command that needs no engine, its aim in units above ``import typer, pydantic``.
    rounds
        Times each version is measured, at least.
    """

    told: str
    target: float | None = None
    command: tuple[str, ...] = ()
    until: str = ""
    in_units: float | None = None
    above_light: float | None = None
    rounds: int = 3
    is_slow: bool = False


ROWS = {
    "small": Row("a run of `small`: the fixed part", 0.5),
    "outcomes": Row("its outcomes", 0.4),
    "tenth": Row("a run at s = 0.1"),
    "whole": Row("a run at s = 1", 0.95, is_slow=True),
    "memory": Row("its peak memory", is_slow=True, rounds=1),
    "compare": Row("eight responses at s = 0.1, a comparison", 0.6),
    "sweep": Row("a run of a sweep of `small`", 1 / 1.8),
    "overhead": Row("what a run of a sweep costs beyond itself", 1 / 3),
    "driver": Row("a run of a sweep, in the process that gives work to two workers"),
    "plan": Row("planning ten thousand points of thirty factors"),
    "import": Row("import sim; sim.run", command=("python", "-c", "import sim; sim.run")),
    "bare": Row("the unit: " + BARE[1], command=("python", *BARE), rounds=5),
    "run": Row("besiege run small", command=("besiege", "run", "small"), in_units=3.3, rounds=5),
    "story": Row("besiege run small, until its story is told", command=("besiege", "run", "small"), until="cum_actions", in_units=2.2, rounds=5),
    "explain": Row("besiege explain small", command=("besiege", "explain", "small", "--agent", "seller:7"), in_units=2.2, rounds=5),
    "light": Row("import typer, pydantic", command=("python", "-c", "import typer, pydantic"), rounds=5),
    "scenarios": Row("besiege scenarios", command=("besiege", "scenarios"), above_light=0.3, rounds=5),
    "schema": Row("besiege schema", command=("besiege", "schema"), above_light=0.3, rounds=5),
    "help": Row("besiege --help", command=("besiege", "--help"), above_light=0.3, rounds=5),
}  # fmt: skip


@dataclass(frozen=True)
class Side:
    """A version of the package: its environment, and a folder for what it leaves."""

    python: Path
    left: Path

    def cost(self, row: Row, name: str, *, quick: bool) -> float:
        """Measure a row once: processor time (s), or memory (MB)."""
        if row.command:
            program, *arguments = row.command
            path = self.python if program == "python" else self.python.with_name(program)
            return self._processor([str(path), *arguments], row.until)
        command = [str(self.python), str(HERE / "measured.py"), name, "quick" if quick else "whole"]
        done = subprocess.run(
            command, env=self._there(), cwd=self.left, stdout=subprocess.PIPE, text=True, check=True
        )
        return float(done.stdout.split()[-1])

    def _there(self) -> dict[str, str]:
        """Return an environment in which bytecode is kept, and one thread works."""
        kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "VIRTUAL_ENV"}}  # fmt: skip
        one = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        return {**kept, **one, "PYTHONPYCACHEPREFIX": str(self.left / "bytecode")}

    def _processor(self, command: list[str], until: str) -> float:
        running = subprocess.Popen(
            command, env=self._there(), cwd=self.left, stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        so_far = 0.0
        for line in running.stdout:
            if until and until in line:
                so_far = _so_far(running.pid)
                until = ""
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode or until:
            raise SystemExit(f"against: {' '.join(command)} failed")
        return so_far or used.ru_utime + used.ru_stime


def _so_far(pid: int) -> float:
    """Return the processor time of a process that is still at work (s)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_out(commit: str, folder: Path) -> Path:
    """Check a commit out into a folder, with an environment of its own; give its Python."""
    root = HERE.parent
    if not (folder / ".git").exists():
        subprocess.run(["git", "clone", "-q", "--no-checkout", str(root), str(folder)], check=True)
        subprocess.run(["git", "checkout", "-q", "--detach", commit], cwd=folder, check=True)
    version = platform.python_version()
    there = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    sync = ["uv", "sync", "-q", "--no-default-groups", "--python", version]
    subprocess.run(sync, cwd=folder, env=there, check=True)
    return folder / ".venv" / "bin" / "python"


def measure(sides: dict[str, Side], names: list[str], rounds: int | None, *, quick: bool) -> dict:
    """Measure rows in turn; give for each both medians and how many times less it costs now."""
    costs = {name: {which: [] for which in sides} for name in names}
    for name in names:
        for side in sides.values():  # kernels compiled, bytecode written
            if ROWS[name].command:
                side.cost(ROWS[name], name, quick=True)
    times = {name: rounds or -(-ROWS[name].rounds // (2 if quick else 1)) for name in names}
    for n in range(max(times.values())):
        for name in names:
            if n < times[name]:
                for which in list(sides)[:: 1 if n % 2 else -1]:
                    costs[name][which].append(sides[which].cost(ROWS[name], name, quick=quick))
                print(f"round {n + 1}: {name}", file=sys.stderr, flush=True)
    medians = {
        name: {which: statistics.median(seen) for which, seen in of.items()}
        for name, of in costs.items()
    }
    return {
        name: {**of, "gain": of["then"] / of["now"], "rounds": len(costs[name]["now"])}
        for name, of in medians.items()
    }


def tell(found: dict) -> None:
    """Print every row: its share of the older version's cost, its aim, and units for commands."""
    unit, light = (found.get(name, {}).get("now") for name in ("bare", "light"))
    print(f"{'':68} {'share':>6} {'aim':>6} {'units':>6} {'aim':>6}")
    for name, of in found.items():
        row, units, most = ROWS[name], "", row_aim(ROWS[name], unit, light)
        if unit and row.command:
            units = f"{of['now'] / unit:.2f}"
        aims = ["" if aim is None else f"{aim:.2f}" for aim in (row.target, most)]
        print(f"{row.told:68} {1 / of['gain']:6.2f} {aims[0]:>6} {units:>6} {aims[1]:>6}")


def row_aim(row: Row, unit: float | None, light: float | None) -> float | None:
    """Return what a command may take, in units of the bare import; None if nothing is aimed at."""
    if row.above_light is not None and unit and light:
        return light / unit + row.above_light
    return row.in_units


def lost(found: dict, record: dict) -> list[str]:
    """Name the rows that have lost too much of the gain they had."""
    before = record["rows"]
    return [
        f"{ROWS[name].told}: {of['gain']:.2f} times less than at {record['against']}, before {before[name]['gain']:.2f}"
        for name, of in found.items()
        if name in before and of["gain"] < LOSS * before[name]["gain"]
    ]  # fmt: skip


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", default="0700d58")
    parser.add_argument("--folder", type=Path, help="of the older version; a temporary one if none")
    parser.add_argument(
        "--rows", nargs="+", choices=list(ROWS), metavar="NAME", help=", ".join(ROWS)
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument(
        "--quick", action="store_true", help="half the rounds, small sizes, not s = 1"
    )
    parser.add_argument("--write", action="store_true", help="keep the ratios in against.json")
    parser.add_argument("--check", action="store_true", help="compare them with against.json")
    given = parser.parse_args()
    if given.check and not RECORD.is_file():
        raise SystemExit(f"against: there is no {RECORD.name} yet; --write makes it")
    names = given.rows or [n for n, row in ROWS.items() if not (given.quick and row.is_slow)]
    with tempfile.TemporaryDirectory(prefix="besiege-against-") as temporary:
        there = given.folder or Path(temporary) / "then"
        pythons = {"then": check_out(given.commit, there.absolute()), "now": Path(sys.executable)}
        sides = {}
        for which, python in pythons.items():
            left = Path(temporary) / f"left-{which}"
            left.mkdir()
            sides[which] = Side(python, left)
        load = os.getloadavg()[0]
        began = time.monotonic()
        found = measure(sides, names, given.rounds, quick=given.quick)
    tell(found)
    print(
        f"Load of the machine at the beginning {load:.1f}; took {time.monotonic() - began:.0f} s."
    )
    if given.write:
        record = {
            "date": datetime.date.today().isoformat(),
            "against": given.commit,
            "python": platform.python_version(),
            "quick": given.quick,
            "load": round(load, 1),
            "rows": {n: {"gain": round(of["gain"], 3), "rounds": of["rounds"]} for n, of in found.items()},
        }  # fmt: skip
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if given.check:
        fallen = lost(found, json.loads(RECORD.read_text(encoding="utf-8")))
        print("\n".join(fallen) or "Every row keeps its gain.")
        raise SystemExit(1 if fallen else 0)


if __name__ == "__main__":
    _main()
