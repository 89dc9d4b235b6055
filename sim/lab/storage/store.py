"""The folder of a sweep: Parquet parts renamed into place, read by DuckDB.

A run is done when every table that the sweep keeps has its rows (`SweepFolder.done`). So whatever
stops a sweep, or is lost from it, a run is there whole or is done again.
"""

import hashlib
import json
import os
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from sim.core.quoting import quote, reason
from sim.core.units import BesiegeError
from sim.io import parquet
from sim.io.folders import write_text
from sim.lab.storage.parts import (
    TABLES,
    all_parts,
    check_parts,
    first_line,
    has_checksum,
    keys_in,
    parts_of,
    text,
)

_ORDER = {
    "runs": "seed, key",
    "failed": "seed, key",
    "hours": "key, hour",
    "timing": "finished, key",
}
_EMPTY = {
    "runs": {"key": "VARCHAR", "seed": "UBIGINT"},
    "failed": {
        "key": "VARCHAR", "seed": "UBIGINT", "scenario": "VARCHAR", "stage": "VARCHAR",
        "hour": "BIGINT", "error": "VARCHAR", "repeat": "VARCHAR",
    },
    "hours": {"key": "VARCHAR", "hour": "BIGINT"},
    "timing": {"key": "VARCHAR", "wall_seconds": "DOUBLE", "finished": "DOUBLE"},
}  # fmt: skip
_MISTAKES = (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException)
"""Errors of a query, which no damaged file gives."""


class SweepFolder:
    """A sweep's folder, to be read.

    Parameters
    ----------
    folder
        As `sweep` wrote it.

    Raises
    ------
    BesiegeError
        If it is none, or a part of it is damaged.

    Examples
    --------
    >>> import sim
    >>> world = {"scale": 0.001, "hours": 2}
    >>> spec = {"name": "one", "scenario": "small", "runs": 2, "constants": world}
    >>> _ = sim.sweep(spec, out="runs/one", workers=1, quiet=True)
    >>> folder = sim.lab.open("runs/one")
    >>> folder.sql("select count(*) as n from runs where peak_online = 0")["n"].tolist()
    [2]
    >>> len(folder.failed)
    0
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        self._whole: set[tuple[Path, int]] = set()  # parts that were checked, as of when

    @property
    def factors(self) -> list[str]:
        """Paths of what the sweep varies."""
        return list(self.manifest["factors"])

    @property
    def runs(self) -> pd.DataFrame:
        """One row a run: factors, seed, outcomes, version."""
        return self.table("runs")

    @property
    def failed(self) -> pd.DataFrame:
        """One row a run that failed: factors, seed, stage, error, what repeats it."""
        return self.table("failed")

    @property
    def hours(self) -> pd.DataFrame:
        """One row a run and hour, of the series that were kept."""
        return self.table("hours")

    @property
    def timing(self) -> pd.DataFrame:
        """One row a run that was done: wall time, host, worker."""
        return self.table("timing")

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, in an order that depends on its rows alone."""
        return self.sql(f"SELECT * FROM {name}")

    def sql(self, query: str) -> pd.DataFrame:
        """Answer a query over the tables ``runs``, ``failed``, ``hours`` and ``timing``.

        Raises
        ------
        BesiegeError
            For a query that DuckDB cannot answer, or a part that is damaged.
        """
        wanted = [name for name in TABLES if name in query.lower()]
        while True:
            parts = {name: parts_of(self.folder, name) for name in wanted}
            try:
                return self._answer(query, parts)
            except (FileNotFoundError, duckdb.Error) as error:
                listed = [part for of_table in parts.values() for part in of_table]
                if all(part.exists() for part in listed):
                    if not isinstance(error, _MISTAKES):
                        self.check(listed)
                    raise BesiegeError(f"sql: {first_line(error)}") from None
                # A sweep that retries or repairs has replaced a part meanwhile: look again.

    def _answer(self, query: str, parts: dict[str, list[Path]]) -> pd.DataFrame:
        with duckdb.connect(config={"threads": 1}) as db:
            for name, of_table in parts.items():
                self.check([part for part in of_table if has_checksum(part)])
                db.execute(f"CREATE VIEW {name} AS {self._select(db, name, of_table)}")
            return db.execute(query).df()

    def check(self, parts: list[Path]) -> None:
        """Hold parts to what was written, each once.

        Raises
        ------
        BesiegeError
            If one is damaged; it names the part and the command that mends it.
        """
        mend = repair_command(self.manifest, self.folder)
        for part in parts:
            known = (part, part.stat().st_mtime_ns)
            if known not in self._whole:
                check_parts([part], mend)
                self._whole.add(known)

    def _select(self, db: duckdb.DuckDBPyConnection, name: str, parts: list[Path]) -> str:
        """Return how a table is read: each run once, a factor that came later at its old value."""
        if not parts:
            columns = dict(_EMPTY[name])
            if name in {"runs", "failed"}:
                columns |= dict.fromkeys(self.factors, "VARCHAR")
            nothing = ", ".join(f"NULL::{kind} AS {_name(c)}" for c, kind in columns.items())
            return f"SELECT {nothing} WHERE false"
        described = db.execute(f"DESCRIBE SELECT * FROM {parquet.source(parts)}").fetchall()
        columns = {row[0]: row[1] for row in described}
        once = "key, hour" if name == "hours" else "key"
        order = _ORDER[name]
        chosen = "*"
        if name in {"runs", "failed"}:
            bases = self.manifest["factors"]
            varied = [f for f in bases if f in columns]
            filled = [
                f"coalesce({_name(f)}, {_value(bases[f])}::{columns[f]}) AS {_name(f)}"
                for f in varied
                if bases[f] is not None
            ]
            chosen = f"* REPLACE ({', '.join(filled)})" if filled else "*"
            order = ", ".join([*map(_name, varied), order])
        each = f"SELECT DISTINCT ON ({once}) * FROM {parquet.source(parts)}"
        return f"SELECT {chosen} FROM ({each}) ORDER BY {order}"

    def keys(self, table: str) -> set[str]:
        """Return the keys of all runs that have rows in a table."""
        return keys_in(parts_of(self.folder, table))

    def done(self, *, with_hours: bool) -> set[str]:
        """Return the keys of runs that are done: all of their rows are there.

        Parameters
        ----------
        with_hours
            Whether rows of ``hours`` belong to a run.
        """
        good = self.keys("runs")
        if with_hours:
            good &= self.keys("hours")
        return (good | self.keys("failed")) & self.keys("timing")


def repair_command(manifest: dict[str, Any], folder: Path) -> str:
    """Say what sets damaged parts aside and does their runs again."""
    command = str(manifest.get("command") or "")
    if command.startswith("sim."):
        return f"sim.sweep(spec, out={str(folder)!r}, repair=True)"
    return f"{command or f'besiege sweep SPEC.toml --out {shlex.quote(str(folder))}'} --repair"


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write what a sweep's folder says of itself, with a checksum."""
    told = {**manifest, "checksum": _checksum(manifest)}
    write_text(folder / "manifest.json", to_json(told))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a sweep's folder says of itself.

    Raises
    ------
    BesiegeError
        If it is no sweep's folder, or the manifest is damaged or lost.
    """
    path = folder / "manifest.json"
    parts = all_parts(folder) if os.path.isdir(folder) else []
    mend = f"to write it again from the parts: {repair_command({}, folder)}"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found["factors"], dict):
            raise TypeError("factors is not a table")
        checksum = found.pop("checksum", None)
        is_of_now = checksum is not None or any(map(has_checksum, parts))
        if is_of_now and checksum != _checksum(found):
            raise ValueError("its content is not what was written")
    except FileNotFoundError:
        lost = f"{path}: missing; {mend}" if parts else f"{quote(str(folder))}: contains no sweep (no manifest.json)"  # fmt: skip
        raise BesiegeError(lost) from None
    except OSError as error:
        raise BesiegeError(f"{quote(str(path))}: cannot be read ({reason(error)})") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BesiegeError(f"{quote(str(path))}: damaged ({first_line(error)}); {mend}") from None
    return found


def to_json(data: dict[str, Any]) -> str:
    """Write a table of names as JSON, for people as well."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _checksum(manifest: dict[str, Any]) -> str:
    told = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put Ctrl-C off until what is being written is whole."""
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield
        return
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if asked:
        usual(asked[0], None)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _value(label: Any) -> str:
    if isinstance(label, bool):
        return str(label).lower()
    return repr(label) if isinstance(label, (int, float)) else text(label)
