"""Tables to Parquet and back, by DuckDB: what is not a number becomes NULL."""

import os
import re
from pathlib import Path

import duckdb
import pandas as pd


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table; a reader sees the whole file or none.

    Equal tables give equal bytes: one thread, rows in order.

    Raises
    ------
    OSError
        If the system does not let it be written, as on a full disk; nothing of it is left.
    """
    part = path.with_suffix(".part")
    columns = ", ".join(
        f'CASE WHEN isnan("{name}") THEN NULL ELSE "{name}" END AS "{name}"'
        if pd.api.types.is_float_dtype(kind)
        else f'"{name}"'
        for name, kind in table.dtypes.items()
    )
    with duckdb.connect(config={"threads": 1}) as db:
        db.register("given", table)
        try:
            db.execute(
                f"COPY (SELECT {columns} FROM given) TO '{_quoted(part)}' (FORMAT parquet, COMPRESSION zstd)"
            )
            part.replace(path)
        except (duckdb.Error, OSError) as error:
            part.unlink(missing_ok=True)
            raise _of_the_system(error) from None


def _of_the_system(error: Exception) -> Exception:
    """Give the system's own error where DuckDB wraps one, with the number in its words."""
    number = re.search(r'"errno":"(\d+)"', str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else error


def read(path: Path) -> pd.DataFrame:
    """Read a table."""
    with duckdb.connect(config={"threads": 1}) as db:
        return db.execute(f"SELECT * FROM read_parquet('{_quoted(path)}')").df()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
