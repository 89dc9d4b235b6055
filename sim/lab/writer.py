"""Writing a sweep's folder: who may, what it says of itself, parts of what is finished."""

import json
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import pandas as pd

from sim.folders import prepare_folder, unwritable
from sim.lab.identity import identity_in
from sim.lab.listing import Planned, repeat_line
from sim.lab.pool import Done
from sim.lab.spec import Factor, Plan
from sim.lab.store import Store, read_manifest, undisturbed, write_part, write_text
from sim.lab.writing import columns_of, spec_toml
from sim.units import BesiegeError
from sim.version import MODEL_VERSION, __version__

LIBRARIES = ("mesa", "networkx", "numba", "numpy", "scipy")
"""Whose versions a folder names: another may round the last digit otherwise."""
SOONEST, LATEST = 5.0, 60.0
"""Seconds between parts: a fiftieth of the time so far, within these."""
FULL = 20_000
"""Rows of hours, or runs, that are not held back any longer."""


class Writer:
    """Takes finished runs and writes them, some at a time.

    Parameters
    ----------
    plan
        What the sweep does.
    folder
        Where to.
    shard
        Number of this part of a job array and how many there are, or None.
    command
        What repeats the sweep.
    spec_name
        The specification's file, if it has one.

    Raises
    ------
    BesiegeError
        If the folder cannot be written, holds another sweep, one of another version of the
        model or a damaged part, or is being written by somebody else.
    """

    def __init__(
        self, plan: Plan, folder: str | Path, shard: tuple[int, int] | None = None,
        command: str = "", spec_name: str | None = None,
    ) -> None:  # fmt: skip
        self.folder = prepare_folder(folder)
        self._plan = plan
        self._spec_name = spec_name
        self._prefix = "all" if shard is None else f"{shard[0]}of{shard[1]}"
        self._locks = _take_locks(self.folder, shard)
        try:
            self._check_and_begin(command)
            self._clean()
            self.done = Store(self.folder).done_keys()
        except OSError as error:
            raise unwritable(self.folder, error) from None
        self._n = self._last_part()
        self._began = self._written = time.monotonic()
        self._buffer: list[tuple[Planned, Done]] = []

    def _check_and_begin(self, command: str) -> None:
        base = identity_in(self._plan, self._plan.base)
        hours = list(self._plan.spec.keep.hours)
        known: dict[str, Any] = {}
        if (self.folder / "manifest.json").exists():
            known = read_manifest(self.folder)
            _check_same(self.folder, known, base, hours)
        bases = {f.path: f.base.label for f in self._plan.factors}
        manifest = {
            "name": self._plan.spec.name,
            "question": self._plan.spec.question,
            "version": __version__,
            "model_version": MODEL_VERSION,
            "design": self._plan.spec.design.kind,
            "outcomes": list(self._plan.outcomes),
            "levels": {f.path: [level.label for level in f.levels] for f in self._plan.factors},
            "roles": {f.path: f.role for f in self._plan.factors},
            "base": base,
            "scenario": self._plan.base.name,
            "factors": known.get("factors", {}) | bases,
            "seeds": {"first": self._plan.spec.seed, "runs": self._plan.spec.runs},
            "keep_hours": hours,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
            "command": command,
        }
        for name in ("runs", "hours", "timing", "failed"):
            (self.folder / name).mkdir(exist_ok=True)
        write_text(self.folder / "spec.toml", spec_toml(self._plan))
        for module in self._plan.modules:
            write_text(self.folder / module.path.name, module.source)
        write_text(self.folder / "scenario.toml", self._plan.base.to_toml())
        write_text(self.folder / "columns.json", _json(columns_of(self._plan)))
        write_text(self.folder / "manifest.json", _json(manifest))

    def _clean(self) -> None:
        """Take away what an interrupted writer of this shard left half done."""
        for name in ("hours", "timing"):
            for part in (self.folder / name).glob(f"{self._prefix}-*.parquet"):
                if not any((self.folder / t / part.name).exists() for t in ("runs", "failed")):
                    part.unlink()
        for name in ("runs", "hours", "timing", "failed"):
            for half in (self.folder / name).glob(f"{self._prefix}-*.part"):
                half.unlink()

    def _last_part(self) -> int:
        names = [
            p.stem.rpartition("-")[2]
            for name in ("runs", "failed")
            for p in (self.folder / name).glob(f"{self._prefix}-*.parquet")
        ]
        return max((int(n) for n in names if n.isdecimal()), default=0)

    def forget_failures(self) -> None:
        """Take the failed runs away, so that they are done again."""
        failed = set(Store(self.folder).failed["key"])
        for part in (self.folder / "failed").glob("*.parquet"):
            part.unlink()
        self.done -= failed

    def add(self, planned: Planned, done: Done) -> None:
        """Take a run that is done; write when there is enough, or it is time."""
        self._buffer.append((planned, done))
        now = time.monotonic()
        wait = min(LATEST, max(SOONEST, (now - self._began) / 50.0))
        held = len(self._buffer) * max(1, self._plan.base.hours * bool(self._plan.spec.keep.hours))
        if now - self._written >= wait or held >= FULL:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if not self._buffer:
            return
        name = f"{self._prefix}-{self._n + 1:06d}.parquet"
        good = [(p, d) for p, d in self._buffer if d.row is not None]
        bad = [(p, d) for p, d in self._buffer if d.row is None]
        kept = pd.concat([_hours_of(d) for _, d in good if d.hours] or [pd.DataFrame()])
        timing = pd.DataFrame([_timing_of(d) for _, d in self._buffer])
        runs = _typed(pd.DataFrame([self._row(p, d) for p, d in good]), self._plan)
        failed = _typed(pd.DataFrame([self._failure(p, d) for p, d in bad]), self._plan)
        # What says that a run is done comes last.
        with undisturbed():
            for table, rows in (("hours", kept), ("timing", timing), ("runs", runs), ("failed", failed)):  # fmt: skip
                if len(rows):
                    write_part(rows, self.folder / table / name)
            self._n += 1
            self._written = time.monotonic()
            self._buffer.clear()

    def _repeat(self, planned: Planned) -> str:
        return repeat_line(self._plan, planned, self._spec_name, str(self.folder / "scenario.toml"))

    def _row(self, planned: Planned, done: Done) -> dict[str, Any]:
        outcomes = done.row or {}
        return {
            "key": planned.key,
            **planned.labels,
            "seed": planned.seed,
            **{name: outcomes[name] for name in self._plan.measured},
            **self._identity(planned),
        }

    def _failure(self, planned: Planned, done: Done) -> dict[str, Any]:
        f = done.failure
        return {
            "key": planned.key,
            "scenario": planned.scenario.name,
            **planned.labels,
            "seed": planned.seed,
            "stage": f.stage if f else "",
            "hour": f.hour if f else -1,
            "error": f.error if f else "",
            "where": f.where if f else "",
            **self._identity(planned),
        }

    def _identity(self, planned: Planned) -> dict[str, Any]:
        return {
            "version": __version__,
            "model_version": MODEL_VERSION,
            "repeat": self._repeat(planned),
        }

    def close(self) -> None:
        """Let others write."""
        for file in self._locks:
            file.close()


def _typed(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Give every column the kind it has in every part, whatever rows stand in this one."""
    if table.empty:
        return table
    kinds: dict[str, str] = {"seed": "uint64", **dict.fromkeys(plan.measured, "float64")}
    for factor in plan.factors:
        kinds[factor.path] = _kind_of(factor)
    return table.astype({name: kind for name, kind in kinds.items() if name in table})


def _kind_of(factor: Factor) -> str:
    known = factor.field.type if factor.field is not None else ""
    labels = [level.label for level in factor.levels]
    if not known and labels and all(type(label) in {int, float} for label in labels):
        known = "number"  # tables with numbers for labels
    kinds = {"whole number": "Int64", "number": "float64", "switch": "boolean"}
    return kinds.get(known, "str")


def _hours_of(done: Done) -> pd.DataFrame:
    table = pd.DataFrame(done.hours)
    table.insert(0, "hour", range(len(table)))
    table.insert(0, "key", done.key)
    return table


def _timing_of(done: Done) -> dict[str, Any]:
    t = done.timing
    return {
        "key": done.key,
        "wall_seconds": t.wall_seconds,
        "host": t.host,
        "worker": t.worker,
        "finished": t.finished,
    }


def _check_same(folder: Path, known: dict[str, Any], base: str, hours: list[str]) -> None:
    if known.get("model_version") != MODEL_VERSION:
        raise BesiegeError(
            f"--out: {folder} holds runs of model version {known.get('model_version')} and this is "
            f"{MODEL_VERSION}, whose runs differ; allowed is another folder"
        )
    if known.get("base") != base:
        raise BesiegeError(
            f"--out: {folder} holds a sweep of another scenario or other constants, or with "
            "other outcomes of your own; allowed is another folder, or the same with more runs, "
            "factors or levels"
        )
    if not set(hours) <= set(known.get("keep_hours", [])):
        raise BesiegeError(
            f"keep.hours: {folder} holds runs that kept {', '.join(known['keep_hours']) or 'none'}; "
            "allowed are these, or another folder"
        )


def _take_locks(folder: Path, shard: tuple[int, int] | None) -> list[IO[bytes]]:
    """Keep others from writing the same; the system lets go of it however we end.

    A whole sweep is alone in its folder; shards share it, each once.
    """
    held: list[IO[bytes]] = []
    try:
        import fcntl
    except ImportError:  # not on Windows
        return held
    wanted = [(".lock", fcntl.LOCK_EX if shard is None else fcntl.LOCK_SH)]
    if shard is not None:
        wanted.append((f".lock-{shard[0]}of{shard[1]}", fcntl.LOCK_EX))
    for name, kind in wanted:
        file = (folder / name).open("wb")
        held.append(file)
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            for other in held:
                other.close()
            raise BesiegeError(f"--out: {folder} is being written by another sweep, allowed is one at a time") from None  # fmt: skip
        except OSError:  # a file system without locks
            continue
    return held


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
