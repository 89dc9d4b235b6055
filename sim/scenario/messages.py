"""Describe wrong input for people: one line with the field, what was given and what is allowed."""

import re
from collections.abc import Sequence
from typing import get_args

from pydantic import BaseModel, ValidationError

from sim.core.quoting import LONGEST, LONGEST_NAME, alike, format_value, nearest_name, short
from sim.scenario.schema import (
    Field,
    FieldPath,
    Nested,
    Step,
    describe,
    fields_of,
    follow,
    is_list,
    is_table,
    kind_named,
    kinds_of,
    parts,
    steps_of,
    tag_of,
)

_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[,'\s\u2019][0-9]{3})+(?:\.[0-9]+)?")
_POINTED = re.compile(r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:\.[0-9]{3})+,[0-9]+)")

_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument", "invalid_key"}
_MISSING = {"missing", "missing_argument", "union_tag_not_found"}


def path_of(steps: Sequence[Step]) -> str:
    """Write a path as in TOML, with the index of an entry in brackets."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif (kind := kind_named(step)) is not None:
            text += f"[{short(kind)}]"
        else:
            name = str(step)
            name = name if re.fullmatch(r"[\w-]+", name) else format_value(name)
            text += f".{short(name)}" if text else short(name)
    return short(text, LONGEST_NAME)


def _amount(value: float) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:g}"
    return f"{int(value):_}" if abs(value) >= 10_000 else str(int(value))


def allowed(field: Field) -> str:
    """Say what a field may be: its type, range and unit."""
    if field.type == "switch":
        return "true or false"
    if field.type == "choice":
        return ", ".join(field.choices)
    if not field.is_numeric:
        return field.type
    text = f"a {field.type}"
    if field.low is not None and field.high is not None:
        above = "above " if field.low_excluded else "from "
        text += f" {above}{_amount(field.low)} {'up ' if field.low_excluded else ''}to {_amount(field.high)}"
    elif field.low is not None:
        text += f" {'above' if field.low_excluded else 'of at least'} {_amount(field.low)}"
    elif field.high is not None:
        text += f" of at most {_amount(field.high)}"
    if field.unit not in {None, "1", "1-5"}:
        text += f" ({field.unit})"
    if is_dated(steps_of(field.path)):
        text += " or a full hour such as 2011-10-10T11:00:00 (UTC+8)"
    return text + (", or left out" if field.optional else "")


def is_dated(steps: Sequence[Step]) -> bool:
    """Return whether a field is an hour of the run, so that a date may be given for it."""
    return bool(steps) and steps[-1] in {"announced", "hour"}


def _allowed_at(trail: FieldPath) -> str:
    """Say what may stand where a path leads."""
    kinds = trail.kinds
    if is_table(kinds[0]):
        return "a table"
    if is_list(kinds[0]):
        return "a list of tables"
    if trail.info is None:
        return "another type of value"
    return allowed(describe(path_of(trail.steps[: trail.reached]), trail.info, None))


def meant_number(text: str) -> float | None:
    """Guess which number a person meant: ``10%``, ``1,000,000``, ``1.234,5`` or ``30,5``.

    Returns
    -------
    float or None
        Such as 0.1, 1000000, 1234.5 and 30.5; None for what is a number as it stands, or none.
    """
    given = text.strip()[:LONGEST]
    plain = given.removesuffix("%").rstrip()
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[^0-9.+-]", "", plain)
    elif re.fullmatch(r"[+-]?[0-9]+,[0-9]+", plain):
        plain = plain.replace(",", ".")
    elif _POINTED.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif plain == given or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", plain):
        return None
    return float(plain) / 100.0 if given.endswith("%") else float(plain)


def wrong_option(option: str, error: ValidationError) -> str:
    """Say that an option of the command line is not what is allowed."""
    fault = error.errors(include_url=False)[0]
    given, kind, bounds = fault["input"], fault["type"], fault.get("ctx", {})
    is_whole = kind.startswith("int_")
    told = "a whole number" if is_whole else "a number"
    if "ge" in bounds or "le" in bounds:
        told += f" of at least {bounds['ge']}" if "ge" in bounds else f" of at most {bounds['le']}"
    elif not kind.startswith(("int_", "float_")):
        told = "another value"
    return f"{option}: given {format_value(given)}, allowed {told}{did_you_mean_number(given, whole=is_whole)}"


def did_you_mean_number(given: Nested, *, whole: bool = False) -> str:
    """Offer the number that a person meant by a text, if it can be told and may stand there."""
    meant = meant_number(given) if isinstance(given, str) else None
    return (
        ""
        if meant is None or (whole and not meant.is_integer())
        else f"; did you mean {meant:.12g}?"
    )


def _did_you_mean(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""


def unknown_name(what: str, given: str, names: Sequence[str], more: str = "") -> str:
    """Say that a name is not among those there are."""
    near = _did_you_mean(nearest_name(given, names))
    return f"{what}: given {format_value(given)}, allowed {', '.join(names)}{more}{near}"


def _nearest_path(root: type[BaseModel], trail: FieldPath) -> str | None:
    at, steps = trail.reached, trail.steps
    names = list(dict.fromkeys(name for kind in trail.kinds for name in parts(kind)))
    last = str(steps[-1])
    # An entry's own names are found among its siblings; another kind's would mislead.
    everywhere = [f.path for f in fields_of(root) if not re.search(r"\[[a-z]", f.path)]
    # A key that exists elsewhere stands under the wrong heading, which is easily done in TOML.
    same = [p for p in everywhere if alike(p.rpartition(".")[2]) == alike(last)]
    if same and alike(last) not in map(alike, names) and at == len(steps) - 1:
        return " or ".join(same[:3])
    near = nearest_name(str(steps[at]), names)
    if near is not None:
        mended = follow(root, (*steps[:at], near, *steps[at + 1 :]))
        if mended.is_whole or mended.reached == at + 1:
            return path_of(mended.steps[: mended.reached])
        return _nearest_path(root, mended)
    return nearest_name(path_of(steps), everywhere, 0.6)


def _entries(trail: FieldPath) -> list[Nested]:
    """Return the kinds of entry that a list may hold where a path stopped."""
    return kinds_of(get_args(trail.kinds[0])[0])


def unknown_path(root: type[BaseModel], trail: FieldPath, *given: Nested) -> str:
    """Say that a path does not exist, what there is instead, and the nearest that does."""
    at, steps = trail.reached, trail.steps
    where = f" in {path_of(steps[:at])}" if at else ""
    names = list(dict.fromkeys(name for kind in trail.kinds for name in parts(kind)))
    if names:
        more = ", …" if len(names) > 20 else ""
        there = f", allowed{where}: {', '.join(names[:20])}{more}"
    elif is_list(trail.kinds[0]):
        there = f", allowed{where}: the position of an entry, counted from 0"
        if tags := [tag for kind in _entries(trail) if (tag := tag_of(kind))]:
            there += ", or [kind] for every entry of a kind"
            meant = nearest_name(kind_named(steps[at]) or str(steps[at]), tags)
            near = meant and path_of((*steps[:at], f"[{meant}]", *steps[at + 1 :]))
            return f"{path_of(steps)}: no such field{there}{_did_you_mean(near)}"
    else:
        there = f", allowed: {path_of(trail.steps[:at])} itself, which is {_allowed_at(trail)}"
        return f"{path_of(trail.steps)}: no such field{there}"
    told = "".join(f", given {format_value(g)}" for g in given)
    near = _did_you_mean(_nearest_path(root, trail))
    return f"{path_of(trail.steps)}: no such field{told}{there}{near}"


def wrong_value(root: type[BaseModel], steps: Sequence[Step], given: Nested) -> str:
    """Say that a value is not allowed where it stands."""
    trail = follow(root, steps)
    return f"{path_of(trail.steps)}: given {format_value(given)}, allowed {_allowed_at(trail)}"


def explain(error: ValidationError, root: type[BaseModel]) -> str:
    """Say the first fault for a person, never in pydantic's words.

    A key that is not known comes first: it explains the one that is missing.
    """
    faults = error.errors(include_url=False)
    first = min(faults, key=lambda fault: fault["type"] not in _UNKNOWN)
    trail = follow(root, first["loc"], tagged=True)
    given, fault = first.get("input"), first["type"]
    path = path_of(trail.steps) or "the file"
    if fault in _UNKNOWN and not trail.is_whole:
        return unknown_path(root, trail, given)
    if fault in {"union_tag_invalid", "union_tag_not_found"}:
        kinds = [tag for kind in trail.kinds if (tag := tag_of(kind))]
        if fault == "union_tag_not_found":
            return f"{path}.kind: missing, required: one of {', '.join(kinds)}"
        kind = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
        if not isinstance(kind, str):
            return f"{path}.kind: given {format_value(kind)}, allowed {', '.join(kinds)}"
        return unknown_name(f"{path}.kind", kind, kinds)
    if fault in _MISSING:
        return f"{path}: missing, required: {_allowed_at(trail)}"
    if fault in {"value_error", "assertion_error"}:
        return f"{path}: {' '.join(str(first['ctx']['error']).split())}"
    said = f"{path}: given {format_value(given)}, allowed {_allowed_at(trail)}"
    field = describe("", trail.info, None) if trail.info else None
    if field is not None and field.is_numeric:
        said += did_you_mean_number(given, whole=field.type == "whole number")
    elif field is not None and isinstance(given, str):
        said += _did_you_mean(nearest_name(given, field.choices))
    return said
