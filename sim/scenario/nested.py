"""Scenarios as nested tables: one laid over another, a value put at a path, plain values."""

from collections.abc import Sequence

from pydantic import BaseModel

from sim.core.units import BesiegeError
from sim.responses import Measure, Response, Trigger
from sim.scenario.messages import path_of, wrong_value
from sim.scenario.schema import Nested, Step, contents, describe, follow, is_table, kind_named
from sim.scenario.toml import prepare


def laid_over(base: Nested, value: Nested) -> Nested:
    """Lay a nested dict over a table, so that what it does not name stays as it was.

    A response and a trigger are wholes: half of one on top of another would be a third.
    """
    if not isinstance(value, dict) or not is_table(type(base)) or isinstance(base, Trigger):
        return value
    if isinstance(base, Response):
        return {"name": "unnamed", **value}
    inner = contents(base)
    laid = {k: laid_over(inner.get(k), v) if isinstance(v, dict) else v for k, v in value.items()}
    return {**inner, **laid}


def put(
    root: type[BaseModel], base: Nested, steps: Sequence[Step], at: int, value: Nested
) -> Nested:
    """Return a copy of ``base``, down the path only, with a value at the end of the path.

    A step such as ``[statement]`` goes to every entry of that kind, of which there may be none.
    Messages name fields of ``root``, to which the whole path belongs.
    """
    step, last = steps[at], at == len(steps) - 1
    if isinstance(base, (list, tuple)) and not is_table(type(base)):
        if (kind := kind_named(step)) is not None:
            _check_number(root, steps, value)  # where no entry is of the kind, nothing else would
            return tuple(
                entry if contents(entry).get("kind") != kind
                else value if last else put(root, entry, steps, at + 1, value)
                for entry in base
            )  # fmt: skip
        if not isinstance(step, int) or step >= len(base):
            there = f"0 to {len(base) - 1}" if base else "none, the list is empty"
            raise BesiegeError(f"{path_of(steps[: at + 1])}: no such entry, allowed {there}")
        inner = value if last else put(root, base[step], steps, at + 1, value)
        return (*base[:step], inner, *base[step + 1 :])
    if base is not None and not isinstance(base, dict) and not is_table(type(base)):
        raise BesiegeError(wrong_value(root, steps[:at], base))
    table = {} if base is None else contents(base)
    old = table.get(str(step))
    table[str(step)] = laid_over(old, value) if last else put(root, old, steps, at + 1, value)
    if isinstance(base, Measure) and not base.is_of_the_library:  # no kind tells its class
        return type(base).model_validate(prepare(table, type(base)), strict=True)
    return table


def _check_number(root: type[BaseModel], steps: Sequence[Step], value: Nested) -> None:
    """Refuse what a number declared at a path may not be.

    Raises
    ------
    BesiegeError
        Naming the path, the value and what is allowed.
    """
    info = follow(root, steps).info
    field = None if info is None else describe(path_of(steps), info, None)
    if field is None or not field.is_numeric or (value is None and field.optional):
        return
    kinds = int if field.type == "whole number" else (int, float)
    low, high = field.low, field.high
    if (
        not isinstance(value, kinds)
        or isinstance(value, bool)
        or (low is not None and (value <= low if field.low_excluded else not value >= low))
        or (high is not None and not value <= high)
    ):
        raise BesiegeError(wrong_value(root, steps, value))


_READY = frozenset({int, bool, str})
"""What is plain as it stands."""


def plain(value: Nested, *, canonical: bool = False) -> Nested:
    """Return nested dicts and lists, without what is absent, which TOML cannot write.

    The canonical form knows no -0.0, which equals 0.0 and is written differently.
    """
    if isinstance(value, float):
        return value + 0.0 if canonical else value
    if isinstance(value, (int, str)):
        return value
    if is_table(type(value)):
        return {
            k: v if type(v) in _READY else plain(v, canonical=canonical)
            for k, v in contents(value).items()
            if v is not None
        }
    return (
        [plain(item, canonical=canonical) for item in value] if isinstance(value, tuple) else value
    )
