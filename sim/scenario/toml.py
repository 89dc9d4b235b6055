"""TOML in: from the library or a file, made ready for strict validation."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from sim.core.calendar import CHINA, HOUR_ZERO
from sim.core.quoting import format_value, nearest_name, quote
from sim.core.units import BesiegeError
from sim.scenario.messages import is_dated, path_of, unknown_name, wrong_value
from sim.scenario.schema import Kind, Nested, Step, inside, is_table

_READY = frozenset({float, int, bool, type(None)})
"""What is ready for validation wherever it stands."""
_DEEPEST = 40
"""Levels of tables that are read: more than a scenario needs, fewer than Python bears."""


def library_names(folder: str) -> list[str]:
    """Name what the library holds in ``scenarios`` or ``responses``."""
    base = resources.files("sim") / "library" / folder
    return sorted(f.name[:-5] for f in base.iterdir() if f.name.endswith(".toml"))


def library_list(folder: str) -> list[tuple[str, str]]:
    """Return name and description of what the library holds in a folder."""
    return [(n, str(read(n, folder).get("description", ""))) for n in library_names(folder)]


def is_file_name(source: str | Path) -> bool:
    """Return whether a source is meant as a file and not as a name of the library."""
    name = str(source)
    is_toml = name.lower().endswith(".toml")
    return isinstance(source, Path) or is_toml or "/" in name or "\\" in name


def meant_file(source: str | Path) -> str | None:
    """Return the TOML file that was meant by a name that ends much like it, as ``mine.tml``."""
    path = Path(source)
    near = difflib.get_close_matches(path.suffix.lower()[:20], [".toml"], 1, 0.7)
    return str(path.with_suffix(".toml")) if near and path.suffix.lower() != ".toml" else None


def read(source: str | Path, folder: str) -> dict[str, Any]:
    """Read a TOML document from the library or a file.

    Raises
    ------
    BesiegeError
        For an unknown name, a file that cannot be read or is not TOML.
    """
    if not isinstance(source, (str, Path)):
        what = f"{folder[:-1]}: given {format_value(source)}"
        raise BesiegeError(f"{what}, allowed a name from the library or a TOML file")
    name = quote(str(source))
    if is_file_name(source):
        data = _bytes_of(Path(source), name, folder)
    elif str(source) in library_names(folder):
        base = resources.files("sim") / "library" / folder
        data = (base / f"{source}.toml").read_bytes()
    elif (meant := meant_file(source)) is not None:
        raise BesiegeError(
            f"{folder[:-1]}: given {name}, allowed the name of a TOML file, which ends in "
            f".toml; did you mean {quote(meant)}?"
        )
    else:
        known = library_names(folder)
        raise BesiegeError(unknown_name(folder[:-1], str(source), known, " or a TOML file"))
    return parse_toml(data, name)


def _bytes_of(path: Path, name: str, folder: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        near = nearest_name(path.stem, library_names(folder), 0.75)
        meant = meant_file(path)
        hint = f"; did you mean {near} from the library?" if near else ""
        hint = f"; did you mean {quote(meant)}?" if meant and Path(meant).is_file() else hint
        raise BesiegeError(f"{name}: no such file{hint}") from None
    except IsADirectoryError:
        raise BesiegeError(f"{name}: is a directory, allowed a TOML file") from None
    except (OSError, ValueError) as error:  # a name may hold what no file system takes
        why = getattr(error, "strerror", None) or str(error)
        raise BesiegeError(f"{name}: cannot be read ({why.lower()})") from None


def parse_toml(data: bytes, name: str) -> dict[str, Any]:
    """Parse a TOML document; whatever is wrong with it is a line that names the file."""
    try:
        text = data.decode("utf-8-sig")  # editors on Windows begin a file with a mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"line {line} has a byte 0x{data[error.start]:02x} that is not UTF-8"
        raise BesiegeError(f"{name}: not a TOML file ({what})") from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BesiegeError(f"{name}: not TOML: {_why(str(error), text)}") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise BesiegeError(f"{name}: not TOML: an integer has too many digits") from None
    except RecursionError:
        raise BesiegeError(f"{name}: nested too deeply") from None
    return found


def _why(said: str, text: str) -> str:
    """Say what is wrong with a TOML text, where, and what stands there."""
    lines = text.rstrip().split("\n")
    said = said.replace("at end of document", f"at line {len(lines)}, the last")
    said = said.replace("Cannot overwrite a value", "a key is given twice")
    found = re.search(r"at line (\d+)", said)
    line = lines[min(int(found[1]), len(lines)) - 1].strip() if found else ""
    return " ".join(said.split()) + (f": {format_value(line)}" if line else "")


def hour_of(moment: date, path: str) -> int:
    """Turn a date, UTC+8 unless it says so itself, into hours since 10 October 2011, 00:00.

    Raises
    ------
    BesiegeError
        For a moment before hour 0 or not on a full hour.
    """
    when = moment if isinstance(moment, datetime) else datetime(*moment.timetuple()[:3])
    when = when if when.tzinfo else when.replace(tzinfo=CHINA)
    hours, rest = divmod(when - HOUR_ZERO, timedelta(hours=1))
    if rest or hours < 0:
        raise BesiegeError(
            f"{path}: given {format_value(moment)}, allowed a full hour, {HOUR_ZERO:%Y-%m-%dT%H:%M:%S} or later (UTC+8)"
        )
    return hours


def prepare(
    value: Nested, root: type[BaseModel], kinds: Sequence[Kind] = (), steps: tuple[Step, ...] = ()
) -> Nested:
    """Make nested data ready for strict validation.

    Lists become tuples, dates become hours where an hour is asked for, numpy's numbers become
    Python's; a list where a table belongs is refused, which pydantic would take for a named
    tuple. What is validated already is left alone.
    """
    if len(steps) > _DEEPEST:
        raise BesiegeError(f"{path_of(steps[:4])}…: nested too deeply, allowed {_DEEPEST} levels")
    kinds = kinds or ([] if steps else [root])
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half a character, which no file can hold
            given, where = format_value(value), path_of(steps)
            raise BesiegeError(f"{where}: given {given}, allowed whole characters") from None
    if isinstance(value, dict):
        return {
            str(key): item
            if type(item) in _READY
            else prepare(item, root, inside(kinds, str(key))[0] or [object], (*steps, str(key)))
            for key, item in value.items()
        }
    if isinstance(value, BaseModel) or (is_table(type(value)) and type(value) in kinds):
        return value
    if isinstance(value, (list, tuple)):
        if any(is_table(kind) for kind in kinds):
            raise BesiegeError(wrong_value(root, steps, value))
        return tuple(
            prepare(item, root, inside(kinds, i)[0] or [object], (*steps, i))
            for i, item in enumerate(value)
        )
    if is_dated(steps) and (moment := _as_date(value)) is not None:
        return hour_of(moment, path_of(steps))
    return value


def _as_date(value: Nested) -> date | None:
    """Return a date, in quotes or not; none if it is something else."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) else None
