"""``--set path=value`` of the command line: settings as text, said in TOML."""

import tomllib
from collections.abc import Iterable
from datetime import date
from typing import Any

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.scenario.messages import allowed, unknown_path
from sim.scenario.scenario import Scenario
from sim.scenario.schema import Field, Nested, describe, follow, steps_of
from sim.scenario.toml import hour_of


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Read settings such as ``fees.new.standard=15000`` for `Scenario.replace`.

    Parameters
    ----------
    settings
        ``path=value`` each, the value in TOML; what is not TOML is taken as text, so that
        ``response=protect`` needs no quotes. ``none`` takes an optional field away. A later
        setting of the same path wins.

    Raises
    ------
    BesiegeError
        For a setting without ``=`` or a path that does not exist.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        path, sign, text = (part.strip() for part in setting.partition("="))
        if not sign or not path:
            raise BesiegeError(
                f"--set: given {format_value(setting)}, allowed path=value, such as scale=0.1"
            )
        trail = follow(Scenario, steps_of(path))
        if not trail.is_whole:
            raise BesiegeError(unknown_path(Scenario, trail))
        field = describe(path, trail.info, None) if trail.info is not None else None
        if text == "none" and field is not None and field.optional:
            found[path] = None
        elif field is not None and (field.type == "text" or path == "response"):
            value = value_of(text)
            found[path] = value if isinstance(value, (str, dict)) else text
        else:
            found[path] = value_of(text)
    return found


def read_hour(text: str, name: str) -> int:
    """Read the hour at which a response begins, or a date for it.

    Raises
    ------
    BesiegeError
        For what is no hour, or none that a trigger may name; the message begins with ``name``.
    """
    return check_hour(value_of(text.strip()), name)


def check_hour(value: Any, name: str) -> int:
    """Return the hour at which a response begins, of a whole number or a date.

    Raises
    ------
    BesiegeError
        As `read_hour`.
    """
    if isinstance(value, date):
        value = hour_of(value, name)
    declared = declared_at("response", "measures", 0, "trigger", "hour")
    low, high = declared.low or 0, declared.high or 0
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BesiegeError(f"{name}: given {format_value(value)}, allowed {allowed(declared)}")
    return value


def declared_at(*path: str | int) -> Field:
    """Return what a scenario declares of one of its fields."""
    info = follow(Scenario, path).info
    if info is None:
        raise LookupError(path)
    return describe(str(path[-1]), info, None)


def value_of(text: str) -> Nested:
    """Read a TOML value; what is none is the text itself."""
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    # A line break would let a value smuggle in a second key.
    return document["value"] if list(document) == ["value"] else text
