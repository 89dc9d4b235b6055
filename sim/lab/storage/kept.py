"""Finished runs of a comparison or hindcast, kept as they come, so that one stopped goes on.

They lie in the folder ``unfinished`` of the call's own, until its tables are whole. A part holds
all there is of its runs, and its name ends with the checksum of its bytes.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pandas as pd

from sim.core.units import BesiegeError
from sim.io import parquet
from sim.io.folders import prepare_folder, remove_if_empty, unwritable
from sim.lab.design.identity import outcomes_identity, scenario_identity
from sim.lab.execution.pool import Source, run_many
from sim.lab.execution.tasks import Done, Task, Timing
from sim.lab.storage.locks import FolderLock
from sim.lab.storage.parts import abouts, damage_of, number_of, write_part
from sim.lab.storage.store import undisturbed
from sim.version import MODEL_VERSION

UNFINISHED = "unfinished"
"""The folder of kept runs, in that of the call."""
SECONDS = 5.0
"""Between parts: what a killed call may lose."""
_SERIES = "hours."

type Progress = Callable[[int, int], None]


def run_all(
    tasks: Sequence[Task],
    out: str | Path | None,
    told: str,
    *,
    reads: object = None,
    workers: int = 2,
    executor: Source | None = None,
    progress: Progress | None = None,
) -> dict[str, Done]:
    """Do tasks, each once, and give them by key; what the folder keeps is not done again.

    Parameters
    ----------
    tasks
        What to run.
    out
        The call's folder; without one nothing is kept.
    told
        What is asked, in a few words, for people.
    reads
        What the tasks' ``also`` brings home, told in plain values.
    workers, executor
        As `sim.lab.execution.pool.run_many` takes them.
    progress
        Called with the number done and the number in all: first with those that were kept, then
        after each.

    Raises
    ------
    BesiegeError
        If the folder cannot be written, keeps runs of another call or a damaged part, or is
        being written by another call.
    """
    say = progress or (lambda _done, _total: None)
    with ExitStack() as stack:
        kept = None
        if out is not None:
            kept = stack.enter_context(Kept(out, identity_of(tasks, reads), told, len(tasks)))
        found = {} if kept is None else kept.read()
        say(len(found), len(tasks))
        left = [task for task in tasks if task.key not in found]
        for done in run_many(left, workers=workers, executor=executor):
            if kept is not None:
                kept.add(done)
            found[done.key] = done
            say(len(found), len(tasks))
    return found


def identity_of(tasks: Sequence[Task], reads: object) -> str:
    """Return a hash of all that the results of tasks depend on."""
    told = [[t.key, scenario_identity(t.scenario), t.seed, t.keep_hours] for t in tasks]
    asked = [MODEL_VERSION, outcomes_identity(), reads, told]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:20]


class Kept:
    """The folder of kept runs, while its call is at work.

    A run that failed is not kept: the call that goes on tries it again.

    Parameters
    ----------
    out
        The call's folder.
    identity
        What tells the call from every other (`identity_of`).
    told
        The same for people.
    total
        Runs in all.

    Raises
    ------
    BesiegeError
        As `run_all` says.
    """

    def __init__(self, out: str | Path, identity: str, told: str, total: int) -> None:
        self._out = Path(out)
        self.folder = prepare_folder(self._out / UNFINISHED)
        self._buffer: list[Done] = []
        self._written = time.monotonic()
        self._about = {"asked": told, "runs": total, "identity": identity}
        self._lock = FolderLock(self.folder, out=self._out, what="call")
        try:
            self._check(identity)
            for half in self.folder.glob("*.part"):  # of one that was killed
                half.unlink()
        except OSError as error:
            self._let_go()
            raise unwritable(self._out, error) from None
        except BesiegeError:
            self._let_go()
            raise

    def _check(self, identity: str) -> None:
        """Make sure that what is kept is whole and this call's."""
        for part in self._parts():
            if why := damage_of(part):
                raise BesiegeError(
                    f"{part}: damaged ({why}); delete it and repeat the command, which does only its "
                    "runs again"
                )
        for asked in abouts(self._parts()).values():
            if asked.get("identity") != identity:
                raise BesiegeError(
                    f"--out: given {self._out}, which contains {count_kept(self._out)} of "
                    f"{asked.get('runs')} runs of another call ({asked.get('asked')}), allowed that "
                    "call, which continues from them, another folder, or this folder after "
                    f"{self.folder} is deleted"
                )

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def read(self) -> dict[str, Done]:
        """Return the runs that are kept, by key."""
        rows = (row for part in self._parts() for row in _rows_of(part))
        return {done.key: done for done in map(_done_of, rows)}

    def add(self, done: Done) -> None:
        """Take a run that is done; write when it is time."""
        if done.failure is None:
            self._buffer.append(done)
        if time.monotonic() - self._written >= SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is held.

        Raises
        ------
        BesiegeError
            If it cannot be written.
        """
        if not self._buffer:
            return
        with undisturbed():
            self._lock.check()
            number = max(map(number_of, self._parts()), default=0) + 1
            rows = pd.DataFrame(map(_row_of, self._buffer))
            write_part(rows, self.folder / f"{number:06d}", self._about)
            self._buffer.clear()
            self._written = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            self.flush()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Let others write; where nothing was finished, leave nothing."""
        self._lock.release()
        if not self._parts():
            forget(self._out)
            remove_if_empty(self._out)


def count_kept(out: str | Path) -> int:
    """Return how many finished runs a call's folder keeps, in parts that are whole."""
    parts = [part for part in (Path(out) / UNFINISHED).glob("*.parquet") if not damage_of(part)]
    if not parts:
        return 0
    with duckdb.connect(config={"threads": 1}) as db:
        found = db.execute(f"SELECT count(DISTINCT key) FROM {parquet.source(parts)}").fetchone()
    return int(found[0]) if found else 0


def where_kept(n: int, out: str | Path) -> str:
    """Return how many finished runs are kept, and where."""
    runs = "1 finished run is" if n == 1 else f"{n} finished runs are"
    return f"{runs} kept in {Path(out) / UNFINISHED}"


@contextmanager
def forgotten_when_saved(out: Path | None, folder: str | Path) -> Iterator[None]:
    """Take kept runs away once the tables made of them are whole; else say where they are.

    Parameters
    ----------
    out
        The folder that keeps runs, if one does.
    folder
        Where the tables are saved.

    Raises
    ------
    BesiegeError
        If the tables cannot be saved.
    """
    try:
        yield
    except BesiegeError as error:
        if out is None or not (n := count_kept(out)):
            raise
        raise BesiegeError(
            f"{error}; {where_kept(n, out)}; the same call continues from there"
        ) from None
    if out == Path(folder):
        forget(folder)


def forget(out: str | Path) -> None:
    """Take kept runs away, once the tables made of them are whole."""
    shutil.rmtree(Path(out) / UNFINISHED, ignore_errors=True)


def _row_of(done: Done) -> dict[str, Any]:
    timing = done.timing
    return {
        "key": done.key,
        **(done.row or {}),
        **{f"{_SERIES}{name}": series for name, series in done.hours.items()},
        "also": json.dumps(done.extra),
        "wall_seconds": timing.wall_seconds,
        "host": timing.host,
        "worker": timing.worker,
        "finished": timing.finished,
    }


def _rows_of(part: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read(part).to_dict("records")  # type: ignore[assignment]
    return rows


def _done_of(row: dict[str, Any]) -> Done:
    timing = Timing(*(row.pop(name) for name in ("wall_seconds", "host", "worker", "finished")))
    key, extra = str(row.pop("key")), json.loads(row.pop("also"))
    hours = {
        name.removeprefix(_SERIES): np.asarray(row.pop(name), np.float64)
        for name in list(row)
        if name.startswith(_SERIES)
    }
    outcomes = {name: None if pd.isna(value) else float(value) for name, value in row.items()}
    return Done(key, outcomes, None, timing, hours, extra)
