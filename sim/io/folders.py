"""Folders that commands write and read."""

import contextlib
import errno
import hashlib
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.core.quoting import quote, reason
from sim.core.units import BesiegeError


def prepare_folder(folder: str | Path) -> Path:
    """Make a folder that can be written, before any work is done for it.

    Raises
    ------
    BesiegeError
        If it cannot.
    """
    out = Path(folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except (OSError, ValueError) as error:
        raise unwritable(out, error) from None
    return out


def check_folder(folder: str | Path) -> Path:
    """Refuse a folder that cannot be written, before any work is done for it; leave no trace.

    Raises
    ------
    BesiegeError
        If it cannot be written.
    """
    out = Path(folder)
    _check_path(out)
    missing = [place for place in (out, *out.parents) if not os.path.exists(place)]
    try:
        return prepare_folder(out)
    finally:
        for made in missing:
            remove_if_empty(made)


def check_file(path: str | Path) -> Path:
    """Refuse a file that cannot be written, before any work is done for it; leave no trace.

    Raises
    ------
    BesiegeError
        If it is a folder, or stands in one that cannot be written.
    """
    out = Path(path)
    if os.path.isdir(out):
        raise BesiegeError(
            f"--out: given {quote(str(out))}, which is a folder, allowed a file in it"
        )
    _check_path(out)
    check_folder(out.parent)
    return out


def _check_path(out: Path) -> None:
    """Refuse what no file system takes as a path."""
    try:
        out.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        raise unwritable(out, error) from None


def remove_if_empty(folder: Path) -> None:
    """Take a folder away that holds nothing; one that is not there, or in use, is left alone."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def unwritable(out: Path, error: Exception) -> BesiegeError:
    """Say that a folder or file cannot be written, and why."""
    why = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0][:300]
    if found := re.search(
        r'"exception_message":"(.+?[^\\])"[,}]', why
    ):  # DuckDB's, inside its words
        why = found[1].replace("\\", "")
    return BesiegeError(f"--out: given {quote(str(out))}, allowed one that can be written ({why})")


def put_in_place(half: Path, path: Path) -> None:
    """Return a finished file its name; a power cut leaves the whole file under it, or none.

    The file reaches the disk before its name does, and the name before this returns: 21 ms, at
    worst 40, as measured on a busy machine with ext4 on a virtual disk.
    """
    with half.open("rb+") as file:
        os.fsync(file.fileno())
    half.replace(path)
    _sync_names(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, after a power cut as well."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as `write_text` does."""
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    half.write_bytes(content)
    put_in_place(half, path)


def _sync_names(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # a file system that has no such thing
            raise
    finally:
        os.close(opened)


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write one JSON object, for people as well."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


MARKS = {
    "comparison": "comparison.json",
    "sweep": "manifest.json",
    "hindcast": "hindcast.json",
    "run": "outcomes.json",
}
"""What a folder holds, by the file that only such a folder has."""


def kind_of(folder: Path) -> str:
    """Say what a command left in a folder: one of `MARKS`.

    Raises
    ------
    BesiegeError
        If it is no such folder.
    """
    for kind, mark in MARKS.items():
        if os.path.isfile(folder / mark):
            return kind
    found = "no such folder" if not os.path.isdir(folder) else "it contains none of these"
    raise BesiegeError(
        f"folder: given {quote(str(folder))} ({found}), allowed the folder of a finished run, comparison, "
        "sweep or hindcast"
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read one JSON object that a command has written.

    Raises
    ------
    BesiegeError
        If there is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BesiegeError(
            f"folder: given {quote(str(path.parent))}, {path.name} cannot be read ({reason(error)})"
        ) from None
    if not isinstance(found, dict):
        raise BesiegeError(
            f"folder: given {quote(str(path.parent))}, {path.name} contains no table of names"
        )
    return found


def read_outcomes(folder: Path) -> dict[str, Any]:
    """Read the outcomes of a finished run.

    Raises
    ------
    BesiegeError
        If the folder holds none.
    """
    found = read_json(folder / "outcomes.json")
    if not {"scenario", "seed", "outcomes"} <= set(found):
        raise BesiegeError(
            f"folder: given {quote(str(folder))}, allowed the folder of a finished run"
        )
    return found


def file_hash(path: str | Path) -> str:
    """Return a hash of what a file holds, empty if it cannot be read; read anew if it changed."""
    try:
        state = Path(path).stat()
        return _hash_of(str(path), state.st_size, state.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=64)
def _hash_of(path: str, size: int, changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
