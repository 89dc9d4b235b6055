"""Tables to Parquet and back, by DuckDB: what is not a number becomes NULL."""

from pathlib import Path

import duckdb
import pandas as pd


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table; a reader sees the whole file or none.

    Equal tables give equal bytes: one thread, rows in order.
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
        db.execute(
            f"COPY (SELECT {columns} FROM given) TO '{_quoted(part)}' (FORMAT parquet, COMPRESSION zstd)"
        )
    part.replace(path)


def read(path: Path) -> pd.DataFrame:
    """Read a table."""
    with duckdb.connect(config={"threads": 1}) as db:
        return db.execute(f"SELECT * FROM read_parquet('{_quoted(path)}')").df()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
