"""Writing a sweep's folder: who may, what it says of itself, parts of what is finished."""

import time
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.units import BesiegeError
from sim.io.folders import prepare_folder, unwritable, write_bytes, write_text
from sim.lab.design.graphs import Copies
from sim.lab.design.identity import identity_in
from sim.lab.design.listing import Planned, repeat_line
from sim.lab.design.spec import Factor, Plan
from sim.lab.execution.pool import Done
from sim.lab.storage.locks import FolderLock
from sim.lab.storage.parts import (
    STRUCK,
    TABLES,
    all_parts,
    check_parts,
    finish_strikes,
    number_of,
    strike,
    write_part,
)
from sim.lab.storage.recovery import known_of, set_damaged_aside
from sim.lab.storage.store import SweepFolder, repair_command, to_json, undisturbed, write_manifest
from sim.lab.storage.writing import columns_of, spec_toml
from sim.version import MODEL_VERSION, __version__, made_with

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
    retry
        Whether runs that failed are done again.
    repair
        Whether damaged parts are set aside, so that their runs are done again.

    Attributes
    ----------
    done
        Keys of runs that are not to be done: every table has their rows.
    stale
        Keys of runs that failed and that the plan may no longer ask for; on a retry alone.
    set_aside
        Where damaged files went.

    Raises
    ------
    BesiegeError
        If the folder cannot be written, holds another sweep, one of another version of the
        model or a damaged part, or is being written by somebody else.
    """

    def __init__(
        self, plan: Plan, folder: str | Path, shard: tuple[int, int] | None = None,
        command: str = "", spec_name: str | None = None, *,
        retry: bool = False, repair: bool = False,
    ) -> None:  # fmt: skip
        self.folder = prepare_folder(folder)
        self._plan = plan
        self._spec_name = spec_name
        self._prefix = "all" if shard is None else f"{shard[0]}of{shard[1]}"
        self._about: dict[str, Any] = {}
        self._copies = Copies.of(plan)
        self.set_aside: list[Path] = []
        try:
            self._lock = FolderLock(self.folder, shard)
            try:
                with self._lock.alone():
                    if repair:
                        self.set_aside = set_damaged_aside(self.folder)
                    check_parts(all_parts(self.folder), repair_command({"command": command}, self.folder))  # fmt: skip
                    self._begin(command)
                    self._take_stock(retry=retry)
            except BaseException:
                self._lock.release()
                raise
        except OSError as error:
            raise unwritable(self.folder, error) from None
        self._began = self._written = time.monotonic()
        self._buffer: list[tuple[Planned, Done]] = []

    def _begin(self, command: str) -> None:
        base = identity_in(self._plan, self._plan.base)
        hours = list(self._plan.spec.keep.hours)
        known = known_of(self.folder)
        if known:
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
            **made_with(),
            "command": command,
        }
        for name in TABLES:
            (self.folder / name).mkdir(exist_ok=True)
        self._about = {name: manifest[name] for name in ("model_version", "base", "factors", "keep_hours")}  # fmt: skip
        for name, content in self._copies.files.values():
            if not (self.folder / name).is_file():
                write_bytes(self.folder / name, content)
        write_text(self.folder / "spec.toml", spec_toml(self._plan, self._copies))
        for module in self._plan.modules:
            write_text(self.folder / module.path.name, module.source)
        base_of_folder = self._copies.scenario(self._plan.base)
        write_text(self.folder / "scenario.toml", base_of_folder.to_toml())
        write_text(self.folder / "columns.json", to_json(columns_of(self._plan)))
        write_manifest(self.folder, manifest)

    def _take_stock(self, *, retry: bool) -> None:
        """See what is there: what is done, and of what is not, which tables hold rows of it."""
        for place in (self.folder / name for name in TABLES):
            for half in place.glob(f"{self._prefix}-*.part"):
                half.unlink()
        finish_strikes(self.folder)
        self._n = max(map(number_of, all_parts(self.folder)), default=0)
        store = SweepFolder(self.folder)
        keys = {name: store.keys(name) for name in TABLES}
        self.done = store.done(with_hours=bool(self._plan.spec.keep.hours))
        self.stale = set(keys["failed"]) if retry else set()
        self.done -= self.stale
        # A run that is done again is not written twice.
        self._there = {name: of_table - self.done for name, of_table in keys.items()}

    def add(self, planned: Planned, done: Done) -> None:
        """Take a run that is done; write when there is enough, or it is time."""
        self._buffer.append((planned, done))
        now = time.monotonic()
        wait = min(LATEST, max(SOONEST, (now - self._began) / 50.0))
        held = len(self._buffer) * max(1, self._plan.base.hours * bool(self._plan.spec.keep.hours))
        if now - self._written >= wait or held >= FULL:
            self.flush()

    def flush(self) -> None:
        """Write what is held.

        Raises
        ------
        BesiegeError
            If the folder cannot be written, or is no longer the one that was begun.
        """
        self._lock.check()
        if not self._buffer:
            return
        name = f"{self._prefix}-{self._n + 1:06d}"
        good = [(p, d) for p, d in self._buffer if d.row is not None]
        bad = [(p, d) for p, d in self._buffer if d.row is None]
        kept = pd.concat([_hours_of(d) for _, d in good if d.hours] or [pd.DataFrame()])
        timing = pd.DataFrame([_timing_of(d) for _, d in self._buffer])
        runs = _typed(pd.DataFrame([self._row(p, d) for p, d in good]), self._plan)
        failed = _typed(pd.DataFrame([self._failure(p, d) for p, d in bad]), self._plan)
        # What says that a run is done comes last.
        with undisturbed():
            again = {done.key for _, done in self._buffer}
            self.forget_failures(again & self._there["failed"])
            for table, rows in (("hours", kept), ("timing", timing), ("runs", runs), ("failed", failed)):  # fmt: skip
                if len(rows):
                    rows = rows[~rows["key"].isin(self._there[table])]
                if len(rows):
                    write_part(rows, self.folder / table / name, self._about)
            self._n += 1
            self._written = time.monotonic()
            self._buffer.clear()

    def forget_failures(self, keys: set[str]) -> None:
        """Take runs that failed out of the tables: they are done again, or nobody asks for them."""
        if not keys:
            return
        with self._lock.alone():
            for table in STRUCK:
                strike(self.folder, table, keys)
                self._there[table] -= keys

    def _repeat(self, planned: Planned) -> str:
        placed = self._copies.in_folder(planned, self.folder)
        return repeat_line(self._plan, placed, self._spec_name, str(self.folder / "scenario.toml"))

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
        self._lock.release()


def _typed(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return every column the kind it has in every part, whatever rows stand in this one."""
    if table.empty:
        return table
    kinds: dict[str, str] = {"seed": "uint64", **dict.fromkeys(plan.measured, "float64")}
    for factor in plan.factors:
        kinds[factor.path] = _kind_of(factor, plan)
    return table.astype({name: kind for name, kind in kinds.items() if name in table})


def _kind_of(factor: Factor, plan: Plan) -> str:
    known = factor.field.type if factor.field is not None else ""
    labels = [level.label for level in factor.levels]
    labels += [point[factor.path].label for point in plan.points if factor.path in point]
    if any(isinstance(label, str) for label in labels):
        return "str"  # a date, or a label of words for a number
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
            f"--out: {folder} contains runs of model version {known.get('model_version')}, and this is version "
            f"{MODEL_VERSION}, whose results differ; allowed another folder"
        )
    if known.get("base") != base:
        raise BesiegeError(
            f"--out: {folder} contains a sweep of another scenario, with other constants, with other "
            "outcomes of your own, or with shoppers where this one has none (or without them); "
            "allowed another folder, or the same sweep with more runs, factors or levels"
        )
    if not set(hours) <= set(known.get("keep_hours", [])):
        raise BesiegeError(
            f"keep.hours: {folder} contains runs that kept {', '.join(known['keep_hours']) or 'none'}; "
            "allowed the same series, or another folder"
        )
