"""The values that a factor takes: levels, each with a label, or a range."""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from sim.core.quoting import format_value
from sim.core.texts import check_name
from sim.core.units import BesiegeError
from sim.scenario.schema import Field, is_table

type Label = float | int | bool | str
"""What stands in a table for a value."""

MOST_STEPS = 100_000
"""Levels of a range in a grid: more would fill the memory before the first run."""

_KEYS = ("low", "high", "around", "log", "steps")


@dataclass(frozen=True, slots=True)
class Level:
    """A value of a factor, and what stands for it in tables."""

    value: Any
    label: Label


def level_of(value: Any) -> Level:
    """Return a level; a table may bring its own label: ``{label = "half", value = {…}}``."""
    if isinstance(value, dict) and set(value) == {"label", "value"}:
        label = value["label"]
        return Level(value["value"], label if _is_number(label) else _label(str(label)))
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:  # an optional field that is left out; an empty cell would be the base's
        return Level(None, "none")
    if isinstance(value, (bool, int, float, str)):
        return Level(value, value)
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    if isinstance(name, str) and name:
        return Level(value, name)
    if is_table(type(value)):
        plain = value.model_dump() if isinstance(value, BaseModel) else value._asdict()
        return Level(value, json.dumps(plain, sort_keys=True, default=str))
    return Level(value, json.dumps(value, sort_keys=True, default=str))


def _label(given: str) -> str:
    try:
        return check_name(given)
    except BesiegeError as error:
        raise BesiegeError(f"label: {error}") from None


def levels_of(value: Any, field: str) -> list[Any]:
    """Return the levels of a list; a value alone is one level."""
    if isinstance(value, (list, tuple, range, np.ndarray)) and not hasattr(value, "_fields"):
        return list(value)
    if isinstance(value, (bool, int, float, str)) or is_table(type(value)):
        return [value]
    raise BesiegeError(
        f"{field}: given {format_value(value)}, allowed a list of levels or a range such as {{low = 0, high = 1}}"
    )


@dataclass(frozen=True, slots=True)
class Range:
    """A factor's range."""

    low: float
    high: float
    log: bool = False
    steps: int | None = None  # levels in a grid
    whole: bool = False

    @classmethod
    def of(cls, table: dict[str, Any], name: str, field: Field | None, base: Any) -> "Range":
        """Read ``{low = …, high = …}`` or ``{around = 0.2}``, a fifth to either side.

        Raises
        ------
        BesiegeError
            For a key or a value that is not allowed.
        """
        unknown = sorted(set(table) - set(_KEYS))
        if unknown:
            raise BesiegeError(
                f"{name}: no such field {format_value(unknown[0])}, allowed: {', '.join(_KEYS)}"
            )
        if field is None or not field.is_numeric:
            kind = "a table" if field is None else f"a {field.type}"
            raise BesiegeError(
                f"{name}: given a range, allowed a list of levels: the field is {kind}"
            )
        log, steps = table.get("log", False), table.get("steps")
        if not isinstance(log, bool):
            raise BesiegeError(f"{name}.log: given {format_value(log)}, allowed true or false")
        if steps is not None and (not _is_whole(steps) or not 2 <= steps <= MOST_STEPS):
            raise BesiegeError(
                f"{name}.steps: given {format_value(steps)}, allowed a whole number from 2 to {MOST_STEPS:_}"
            )
        low, high = _ends(table, name, field, base)
        if log and low <= 0:
            raise BesiegeError(f"{name}.low: given {low:g} with log = true, allowed above 0")
        return cls(low, high, log, steps, field.type == "whole number")

    def at(self, u: float) -> float | int:
        """Return the value at a share of the way, 0 to 1, rounded if it is a whole number."""
        if self.log:
            value = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + u * (self.high - self.low)
        value = min(max(value, self.low), self.high)  # rounding of floats must not leave it
        return round(value) if self.whole else value

    def ends(self) -> tuple[float | int, float | int]:
        """Return its lowest and its highest value."""
        return self.at(0.0), self.at(1.0)

    def levels(self) -> tuple[Level, ...]:
        """Return evenly spaced levels for a grid."""
        n = self.steps or 5
        values = dict.fromkeys(self.at(i / (n - 1)) for i in range(n))
        return tuple(Level(v, v) for v in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _ends(table: dict[str, Any], name: str, field: Field, base: Any) -> tuple[float, float]:
    for key in ("low", "high", "around"):
        if key in table and not _is_number(table[key]):
            raise BesiegeError(f"{name}.{key}: given {format_value(table[key])}, allowed a number")
    if "around" in table:
        if "low" in table or "high" in table:
            raise BesiegeError(
                f"{name}.around: given together with low or high, allowed only without them"
            )
        if not 0 < table["around"] <= 1 or not _is_number(base):
            raise BesiegeError(
                f"{name}.around: given {table['around']:g} around {format_value(base)}, "
                "allowed a share above 0 and at most 1, around a number"
            )
        half = abs(base) * table["around"]
        low, high = base - half, base + half
        low = low if field.low is None else max(low, field.low)
        high = high if field.high is None else min(high, field.high)
    elif "low" in table and "high" in table:
        low, high = float(table["low"]), float(table["high"])
    else:
        missing = "high" if "low" in table else "low"
        raise BesiegeError(f"{name}.{missing}: missing, required: a number (or around)")
    if not low < high:
        raise BesiegeError(
            f"{name}: given low {low:g} and high {high:g}, allowed only low below high"
        )
    return low, high
