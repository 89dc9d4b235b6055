"""The folder of a sweep: Parquet parts renamed into place, read by DuckDB.

A part of ``runs`` or ``failed`` says which runs are done; parts of ``hours`` and ``timing`` with
the same name are written before it. So whatever stops a sweep, a run is there whole or is done
again.
"""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from sim import parquet
from sim.units import BesiegeError

TABLES = ("runs", "failed", "hours", "timing")
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


class Store:
    """A sweep's folder, to be read.

    Parameters
    ----------
    folder
        As `sweep` wrote it.

    Raises
    ------
    BesiegeError
        If it is none, or a part of it is damaged.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)

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
        """Give a table, in an order that depends on its rows alone."""
        return self.sql(f"SELECT * FROM {name}")

    def sql(self, query: str) -> pd.DataFrame:
        """Answer a query over the tables ``runs``, ``failed``, ``hours`` and ``timing``.

        Raises
        ------
        BesiegeError
            For a query that DuckDB cannot answer, or a part that is damaged.
        """
        with duckdb.connect(config={"threads": 1}) as db:
            for name in TABLES:
                db.execute(f"CREATE VIEW {name} AS {self._select(db, name)}")
            try:
                return db.execute(query).df()
            except duckdb.Error as error:
                raise BesiegeError(f"sql: {_first_line(error)}") from None

    def _select(self, db: duckdb.DuckDBPyConnection, name: str) -> str:
        """Say how a table is read: each run once, a factor that came later at its old value."""
        parts = sorted((self.folder / name).glob("*.parquet"))
        if not parts:
            columns = dict(_EMPTY[name])
            if name in {"runs", "failed"}:
                columns |= dict.fromkeys(self.factors, "VARCHAR")
            nothing = ", ".join(f"NULL::{kind} AS {_name(c)}" for c, kind in columns.items())
            return f"SELECT {nothing} WHERE false"
        source = f"read_parquet([{', '.join(map(_text, parts))}], union_by_name = true)"
        try:
            described = db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        except duckdb.Error:
            check_parts(parts)
            raise
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
        return (
            f"SELECT {chosen} FROM (SELECT DISTINCT ON ({once}) * FROM {source}) ORDER BY {order}"
        )

    def done_keys(self) -> set[str]:
        """Give the keys of all runs that are done, failed ones as well.

        Raises
        ------
        BesiegeError
            If a part is damaged.
        """
        keys: set[str] = set()
        for name in ("runs", "failed"):
            parts = sorted((self.folder / name).glob("*.parquet"))
            check_parts(parts)
            if parts:
                keys |= set(self.sql(f"SELECT key FROM {name}")["key"])
        return keys


def check_parts(parts: list[Path]) -> None:
    """Read the whole of each part.

    Raises
    ------
    BesiegeError
        If one is damaged; it names the part and what to do.
    """
    with duckdb.connect(config={"threads": 1}) as db:
        for part in parts:
            try:
                db.execute(f"SELECT count(DISTINCT columns(*)) FROM read_parquet({_text(part)})")
            except duckdb.Error as error:
                raise BesiegeError(
                    f"{part}: damaged ({_first_line(error)}); delete it and repeat the sweep: "
                    "only its runs are done again"
                ) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a sweep's folder says of itself.

    Raises
    ------
    BesiegeError
        If it is no sweep's folder.
    """
    path = folder / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found["factors"], dict):
            raise TypeError("factors is no table")
    except FileNotFoundError:
        raise BesiegeError(f"{folder}: holds no sweep (no manifest.json)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BesiegeError(f"{path}: damaged ({_first_line(error)}); delete it and repeat the sweep") from None  # fmt: skip
    return found


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


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


def write_part(table: pd.DataFrame, path: Path) -> None:
    """Write a part of a table, whole or not at all.

    Raises
    ------
    BesiegeError
        If it cannot be written; nothing of it is left.
    """
    try:
        parquet.write(table, path)
    except (duckdb.Error, OSError) as error:
        path.with_suffix(".part").unlink(missing_ok=True)
        raise BesiegeError(
            f"--out: {path.parent} cannot be written ({_first_line(error)}); "
            "what is there is kept, and the same command goes on from it"
        ) from None


def _first_line(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return said.strip().partition("\n")[0][:300]


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _value(label: Any) -> str:
    if isinstance(label, bool):
        return str(label).lower()
    return repr(label) if isinstance(label, (int, float)) else _text(label)
