"""Parts of a sweep's tables: Parquet files whose names end with a checksum of their bytes.

``runs/all-000012-0123456789abcdef.parquet`` is part 12 of the table ``runs``, written by a sweep
that was done whole (by shard 1 of 3: ``1of3-…``). The last word is the first 16 digits of the
file's SHA-256, so any byte that has changed since is told, and the file needs no other beside it.
Its metadata says of which sweep it is. Parts of version 0.1 have neither: such a part is read
in full instead, which finds most damage and not all.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from sim.core.quoting import LONGEST_NAME, short
from sim.core.units import BesiegeError
from sim.io import parquet
from sim.io.folders import put_in_place

TABLES = ("runs", "failed", "hours", "timing")
STRUCK = ("failed", "timing")
"""Tables that lose rows: those of failed runs that are done again."""
ASIDE = "damaged"
"""The folder inside a sweep's that keeps what was set aside."""
_NAME = re.compile(r"(?P<stem>.*?(?P<number>\d+))(-(?P<sum>[0-9a-f]{16}))?\.parquet")


def parts_of(folder: Path, table: str) -> list[Path]:
    """List the parts of a table, in the order of their names."""
    return sorted((folder / table).glob("*.parquet"))


def all_parts(folder: Path) -> list[Path]:
    """List the parts of all tables."""
    return [part for table in TABLES for part in parts_of(folder, table)]


def number_of(part: Path) -> int:
    """Return the number of a part, 0 if its name has none."""
    found = _NAME.fullmatch(part.name)
    return int(found["number"]) if found else 0


def write_part(rows: pd.DataFrame, place: Path, about: dict[str, Any]) -> Path:
    """Write a part, whole and on the disk itself, or not at all.

    Parameters
    ----------
    rows
        What stands in it.
    place
        Folder and name, without checksum and suffix.
    about
        What it says of the sweep.

    Returns
    -------
    pathlib.Path
        The part's file.

    Raises
    ------
    BesiegeError
        If it cannot be written; nothing of it is left.
    """
    half = place.with_name(f"{place.name}.part")
    try:
        parquet.write_in_place(rows, half, json.dumps(about, ensure_ascii=False))
        part = place.with_name(f"{place.name}-{_checksum(half)}.parquet")
        put_in_place(half, part)
    except (duckdb.Error, OSError) as error:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise BesiegeError(
            f"--out: {place.parent} cannot be written ({first_line(error)}); "
            "finished runs are kept, and the same command continues from them"
        ) from None
    return part


def abouts(parts: list[Path]) -> dict[Path, dict[str, Any]]:
    """Read what parts say of their sweep; those that have no checksum say nothing."""
    return {part: json.loads(note) for part, note in parquet.read_notes(parts).items()}


def has_checksum(part: Path) -> bool:
    """Return whether a part's name carries the checksum of its bytes."""
    found = _NAME.fullmatch(part.name)
    return found is not None and found["sum"] is not None


def damage_of(part: Path) -> str:
    """Say what is wrong with a part, empty if it is whole.

    Reading it costs a second for about 600 MB; a part that has no checksum costs more.
    """
    if not has_checksum(part):
        try:
            with duckdb.connect(config={"threads": 1}) as db:
                db.execute(f"SELECT count(DISTINCT columns(*)) FROM {parquet.source([part])}")
        except duckdb.Error as error:
            return first_line(error)
        return ""
    try:
        whole = part.stem.endswith(_checksum(part))
    except FileNotFoundError:
        raise
    except OSError as error:  # a disk that cannot read it
        return first_line(error)
    return "" if whole else "its bytes are not those that were written"


def keys_in(parts: list[Path]) -> set[str]:
    """Return the keys of all runs of which parts hold rows."""
    if not parts:
        return set()
    with duckdb.connect(config={"threads": 1}) as db:
        rows = db.execute(f"SELECT DISTINCT key FROM {parquet.source(parts)}").fetchall()
    return {row[0] for row in rows}


def strike(folder: Path, table: str, keys: Iterable[str]) -> None:
    """Take the rows of some runs out of a table.

    A part that holds some is written again without them, under its number, and then removed.
    Whoever does this is alone (`sim.lab.storage.locks.FolderLock.alone`).
    """
    struck = set(keys)
    for part in parts_of(folder, table):
        if not struck & keys_in([part]):
            continue
        rows = parquet.read(part)
        left = rows[~rows["key"].isin(struck)]
        if len(left):
            write_part(left, part.with_name(_stem_of(part)), abouts([part]).get(part, {}))
        part.unlink()


def finish_strikes(folder: Path) -> None:
    """Remove parts that were written again when something stopped it before they were removed."""
    for table in STRUCK:
        newest: dict[str, set[str]] = {}
        for keys, part in sorted(((keys_in([p]), p) for p in parts_of(folder, table)), key=_size):
            stem = _stem_of(part)
            if stem in newest and newest[stem] <= keys:
                part.unlink()
            newest.setdefault(stem, keys)


def _size(found: tuple[set[str], Path]) -> int:
    return len(found[0])


def check_parts(parts: list[Path], mend: str) -> None:
    """Make sure that parts are as they were written.

    Parameters
    ----------
    parts
        The files.
    mend
        The command that sets damaged ones aside.

    Raises
    ------
    BesiegeError
        If one is damaged.
    """
    for part in parts:
        if why := damage_of(part):
            raise BesiegeError(
                f"{part}: damaged ({why}), allowed a part as it was written; to move it aside and "
                f"repeat its runs: {mend}"
            )


def set_aside(folder: Path, found: Path) -> Path:
    """Move a file of a sweep's folder to where nothing reads it, and give its new place."""
    target = folder / ASIDE / found.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    n = 1
    while target.exists():
        n += 1
        target = target.with_name(f"{found.name}.{n}")
    found.replace(target)
    return target


def text(value: object) -> str:
    """Quote a value as text in SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    said = getattr(error, "strerror", None) or str(error)
    return short(said.strip().partition("\n")[0], LONGEST_NAME)


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]


def _stem_of(part: Path) -> str:
    found = _NAME.fullmatch(part.name)
    return found["stem"] if found else part.stem
