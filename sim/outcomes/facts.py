"""Reported facts: a table of quantities, their bounds and sources, to hold beside a run."""

import difflib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from sim.core.quoting import format_value, quote, short
from sim.core.units import BesiegeError
from sim.io.csv_tables import Row, parse_csv, read_csv
from sim.outcomes import expressions
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.record import Record
from sim.scenario.messages import did_you_mean_number

USES = ("calibrate", "check", "derived", "input")
"""What a fact is for: fitted to, compared with, compared but worked out of others, put in."""

TAKEN = ("seed", "attacked")
"""Columns that stand beside those of facts in a hindcast's table of runs."""

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
        """Return whether a value lies within the bounds."""
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
    closed = ClosedRecord.of(record)
    return [_read_off(closed, fact) for fact in facts]


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
    if path is None:
        table = parse_csv((resources.files("sim") / "library" / LIBRARY).read_bytes(), LIBRARY)
    else:
        table = read_csv(path)
    _check_columns(table.columns, table.name)
    facts = tuple(_fact(row, table.at(row)) for row in table.rows)
    if not facts:
        raise BesiegeError(
            f"{table.name}: given no facts, allowed at least one line below the header"
        )
    times = Counter(fact.id.lower() for fact in facts)  # columns of a table, where case is nothing
    if twice := [fact.id for fact in facts if times[fact.id.lower()] > 1]:
        raise BesiegeError(
            f"{table.name}: column id: given {format_value(twice[-1])} twice, allowed once"
        )
    if taken := [fact.id for fact in facts if fact.id.lower() in TAKEN]:
        raise BesiegeError(
            f"{table.name}: column id: given {format_value(taken[0])}, allowed any name but "
            f"{' and '.join(TAKEN)}, which are columns of their own"
        )
    return facts


def _check_columns(given: tuple[str, ...], name: str) -> None:
    missing = [column for column in COLUMNS if column not in given]
    if missing:
        near = difflib.get_close_matches(missing[0], set(given) - set(COLUMNS), 1)
        hint = f"; did you mean {format_value(near[0])}?" if near else ""
        raise BesiegeError(
            f"{name} line 1: column {missing[0]}: missing, given "
            f"{short(', '.join(map(quote, given)), 200)}, allowed with all of {', '.join(COLUMNS)}{hint}"
        )


def _fact(given: Row, place: str) -> Fact:
    row = given.cells
    if not row["id"]:
        raise BesiegeError(f"{place}: column id: given nothing, allowed a unique name")
    low, high = (_number(row[column], f"{place}: column {column}") for column in ("low", "high"))
    if low > high:
        raise BesiegeError(
            f"{place}: columns low, high: given {low:g} and {high:g}, allowed low <= high"
        )
    use, outcome = row["use"], row["outcome"]
    if use not in USES:
        near = difflib.get_close_matches(use[:200], USES, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BesiegeError(
            f"{place}: column use: given {format_value(use)}, allowed {', '.join(USES)}{hint}"
        )
    if outcome:
        try:
            expressions.check(outcome)
        except BesiegeError as error:
            raise BesiegeError(f"{place}: column outcome: {error}") from None
    elif use != "input":
        raise BesiegeError(
            f"{place}: column outcome: given nothing, allowed {expressions.FORMS} "
            "(nothing only if use is input)"
        )
    words = {
        column: " ".join(row[column].split())  # a cell in quotes may hold a line break
        for column in ("id", "pattern", "quantity", "unit", "window", "source")
    }
    return Fact(**words, outcome=outcome, low=low, high=high, use=use)


def _number(given: str, place: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = did_you_mean_number(given)
        raise BesiegeError(f"{place}: given {format_value(given)}, allowed a number{hint}")
    return value
