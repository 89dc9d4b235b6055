"""Reported facts: a table of quantities, their bounds and sources, to hold beside a run."""

import difflib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
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

GRADES = "A, B or C, with + or - after it if need be"
"""How far a report can be relied on; a sign counts with its letter, so B- is a B."""

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
    reliability: str = ""  # one of `GRADES`, or empty where nobody graded it
    note: str = ""
    same_as: str = ""  # id of the fact of which it is nearly a repetition: the two count once

    def holds(self, value: float) -> bool:
        """Return whether a value lies within the bounds."""
        return self.low <= value <= self.high


OPTIONAL = ("reliability", "note", "same_as")
"""Columns that a table may lack: older tables do."""
COLUMNS = tuple(f.name for f in fields(Fact) if f.name not in OPTIONAL)
"""Columns that a table must have."""
_GRADE = re.compile(r"([ABC][+-]?)(?:[\s:,;(].*)?", re.DOTALL)


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


def told_score(score: Mapping[str, int]) -> list[str]:
    """Say how many facts a model meets, of how many; then what is in neither number.

    Parameters
    ----------
    score
        Numbers by ``met``, ``missed``, ``by_construction`` and ``absent``.
    """
    met, of = score["met"], score["met"] + score["missed"]
    told = [f"{met} of {of} reported facts are met"]
    if absent := score["absent"]:
        told.append(f"no run says for {absent}")
    if fixed := score["by_construction"]:
        told.append(f"{fixed} by construction, which count for nothing")
    return told


def load_facts(path: str | Path | None = None) -> tuple[Fact, ...]:
    """Load a facts table, a CSV file with the columns of `Fact`; the library's if none is given.

    The columns ``reliability``, ``note`` and ``same_as`` may be left out. A grade may be followed
    by its reason, as in ``B: one witness``; the reason then stands at the beginning of the note.

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
    counted = [fact.id for fact in facts if fact.outcome and not fact.same_as]
    for row, fact in zip(table.rows, facts, strict=True):
        if fact.same_as and fact.same_as not in counted:
            near = difflib.get_close_matches(fact.same_as[:200], counted, 1)
            hint = f"; did you mean {format_value(near[0])}?" if near else ""
            raise BesiegeError(
                f"{table.at(row)}: column same_as: given {format_value(fact.same_as)}, allowed the "
                f"id of another fact that has an outcome and no same_as of its own, or nothing{hint}"
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
    words["same_as"] = " ".join(row.get("same_as", "").split())
    grade, why = _grade(row.get("reliability", ""), place)
    note = "; ".join(filter(None, (why, " ".join(row.get("note", "").split()))))
    return Fact(
        **words, outcome=outcome, low=low, high=high, use=use, reliability=grade, note=note
    )  # fmt: skip


def _grade(given: str, place: str) -> tuple[str, str]:
    """Return the grade that a cell begins with, and the reason that follows; both may be empty."""
    if not given:
        return "", ""
    found = _GRADE.fullmatch(given)
    if found is None:
        near = _GRADE.fullmatch(given.upper())
        hint = f"; did you mean {near[1]}?" if near else ""
        raise BesiegeError(
            f"{place}: column reliability: given {format_value(given)}, allowed {GRADES}, or "
            f"nothing{hint}"
        )
    return found[1], " ".join(given[found.end(1) :].lstrip(" :,;").split())


def _number(given: str, place: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = did_you_mean_number(given)
        raise BesiegeError(f"{place}: given {format_value(given)}, allowed a number{hint}")
    return value
