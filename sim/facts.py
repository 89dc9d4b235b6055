"""Reported facts: a table of quantities, their bounds and sources, to hold beside a run."""

import csv
import difflib
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from sim import expressions
from sim.messages import say
from sim.record import Record
from sim.units import BesiegeError

USES = ("calibrate", "check", "derived", "input")
"""What a fact is for: fitted to, compared with, compared but worked out of others, put in."""

LIBRARY = "facts-2011.csv"


@dataclass(frozen=True, slots=True)
class Fact:
    """What was reported: a quantity between two bounds, both included."""

    id: str
    pattern: str
    quantity: str
    outcome: str  # an expression, or empty for what is put in
    low: float
    high: float
    unit: str
    window: str
    use: str  # one of `USES`
    source: str

    def holds(self, value: float) -> bool:
        """Say whether a value lies within the bounds."""
        return self.low <= value <= self.high


COLUMNS = tuple(f.name for f in fields(Fact))


class Reading(NamedTuple):
    """A fact beside a run.

    ``inside`` is ``None`` where the run cannot say: the fact has no expression, or looks at
    hours that the run has not reached. A value that does not exist in a run that got as far
    (no truce, so no hour of the truce) is outside.
    """

    fact: Fact
    value: float | None
    inside: bool | None


def beside(record: Record, facts: Iterable[Fact]) -> list[Reading]:
    """Read every fact off a record."""
    return [_read_off(record, fact) for fact in facts]


def _read_off(record: Record, fact: Fact) -> Reading:
    if not fact.outcome:
        return Reading(fact, None, None)
    expression = expressions.parse(fact.outcome)
    if expression.stop > record.hours:
        return Reading(fact, None, None)
    value = expression.value(record)
    return Reading(fact, value, value is not None and fact.holds(value))


def load_facts(path: str | Path | None = None) -> tuple[Fact, ...]:
    """Load a facts table, a CSV file with the columns of `Fact`; the library's if none is given.

    Raises
    ------
    BesiegeError
        In one line: the file, the line, the column, what was given and what is allowed.
    """
    name = LIBRARY if path is None else str(path)
    try:
        if path is None:
            text = (resources.files("sim") / "library" / LIBRARY).read_text("utf-8")
        else:
            text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BesiegeError(
            f"{name}: cannot be read ({error.__class__.__name__}: {error})"
        ) from None
    facts = tuple(_fact(row, f"{name} line {line}") for line, row in _rows(text, name))
    if not facts:
        raise BesiegeError(f"{name}: given no fact, allowed at least one line below the header")
    twice = [f for f, n in Counter(fact.id for fact in facts).items() if n > 1]
    if twice:
        raise BesiegeError(f"{name}: column id: given {twice[0]!r} twice, allowed once")
    return facts


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        _check_header(header, name)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise BesiegeError(
                    f"{name} line {reader.line_num}: given {len(row)} values, allowed {len(header)}"
                    "; a value with a comma in it needs quotes"
                )
            cells = (cell.strip() for cell in row)
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise BesiegeError(f"{name} line {reader.line_num}: not CSV ({error})") from None


def _check_header(header: list[str], name: str) -> None:
    if not header:
        raise BesiegeError(f"{name}: given an empty file, allowed the columns {', '.join(COLUMNS)}")
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        near = difflib.get_close_matches(missing[0], set(header) - set(COLUMNS), 1)
        hint = f"; did you mean it by {near[0]!r}?" if near else ""
        raise BesiegeError(
            f"{name} line 1: column {missing[0]}: missing, given {', '.join(map(say, header))}, "
            f"allowed with all of {', '.join(COLUMNS)}{hint}"
        )


def _fact(row: dict[str, str], place: str) -> Fact:
    if not row["id"]:
        raise BesiegeError(f"{place}: column id: given nothing, allowed a name of its own")
    low, high = (_number(row[column], f"{place}: column {column}") for column in ("low", "high"))
    if low > high:
        raise BesiegeError(
            f"{place}: columns low, high: given {row['low']} and {row['high']}, allowed low <= high"
        )
    use, outcome = row["use"], row["outcome"]
    if use not in USES:
        near = difflib.get_close_matches(use, USES, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BesiegeError(f"{place}: column use: given {use!r}, allowed {', '.join(USES)}{hint}")
    if outcome:
        try:
            expressions.check(outcome)
        except BesiegeError as error:
            raise BesiegeError(f"{place}: column outcome: {error}") from None
    elif use != "input":
        raise BesiegeError(
            f"{place}: column outcome: given nothing, allowed {expressions.FORMS} "
            "(nothing only for use input)"
        )
    words = {
        column: row[column] for column in ("id", "pattern", "quantity", "unit", "window", "source")
    }
    return Fact(**words, outcome=outcome, low=low, high=high, use=use)


def _number(given: str, place: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BesiegeError(f"{place}: given {given!r}, allowed a number")
    return value
