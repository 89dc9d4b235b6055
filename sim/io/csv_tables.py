"""CSV in: one strict reader for every table that people write."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sim.core.quoting import format_value, quote, short
from sim.core.texts import control_character
from sim.core.units import BesiegeError

_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}  # fmt: skip
"""With what a text in an encoding that is not read begins; the longer ones first."""
_AS_UTF_8 = "allowed UTF-8: save it as CSV UTF-8"
_PARTED = {";": "semicolons", "\t": "tabs", "|": "bars"}


class Row(NamedTuple):
    """A row of a table: the line it ends in, and its cells by column, without blanks around."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table as it stands in a file: ``name`` is what messages call it."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def at(self, row: Row) -> str:
        """Say where a row stands."""
        return f"{self.name} line {row.line}"


def read_csv(path: str | Path) -> CsvTable:
    """Read a table: a line of column names, then rows of as many cells; blank rows are left out.

    Raises
    ------
    BesiegeError
        In one line that names the file and the line: what cannot be read or is not UTF-8, columns
        that have no name or one name twice or are not parted by commas, a row that is longer or
        shorter than the first line.
    """
    name = quote(str(path))
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # a name may hold what no file system takes
        why = getattr(error, "strerror", None) or str(error)
        raise BesiegeError(f"{name}: cannot be read ({why.lower()})") from None
    return parse_csv(data, name)


def parse_csv(data: bytes, name: str) -> CsvTable:
    """Parse a table (`read_csv`)."""
    reader = csv.reader(io.StringIO(_text_of(data, name), newline=""), strict=True)
    rows = []
    try:
        columns = _columns_of(next(reader, []), name)
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != len(columns):
                raise BesiegeError(
                    f"{name} line {reader.line_num}: given {len(cells)} values, allowed "
                    f"{len(columns)}{_hint(cells, len(columns))}"
                )
            rows.append(Row(reader.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        raise BesiegeError(f"{name} line {reader.line_num}: not CSV ({error})") from None
    return CsvTable(name, columns, tuple(rows))


def _text_of(data: bytes, name: str) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            raise BesiegeError(f"{name}: cannot be read (it is {encoding}), {_AS_UTF_8}")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise BesiegeError(
            f"{name}: cannot be read (line {line} has a zero byte, as UTF-16 has), {_AS_UTF_8}"
        )
    try:
        text = data.decode("utf-8-sig")  # spreadsheets begin a file with a mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"line {line} has a byte 0x{data[error.start]:02x} that is not UTF-8"
        raise BesiegeError(f"{name}: cannot be read ({what}), {_AS_UTF_8}") from None
    sign = control_character(text, "\t\n\r")
    if sign is not None:
        before, _, after = text.partition(sign)
        cell = re.split(r"[,\n]", before)[-1] + sign + re.split(r"[,\n]", after)[0]
        raise BesiegeError(
            f"{name} line {before.count('\n') + 1}: given {format_value(cell)} with the sign "
            f"U+{ord(sign):04X}, allowed a text without control characters"
        )
    return text


def _columns_of(header: list[str], name: str) -> tuple[str, ...]:
    columns = tuple(column.strip() for column in header)
    if not any(columns):
        given = "an empty file" if not header else "a first line without any text"
        raise BesiegeError(f"{name}: given {given}, allowed a first line of column names")
    for sign, word in _PARTED.items():
        if any(sign in column for column in columns):
            raise BesiegeError(
                f"{name} line 1: given columns separated by {word}, allowed commas "
                "(and decimal points in numbers)"
            )
    if "" in columns:
        raise BesiegeError(
            f"{name} line 1: column {columns.index('') + 1}: given no name, allowed a name for "
            f"each of the {len(columns)} columns"
        )
    twice = [column for column, n in Counter(columns).items() if n > 1]
    if twice:
        raise BesiegeError(
            f"{name} line 1: column {short(quote(twice[0]))}: given twice, allowed once"
        )
    return columns


def _hint(cells: list[str], n: int) -> str:
    """Say what is likely wrong with a row of another length than the first line."""
    if len(cells) < n:
        return ""
    whole = [cell for cell in cells if re.fullmatch(r"[+-]?\d+", cell)]
    if len(whole) > 1:
        return "; a number with a decimal comma needs a point, a value with a comma needs quotes"
    return f"; a value with a comma in it needs quotes, after {short(format_value(cells[n - 1]))}"
