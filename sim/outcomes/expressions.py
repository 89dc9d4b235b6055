"""The little language of facts tables: what to read off a record (docs/odd.md, section 9).

An expression is an outcome's name, or one of

* ``at(series, hour)``: an hourly series in one hour;
* ``min|max|mean|p05|p95|sum(series, from, to)``: over hours, half-open;
* ``until(outcome, hour)``: the outcome of the same run stopped at that hour.

Hours that give no number (NaN: nobody spoke, nobody acted) are passed over. The value is ``None``
where there is nothing to read: hours that the record has not reached, a series without a number
in them, an outcome that does not exist in the run. An outcome that needs the renewal is ``None``
in a run that is cut, for the renewal follows the last hour; at the run's own length nothing is
cut and ``until`` gives the outcome of the whole run.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.core.quoting import format_value
from sim.core.units import F64, BesiegeError
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.record import OF_SHOPPERS, SERIES, Record
from sim.outcomes.registry import Need

LAST_HOUR = 10_000
"""The longest horizon that a scenario allows."""

SUMMARIES: dict[str, Callable[[F64], float]] = {
    "min": lambda x: float(x.min()),
    "max": lambda x: float(x.max()),
    "mean": lambda x: float(x.mean()),
    "p05": lambda x: float(np.quantile(x, 0.05)),
    "p95": lambda x: float(np.quantile(x, 0.95)),
    "sum": lambda x: float(x.sum()),
}
"""What a range of hours can be made into; quantiles interpolate linearly."""

FORMS = (
    "an outcome's name, at(series, hour), "
    f"{'|'.join(SUMMARIES)}(series, from, to) or until(outcome, hour)"
)

_SHAPE = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\)\s*)?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}")
_HOURS = {"at": 1, "until": 1, **dict.fromkeys(SUMMARIES, 2)}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression taken apart.

    ``start`` and ``stop`` are the hours it looks at, half-open; an outcome of the whole run has
    ``stop`` 0, for it is content with any length.
    """

    kind: str  # outcome, at, until or one of `SUMMARIES`
    name: str  # of a series or an outcome
    start: int = 0
    stop: int = 0

    @property
    def series(self) -> str | None:
        """The hourly series it reads, if it reads one."""
        return None if self.kind in ("outcome", "until") else self.name

    @property
    def needs(self) -> Need:
        """What a run must have for it: the siege alone, or shoppers too."""
        if self.series is None:
            return OUTCOMES[self.name].needs
        return "shoppers" if self.series in OF_SHOPPERS else "siege"

    def value(self, record: Record) -> float | None:
        """Read it off a record."""
        if self.stop > record.hours:
            return None
        if self.series is None:
            cut = record.until(self.stop) if self.kind == "until" else record
            return OUTCOMES[self.name].value(cut)
        hours = record.series[self.name][self.start : self.stop]
        numbers = hours[np.isfinite(hours)]
        if numbers.size == 0:
            return None
        return float(numbers[0]) if self.kind == "at" else SUMMARIES[self.kind](numbers)


def evaluate(text: str, record: Record) -> float | None:
    """Read an expression off a record.

    Raises
    ------
    BesiegeError
        If it is no expression.
    """
    return parse(text).value(record)


def check(text: str) -> None:
    """Make sure that a text is an expression over names that exist.

    Raises
    ------
    BesiegeError
        In one line: what was given, what is allowed, and the nearest name.
    """
    parse(text)


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Take an expression apart.

    Raises
    ------
    BesiegeError
        If it is none.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise BesiegeError(f"expression: given {format_value(text)}, allowed {FORMS}")
    word, inner = shape[1], shape[2]
    if inner is None:
        return Expression("outcome", _outcome(word, text))
    if word not in _HOURS:
        raise BesiegeError(
            f"expression {format_value(text)}: given {format_value(word)}, allowed {', '.join(_HOURS)}{_near(word, _HOURS)}"
        )
    name, *hours = [part.strip() for part in inner.split(",")]
    if len(hours) != _HOURS[word]:
        form = {"at": "at(series, hour)", "until": "until(outcome, hour)"}
        allowed = form.get(word, f"{word}(series, from, to)")
        raise BesiegeError(f"expression: given {format_value(text)}, allowed {allowed}")
    known = _outcome(name, text) if word == "until" else _series(name, text)
    numbers = [_hour(given, text) for given in hours]
    if word == "at":
        return Expression(word, known, numbers[0], numbers[0] + 1)
    start, stop = (0, *numbers) if word == "until" else numbers
    if start >= stop:
        raise BesiegeError(
            f"expression {format_value(text)}: given {stop}, allowed an hour after {start} (the last hour is not included)"
        )
    return Expression(word, known, start, stop)


def _hour(given: str, text: str) -> int:
    if _WHOLE.fullmatch(given) is None or int(given) > LAST_HOUR:
        raise BesiegeError(
            f"expression {format_value(text)}: given {format_value(given)}, allowed a whole number of hours, 0 to {LAST_HOUR}"
        )
    return int(given)


def _series(name: str, text: str) -> str:
    if name in SERIES:
        return name
    if name in OUTCOMES:
        hint = f"; {name} is an outcome: write {name} or until({name}, hour)"
    else:
        hint = _near(name, SERIES)
    raise BesiegeError(
        f"expression {format_value(text)}: given {format_value(name)}, allowed the series {', '.join(SERIES)}{hint}"
    )


def _outcome(name: str, text: str) -> str:
    if name in OUTCOMES:
        return name
    if name in SERIES:
        hint = f"; {name} is an hourly series: write at({name}, hour) or mean({name}, from, to)"
    else:
        hint = _near(name, OUTCOMES)
    raise BesiegeError(
        f"expression {format_value(text)}: given {format_value(name)}, allowed {FORMS}{hint}"
    )


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:200], list(known), 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""
