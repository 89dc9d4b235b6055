"""Tables to Parquet and back, by DuckDB: what is not a number becomes NULL."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from sim.core.quoting import LONGEST_NAME, quote, reason, short
from sim.core.units import BesiegeError


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table (`write_all`)."""
    write_all({path: table})


def write_all(tables: Mapping[Path, pd.DataFrame]) -> None:
    """Write tables, each to its path; a reader sees a whole file or none.

    Equal tables give equal bytes: one thread, rows in order. Raises as `write_in_place` does.
    """
    with _connect() as db:
        for path, table in tables.items():
            part = path.with_suffix(".part")
            _copy(db, table, part)
            part.replace(path)


def write_in_place(table: pd.DataFrame, path: Path, note: str = "") -> None:
    """Write a table where it is to stand, with a note in the file's metadata.

    Raises
    ------
    OSError
        If the system does not let it be written, as on a full disk; nothing of it is left.
    """
    with _connect() as db:
        _copy(db, table, path, note)


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def _copy(db: duckdb.DuckDBPyConnection, table: pd.DataFrame, path: Path, note: str = "") -> None:
    columns = ", ".join(
        f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}"
        if pd.api.types.is_float_dtype(kind)
        else name
        for name, kind in zip(map(_column, table.columns), table.dtypes, strict=True)
    )
    noted = f", KV_METADATA {{besiege: '{_quoted(note)}'}}" if note else ""
    db.register("given", table)
    try:
        db.execute(
            f"COPY (SELECT {columns} FROM given) TO '{_quoted(path)}' "
            f"(FORMAT parquet, COMPRESSION zstd{noted})"
        )
    except (duckdb.Error, OSError) as error:
        path.unlink(missing_ok=True)
        raise _of_the_system(error) from None


def _of_the_system(error: Exception) -> Exception:
    """Return the system's own error where DuckDB wraps one, with the number in its words."""
    number = re.search(r'"errno":"(\d+)"', str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else error


def read(path: Path) -> pd.DataFrame:
    """Read a table.

    Raises
    ------
    BesiegeError
        If the file is not there or is damaged.
    """
    name = quote(str(path))
    try:
        path.stat()
        with _connect() as db:
            return db.execute(f"SELECT * FROM {source([path])}").df()
    except (OSError, ValueError) as error:
        raise BesiegeError(f"{name}: cannot be read ({reason(error)})") from None
    except duckdb.Error as error:
        said = str(error).strip().partition("\n")[0]
        raise BesiegeError(
            f"{name}: damaged, or not Parquet ({short(said, LONGEST_NAME)})"
        ) from None


def source(paths: Sequence[Path]) -> str:
    """Return the words that read files as one table in SQL: these files, as they were written.

    DuckDB would take ``*``, ``?`` and ``[`` in a folder's name for a pattern, and a folder
    ``seed=7`` for a column, which would hide the file's own.
    """
    return f"read_parquet({_listed(paths)}, union_by_name = true, hive_partitioning = false)"


def _listed(paths: Sequence[Path]) -> str:
    plain = (re.sub(r"[*?\[]", r"[\g<0>]", str(path)) for path in paths)
    return "[" + ", ".join(f"'{_quoted(path)}'" for path in plain) + "]"


def read_notes(paths: list[Path]) -> dict[Path, str]:
    """Read the notes that files were written with, of those that have one."""
    if not paths:
        return {}
    with _connect() as db:
        found = db.execute(
            f"SELECT file_name, value FROM parquet_kv_metadata({_listed(paths)}) WHERE key = 'besiege'::BLOB"
        ).fetchall()
    return {Path(name): value.decode() for name, value in found}


def _column(name: object) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
