"""Wrong input said for people: one line with the field, what was given and what is allowed."""

import datetime
import difflib
import json
import re
from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from sim.declared import (
    Field,
    Nested,
    Step,
    Trail,
    describe,
    fields_of,
    follow,
    is_list,
    is_table,
    parts,
    steps_of,
    tag_of,
)

LONGEST = 60
"""Characters of what was given that are repeated."""

_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument", "invalid_key"}
_MISSING = {"missing", "missing_argument", "union_tag_not_found"}


def say(text: str) -> str:
    """Give a text that fits on one line, quoted if it would not."""
    return text if text and text.isprintable() and text == text.strip() else json.dumps(text)


def show(value: Nested) -> str:
    """Write a value as TOML would, short and on one line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False)
        text = quoted if quoted.isprintable() else json.dumps(value)
    elif isinstance(value, int) and value.bit_length() > 200:
        return "a number of more than 60 digits"
    elif isinstance(value, (datetime.date, datetime.time)):
        text = value.isoformat()
    elif isinstance(value, dict):
        return "a table"
    elif is_table(type(value)):
        return type(value).__name__
    elif isinstance(value, (list, tuple)):
        return "an empty list" if not value else f"a list of {len(value)}"
    else:
        text = repr(value)
        text = text if text.isprintable() else json.dumps(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def path_of(steps: Sequence[Step]) -> str:
    """Write a path as in TOML, with the index of an entry in brackets."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = str(step)
            name = name if re.fullmatch(r"[\w-]+", name) else show(name)
            name = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
            text += f".{name}" if text else name
    return text


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
    """Say whether a field is an hour of the run, so that a date may be given for it."""
    return bool(steps) and steps[-1] in {"announced", "hour"}


def _allowed_at(trail: Trail) -> str:
    """Say what may stand where a path leads."""
    kinds = trail.kinds
    if is_table(kinds[0]):
        return "a table"
    if is_list(kinds[0]):
        return "a list of tables"
    if trail.info is None:
        return "something else"
    return allowed(describe(path_of(trail.steps[: trail.reached]), trail.info, None))


def _alike(text: str) -> str:
    return text.lower().replace("-", "_").strip()


def nearest_name(given: str, names: Sequence[str], cutoff: float = 0.5) -> str | None:
    """Give the name most like a given one, if any is like it."""
    plain = {_alike(name): name for name in names}
    found = difflib.get_close_matches(_alike(given)[:200], plain, 1, cutoff)
    return plain[found[0]] if found else None


def _did_you_mean(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""


def unknown_name(what: str, given: str, names: Sequence[str], more: str = "") -> str:
    """Say that a name is not among those there are."""
    near = _did_you_mean(nearest_name(given, names))
    return f"{what}: given {show(given)}, allowed {', '.join(names)}{more}{near}"


def _nearest_path(root: type[BaseModel], trail: Trail) -> str | None:
    at, steps = trail.reached, trail.steps
    names = list(dict.fromkeys(name for kind in trail.kinds for name in parts(kind)))
    last = str(steps[-1])
    # An entry's own names are found among its siblings; another kind's would mislead.
    everywhere = [f.path for f in fields_of(root) if not re.search(r"\[[a-z]", f.path)]
    # A key that exists elsewhere stands under the wrong heading, which is easily done in TOML.
    same = [p for p in everywhere if _alike(p.rpartition(".")[2]) == _alike(last)]
    if same and _alike(last) not in map(_alike, names) and at == len(steps) - 1:
        return " or ".join(same[:3])
    near = nearest_name(str(steps[at]), names)
    if near is not None:
        mended = follow(root, (*steps[:at], near, *steps[at + 1 :]))
        if mended.is_whole or mended.reached == at + 1:
            return path_of(mended.steps[: mended.reached])
        return _nearest_path(root, mended)
    return nearest_name(path_of(steps), everywhere, 0.6)


def unknown_path(root: type[BaseModel], trail: Trail, *given: Nested) -> str:
    """Say that a path does not exist, what there is instead, and the nearest that does."""
    at = trail.reached
    where = f" in {path_of(trail.steps[:at])}" if at else ""
    names = list(dict.fromkeys(name for kind in trail.kinds for name in parts(kind)))
    if names:
        more = ", …" if len(names) > 20 else ""
        there = f", allowed{where}: {', '.join(names[:20])}{more}"
    elif is_list(trail.kinds[0]):
        there = f", allowed{where}: the number of an entry, from 0"
    else:
        there = f", allowed: {path_of(trail.steps[:at])} itself, which is {_allowed_at(trail)}"
        return f"{path_of(trail.steps)}: no such field{there}"
    told = "".join(f", given {show(g)}" for g in given)
    near = _did_you_mean(_nearest_path(root, trail))
    return f"{path_of(trail.steps)}: no such field{told}{there}{near}"


def wrong_value(root: type[BaseModel], steps: Sequence[Step], given: Nested) -> str:
    """Say that a value is not allowed where it stands."""
    trail = follow(root, steps)
    return f"{path_of(trail.steps)}: given {show(given)}, allowed {_allowed_at(trail)}"


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
            return f"{path}.kind: missing, required is one of {', '.join(kinds)}"
        kind = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
        if not isinstance(kind, str):
            return f"{path}.kind: given {show(kind)}, allowed {', '.join(kinds)}"
        return unknown_name(f"{path}.kind", kind, kinds)
    if fault in _MISSING:
        return f"{path}: missing, required is {_allowed_at(trail)}"
    if fault in {"value_error", "assertion_error"}:
        return f"{path}: {' '.join(str(first['ctx']['error']).split())}"
    said = f"{path}: given {show(given)}, allowed {_allowed_at(trail)}"
    choices = describe("", trail.info, None).choices if trail.info else ()
    if isinstance(given, str) and choices:
        said += _did_you_mean(nearest_name(given, choices))
    return said
