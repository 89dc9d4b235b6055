"""Tables to Parquet and back, by DuckDB: what is not a number becomes NULL."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd


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
        f'CASE WHEN isnan("{name}") THEN NULL ELSE "{name}" END AS "{name}"'
        if pd.api.types.is_float_dtype(kind)
        else f'"{name}"'
        for name, kind in table.dtypes.items()
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
    """Read a table."""
    with _connect() as db:
        return db.execute(f"SELECT * FROM read_parquet('{_quoted(path)}')").df()


def read_notes(paths: list[Path]) -> dict[Path, str]:
    """Read the notes that files were written with, of those that have one."""
    if not paths:
        return {}
    listed = ", ".join(f"'{_quoted(path)}'" for path in paths)
    with _connect() as db:
        found = db.execute(
            f"SELECT file_name, value FROM parquet_kv_metadata([{listed}]) WHERE key = 'besiege'::BLOB"
        ).fetchall()
    return {Path(name): value.decode() for name, value in found}


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
