"""What a scenario declares: one walk over its parameters, for whoever needs to know them.

A scenario is made of tables (pydantic models and named tuples), lists of tables and leaves.
Nothing here knows Taobao: the walk serves error messages, ``--set``, the ODD table,
sensitivity bounds and the tests that hold every parameter to its declaration.
"""

import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.core.units import Prior

type Step = str | int
"""A name in a table, an index in a list, or ``[kind]``: all entries of a kind in a list."""
type Kind = Any
"""A type as annotations have it: a class, ``tuple[Rival, ...]``, a union."""
type Nested = Any
"""What TOML may hold, or what it became: tables, lists and leaves."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter as it is declared.

    Attributes
    ----------
    path
        Dotted, as in TOML. In a walk over a class, lists are ``rivals[].yearly_fee`` and, where
        entries differ in kind, ``response.measures[statement].answer``; in a walk over a
        scenario they are ``rivals[0].yearly_fee``.
    type
        ``number``, ``whole number``, ``switch``, ``choice``, ``text`` or ``list``.
    unit, source
        None where nothing is declared.
    low, high
        The range allowed; None where open.
    default
        The value of the scenario walked over, else the declared default.
    low_excluded
        Whether ``low`` itself is not allowed.
    choices
        What a choice may be.
    prior
        Between which two values it lies before any fact is looked at; None for what no
        calibration moves.
    optional, required
        Whether it may be absent; whether it must be given.
    """

    path: str
    type: str
    unit: str | None
    low: float | None
    high: float | None
    default: Nested
    source: str | None
    description: str
    low_excluded: bool = False
    choices: tuple[str, ...] = ()
    optional: bool = False
    required: bool = False
    prior: Prior | None = None

    @property
    def is_numeric(self) -> bool:
        """Return whether it is a number, whole or not."""
        return self.type in {"number", "whole number"}


def is_table(kind: Kind) -> bool:
    """Return whether a type is a table in TOML: a model or a named tuple."""
    return isinstance(kind, type) and (issubclass(kind, BaseModel) or hasattr(kind, "_fields"))


def is_list(kind: Kind) -> bool:
    """Return whether a type is a list in TOML."""
    origin: Kind = get_origin(kind)
    return bool(origin is tuple)


def contents(table: Nested) -> dict[str, Nested]:
    """Return what an instance of a table holds, one level deep and with what is absent."""
    if isinstance(table, dict):
        return dict(table)
    kind: Kind = type(table)
    return {name: getattr(table, name) for name in parts(kind)}


@cache
def parts(kind: Kind) -> dict[str, FieldInfo]:
    """Return the fields of a table by name; of what is no table, none."""
    if not is_table(kind):
        return {}
    if issubclass(kind, BaseModel):
        return dict(kind.model_fields)
    hints = get_type_hints(kind, include_extras=True)
    defaults = kind._field_defaults
    return {
        name: FieldInfo.from_annotated_attribute(hints[name], defaults[name])
        if name in defaults
        else FieldInfo.from_annotation(hints[name])
        for name in kind._fields
    }


def kinds_of(annotation: Kind) -> list[Kind]:
    """Return the types an annotation allows, without ``None`` and without what decorates them."""
    if isinstance(annotation, TypeAliasType):
        return kinds_of(annotation.__value__)
    origin: Kind = get_origin(annotation)
    if origin is Annotated:
        return kinds_of(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return [kind for member in get_args(annotation) for kind in kinds_of(member)]
    return [] if annotation in {None, type(None)} else [annotation]


def _may_be_none(annotation: Kind) -> bool:
    return type(None) in get_args(annotation)


def tag_of(kind: Kind) -> str | None:
    """Return what a kind of entry calls itself in its ``kind`` field, if it has one."""
    info = parts(kind).get("kind")
    names = get_args(info.annotation) if info and get_origin(info.annotation) is Literal else ()
    return names[0] if names else None


def kind_named(step: Step) -> str | None:
    """Return the kind that a step such as ``[police-report]`` names; None for any other step."""
    return step[1:-1] if isinstance(step, str) and step.startswith("[") else None


def inside(kinds: Sequence[Kind], step: Step) -> tuple[list[Kind], FieldInfo | None]:
    """Go one step down: the types that may be there, and how the field is declared."""
    found, info = _inside(tuple(kinds), step)
    return list(found), info


# Sweeps change thousands of scenarios along the same few paths.
@lru_cache(maxsize=4096)
def _inside(kinds: tuple[Kind, ...], step: Step) -> tuple[tuple[Kind, ...], FieldInfo | None]:
    found: list[Kind] = []
    info = None
    for kind in kinds:
        if is_table(kind):
            here = parts(kind).get(str(step))
            if here is not None:
                info = here
                found += kinds_of(here.annotation)
        elif is_list(kind):
            entries = kinds_of(get_args(kind)[0])
            named = kind_named(step)
            if isinstance(step, int):
                found += entries
            elif named is not None:
                found += [entry for entry in entries if tag_of(entry) == named]
    return tuple(found), info


@dataclass(frozen=True, slots=True)
class FieldPath:
    """Where a path leads."""

    steps: tuple[Step, ...]  # of the path, as in TOML
    reached: int  # how many of them exist
    kinds: list[Kind]  # the types that may stand where it stopped
    info: FieldInfo | None  # the declaration there; None for the root and an entry of a list

    @property
    def is_whole(self) -> bool:
        """Return whether the whole path exists."""
        return self.reached == len(self.steps)


def follow(root: Kind, steps: Sequence[Step], *, tagged: bool = False) -> FieldPath:
    """Follow a path through the declarations.

    Parameters
    ----------
    root
        The model to start from.
    steps
        Names and indices.
    tagged
        Whether the path is pydantic's, which has an entry's kind after its index and may have
        positions for the names of a named tuple.
    """
    return _follow(root, tuple(steps), tagged)


@lru_cache(maxsize=4096)
def _follow(root: Kind, steps: tuple[Step, ...], tagged: bool) -> FieldPath:
    kinds: list[Kind] = [root]
    info: FieldInfo | None = None
    clean: list[Step] = []
    for at, step in enumerate(steps):
        variants = {tag_of(kind): kind for kind in kinds if is_table(kind)}
        if tagged and clean and isinstance(clean[-1], int) and step in variants:
            kinds = [variants[str(step)]]
            continue
        if tagged and isinstance(step, int) and is_table(kinds[0]) and step < len(parts(kinds[0])):
            step = list(parts(kinds[0]))[step]
        found, declared = inside(kinds, step)
        if not found:
            return FieldPath((*clean, *steps[at:]), len(clean), kinds, info)
        clean.append(step)
        kinds, info = found, declared
    return FieldPath(tuple(clean), len(clean), kinds, info)


@lru_cache(maxsize=4096)
def steps_of(path: str) -> tuple[Step, ...]:
    """Take a path apart: ``rivals[0].yearly_fee`` and ``rivals.0.yearly_fee`` are the same.

    ``response.measures[statement].answer`` is the answer of every statement.
    """
    indexed = re.sub(r"\[(\d+)\]", r".\1", path)
    names = re.sub(r"(\[[A-Za-z][\w-]*\])", r".\1", indexed).split(".")
    return tuple(int(n) if re.fullmatch(r"[0-9]{1,9}", n) else n for n in names)


def describe(path: str, info: FieldInfo, default: Nested) -> Field:
    """Return how a leaf is declared."""
    kinds = kinds_of(info.annotation)
    kind = kinds[0] if kinds else None
    bounds = {type(m).__name__.lower(): m for m in info.metadata}
    low = bounds["ge"].ge if "ge" in bounds else bounds["gt"].gt if "gt" in bounds else None
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    unit, source = extra.get("unit"), extra.get("source")
    names = {bool: "switch", int: "whole number", float: "number", str: "text"}
    is_choice = get_origin(kind) is Literal
    return Field(
        path=path,
        type="choice" if is_choice else "list" if is_list(kind) else names.get(kind, "text"),  # type: ignore[arg-type]
        unit=None if unit is None else str(unit),
        low=low,
        high=bounds["le"].le if "le" in bounds else None,
        default=default,
        source=None if source is None else str(source),
        description=info.description or "",
        low_excluded="gt" in bounds,
        choices=tuple(get_args(kind)) if is_choice else (),
        optional=_may_be_none(info.annotation),
        required=info.is_required(),
        prior=_prior(extra),
    )  # fmt: skip


def _prior(declared: dict[str, Any]) -> Prior | None:
    for name, is_log in (("prior", False), ("log_prior", True)):
        if name in declared:
            low, high = declared[name]
            return Prior(float(low), float(high), is_log)
    return None


def fields_of(what: type[BaseModel] | BaseModel) -> list[Field]:
    """List every parameter of a class of scenarios, or every one that a scenario has.

    Parameters
    ----------
    what
        ``Scenario`` for what is declared, entries of lists once for each kind; a scenario for
        the paths that `Scenario.replace` takes, with its values as defaults.
    """
    if isinstance(what, BaseModel):
        return list(_walk(type(what), what, "", (), expand=True))
    return list(_walk(what, None, "", (), expand=False))


def _walk(
    kind: Kind, table: Nested, prefix: str, above: tuple[Kind, ...], *, expand: bool
) -> Iterator[Field]:
    for name, info in parts(kind).items():
        path = f"{prefix}.{name}" if prefix else name
        value = info.default if table is None else getattr(table, name)
        value = None if info.is_required() and table is None else value
        kinds = kinds_of(info.annotation)
        entries = kinds_of(get_args(kinds[0])[0]) if is_list(kinds[0]) else []
        if is_table(kinds[0]):
            inner = value if isinstance(value, kinds[0]) else None
            yield from _walk(kinds[0], inner, path, (*above, kind), expand=expand)
        elif expand and entries and is_table(entries[0]):
            for i, entry in enumerate(value or ()):
                yield from _walk(type(entry), entry, f"{path}[{i}]", (), expand=True)
        elif entries and is_table(entries[0]):
            # A trigger holds triggers: once is enough to know what is declared.
            for entry in (e for e in entries if e is not kind and e not in above):
                tag = (tag_of(entry) or "") if len(entries) > 1 else ""
                yield from _walk(entry, None, f"{path}[{tag}]", (*above, kind), expand=False)
        else:
            yield describe(path, info, value)
