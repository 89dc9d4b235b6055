"""What a sweep is to do: a TOML file or the same in a dict, validated and closed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from os.path import isfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.core.chance import LARGEST_SEED
from sim.core.quoting import format_value, quote, reason
from sim.core.texts import Description, Name
from sim.core.units import BesiegeError
from sim.lab.design.levels import Level, Range, level_of, levels_of
from sim.lab.design.modules import Module, load_module, load_modules
from sim.lab.design.sources import outcomes_told
from sim.outcomes.outcomes import Need, Outcome, met, own_outcomes, with_own
from sim.outcomes.record import OF_SHOPPERS, SERIES
from sim.responses import Response
from sim.scenario import schema
from sim.scenario.messages import explain, unknown_name, unknown_path
from sim.scenario.scenario import Scenario
from sim.scenario.schema import follow, kinds_of, steps_of
from sim.scenario.toml import is_file_name, meant_file, parse_toml

_CLOSED = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)
SAMPLED = ("latin", "sobol", "morris", "saltelli")
"""Designs that draw their points from ranges."""
_POWER_OF_TWO = ("sobol", "saltelli")


class Design(BaseModel):
    """Which points of the factors' space are run."""

    model_config = _CLOSED
    kind: Annotated[Literal["grid", "latin", "sobol", "morris", "saltelli", "list"], Field(description="how the points are chosen")] = "grid"  # fmt: skip
    samples: Annotated[int | None, Field(ge=1, le=1_000_000, description="number of points for latin and sobol, of base samples for saltelli, of trajectories for morris")] = None  # fmt: skip
    levels: Annotated[int, Field(ge=2, le=100, description="number of levels for morris")] = 4
    second_order: Annotated[bool, Field(description="whether saltelli also estimates pairs of factors")] = False  # fmt: skip
    seed: Annotated[int | None, Field(ge=0, le=2**31 - 1, description="seed of the sample; the seed of the sweep if absent")] = None  # fmt: skip
    points: Annotated[tuple[dict[str, Any], ...], Field(description="the points, for list")] = ()


class Keep(BaseModel):
    """What is kept of a run besides its outcomes."""

    model_config = _CLOSED
    hours: Annotated[tuple[str, ...], Field(description="names of the hourly series to keep")] = ()


class Spec(BaseModel):
    """A sweep: a scenario, what is changed in it, how often it is run, what is kept."""

    model_config = _CLOSED
    name: Annotated[Name, Field(description="name of the sweep, and of its folder in runs/")] = (
        "sweep"
    )
    question: Annotated[Description, Field(description="question that the sweep is to answer")] = ""
    scenario: Annotated[Any, Field(description="name from the library, a TOML file, or a table")] = "taobao-2011"  # fmt: skip
    runs: Annotated[int, Field(ge=1, le=1_000_000, description="runs at each point; each has its own seed, and every point uses the same seeds")] = 1  # fmt: skip
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED, description="seed of the first run at each point")] = 1  # fmt: skip
    design: Design = Design()
    factors: Annotated[
        dict[str, Any], Field(description="what is varied: fields by their paths")
    ] = {}
    levers: Annotated[dict[str, Any], Field(description="factors that the platform decides")] = {}
    uncertainties: Annotated[dict[str, Any], Field(description="factors that nobody knows")] = {}
    constants: Annotated[
        dict[str, Any], Field(description="fields that have the same changed value at every point")
    ] = {}
    outcomes: Annotated[tuple[str, ...], Field(description="outcomes that answer the question; if none of them needs shoppers, nobody shops and such outcomes alone are measured")] = ()  # fmt: skip
    modules: Annotated[tuple[str, ...], Field(description="Python files with your own outcomes and measures")] = ()  # fmt: skip
    keep: Keep = Keep()


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that a sweep varies: either levels or a range."""

    path: str
    role: str  # "lever", "uncertainty" or "factor"
    levels: tuple[Level, ...]
    range: Range | None
    field: schema.Field | None  # None for what is a table, such as a response
    base: Level


@dataclass(frozen=True)
class Plan:
    """A specification that was found good, with its scenario and factors at hand.

    Attributes
    ----------
    base
        The scenario with the constants in it; every point is this one changed.
    given
        What was given as the scenario: a name of the library, or None for anything else.
    home
        The folder that file names in the specification are relative to.
    """

    spec: Spec
    base: Scenario
    given: str | None
    home: Path
    factors: tuple[Factor, ...]
    points: tuple[dict[str, Level], ...]  # of a list
    modules: tuple[Module, ...]
    session: Mapping[str, Outcome]  # entered by the session that asked, not by a module

    @property
    def own(self) -> dict[str, Outcome]:
        """Outcomes besides the package's: the session's and the modules'."""
        return {**self.session, **_outcomes_of(self.modules)}

    @property
    def measured(self) -> dict[str, Outcome]:
        """Every outcome of a run that its shoppers, or their absence, allow."""
        return met(with_own(self.own), self.need)

    @property
    def need(self) -> Need:
        """What its runs must have: the siege alone, if nothing named needs shoppers."""
        known = with_own(self.own)
        named = [known[name].needs for name in self.spec.outcomes]
        if not named or "shoppers" in named or OF_SHOPPERS.intersection(self.spec.keep.hours):
            return "shoppers"
        return "siege"

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that answer the question; all there are if it names none."""
        return self.spec.outcomes or tuple(self.measured)

    @cached_property
    def own_told(self) -> list[Any]:
        """What the outcomes of one's own do, for a hash: of a module, the whole file counts."""
        return [outcomes_told(self.session), sorted(m.source_hash for m in self.modules)]


def load(source: str | Path | Mapping[str, Any]) -> Plan:
    """Read a specification, from a TOML file or a dict, and check all of it.

    Raises
    ------
    BesiegeError
        For anything that is not allowed, in one line that names the field.
    """
    if isinstance(source, Mapping):
        return plan(dict(source), Path.cwd(), "")
    path = Path(source)
    name = quote(str(source))
    try:
        data = path.read_bytes()
    except OSError as error:
        why = (error.strerror or "").lower()
        meant = meant_file(path)
        hint = f"; did you mean {quote(meant)}?" if meant else ""
        raise BesiegeError(f"{name}: cannot be read ({why}); allowed a TOML file{hint}") from None
    return plan(parse_toml(data, name), path.parent, f"{name}: ")


def plan(data: dict[str, Any], home: Path, where: str) -> Plan:
    """Check a specification and give what it asks for."""
    try:
        return _plan(data, home)
    except BesiegeError as error:
        raise BesiegeError(f"{where}{error}") from None


def _plan(data: dict[str, Any], home: Path) -> Plan:
    try:
        spec = Spec.model_validate(_tuples(data), strict=True)
    except ValidationError as error:
        raise BesiegeError(explain(error, Spec)) from None
    modules, session = load_modules(spec.modules, home), own_outcomes()
    if twice := sorted(session.keys() & _outcomes_of(modules).keys()):
        raise BesiegeError(f"modules: the outcome {twice[0]} is also registered in this session, allowed once")  # fmt: skip
    _check_names("outcomes", spec.outcomes, with_own({**session, **_outcomes_of(modules)}))
    _check_names("keep.hours", spec.keep.hours, SERIES)
    if spec.seed + spec.runs - 1 > LARGEST_SEED:
        raise BesiegeError(
            f"seed: given {spec.seed}, allowed a seed for which the last run's is at most {LARGEST_SEED}"
        )
    base = _base(spec, home)
    given = {
        path: (role, value)
        for role, table in (
            ("factor", spec.factors), ("lever", spec.levers), ("uncertainty", spec.uncertainties)
        )
        for path, value in table.items()
    }  # fmt: skip
    n_named = len(spec.factors) + len(spec.levers) + len(spec.uncertainties)
    if len(given) < n_named:
        raise BesiegeError("factors: given a path twice, allowed once in factors, levers and uncertainties together")  # fmt: skip
    if twice := sorted(given.keys() & spec.constants.keys()):
        raise BesiegeError(
            f"constants: given {twice[0]}, which is also varied, allowed only one of the two"
        )
    points = tuple(_point(p, i, base, home) for i, p in enumerate(spec.design.points))
    if spec.design.kind == "list":
        given |= {p: ("factor", []) for point in points for p in point if p not in given}
    elif points:
        raise BesiegeError(f'design.points: given with kind "{spec.design.kind}", allowed only with kind "list"')  # fmt: skip
    factors = tuple(
        _factor(path, role, value, base, spec.design, home) for path, (role, value) in given.items()
    )
    _check_design(spec, factors)
    name = spec.scenario if isinstance(spec.scenario, str) else None
    library = name if name is not None and not is_file_name(name) and not spec.constants else None
    return Plan(spec, base, library, home, factors, points, modules, session)


def _outcomes_of(modules: tuple[Module, ...]) -> dict[str, Outcome]:
    return {name: o for module in modules for name, o in module.outcomes.items()}


def _tuples(value: Any) -> Any:
    """Make lists tuples where the declaration has them."""
    out = dict(value)
    for name in ("outcomes", "modules"):
        if isinstance(out.get(name), list):
            out[name] = tuple(out[name])
    for name, inner in (("keep", "hours"), ("design", "points")):
        table = out.get(name)
        if isinstance(table, dict) and isinstance(table.get(inner), list):
            out[name] = {**table, inner: tuple(table[inner])}
    return out


def _check_names(field: str, names: tuple[str, ...], known: Mapping[str, Any] | list[str]) -> None:
    for name in names:
        if name not in known:
            raise BesiegeError(unknown_name(field, name, list(known)))


def _base(spec: Spec, home: Path) -> Scenario:
    given = spec.scenario
    if isinstance(given, Scenario):
        base = given
    elif isinstance(given, dict):
        table = {name: found_by(name, value, home) for name, value in given.items()}
        base = Scenario.parse(table, "scenario")
    elif isinstance(given, (str, Path)):
        beside = home / given
        base = Scenario.load(beside if is_file_name(given) and isfile(beside) else given)
    else:
        raise BesiegeError(f"scenario: given {format_value(given)}, allowed a name from the library, a TOML file or a table")  # fmt: skip
    for path, value in spec.constants.items():
        base = _put(base, "constants", path, found_by(path, value, home))
    return base


def _put(base: Scenario, field: str, path: str, value: Any) -> Scenario:
    try:
        return base.replace({path: value})
    except BesiegeError as error:
        raise BesiegeError(f"{field}: {error}") from None


def found_by(path: str, value: Any, home: Path) -> Any:
    """Return a field's value, its files looked for beside the specification, then here."""
    if path == "response":
        return response_of(value, home)
    if path == "graph" and isinstance(value, dict) and isinstance(value.get("path"), str):
        return {**value, "path": found_by("graph.path", value["path"], home)}
    if path == "graph.path" and isinstance(value, str) and isfile(home / value):
        return str(home / value)
    return value


def response_of(value: Any, home: Path) -> Any:
    """Return what a scenario takes as its response; files are looked for beside the specification.

    ``FILE.py:NAME`` is a response made in Python, or a function that makes one.
    """
    if not isinstance(value, str):
        return value
    file, sign, name = value.rpartition(":")
    if sign and file.endswith(".py"):
        return _from_python(home / file, name, value)
    beside = home / value
    return beside if is_file_name(value) and isfile(beside) else value


def _from_python(path: Path, name: str, given: str) -> Response:
    module = load_module(path, "response", given)
    try:
        made = module.contents[name]
        response = made() if callable(made) else made
    except Exception as error:
        said = f"{type(error).__name__}: {reason(error)}"
        raise BesiegeError(
            f"response: given {quote(given)}, which cannot be loaded ({said})"
        ) from None
    for kind in {type(m) for m in getattr(response, "measures", ())}:
        if kind.__module__ == module.name:
            kind.source_hash = module.source_hash
    if not isinstance(response, Response):
        raise BesiegeError(f"response: given {quote(given)}, allowed a sim.responses.Response or a function that returns one")  # fmt: skip
    return response


def _point(point: dict[str, Any], i: int, base: Scenario, home: Path) -> dict[str, Level]:
    return {
        path: _level(f"design.points[{i}]", path, value, base, home)
        for path, value in point.items()
    }


def _level(field: str, path: str, value: Any, base: Scenario, home: Path) -> Level:
    level = level_of(None if _is_left_out(path, value) else value)
    level = replace(level, value=found_by(path, level.value, home))
    _put(base, field, path, level.value)
    return level


def _is_left_out(path: str, value: Any) -> bool:
    """Return whether a level takes an optional field away: ``"none"``, as TOML has no null."""
    if not isinstance(value, str) or value != "none":
        return False
    trail = follow(Scenario, steps_of(path))
    return trail.info is not None and schema.describe(path, trail.info, None).optional


def _factor(path: str, role: str, value: Any, base: Scenario, design: Design, home: Path) -> Factor:
    table = {"factor": "factors", "lever": "levers", "uncertainty": "uncertainties"}[role]
    trail = follow(Scenario, steps_of(path))
    if not trail.is_whole or not path:
        raise BesiegeError(f"{table}: {unknown_path(Scenario, trail)}")
    leaf = trail.info is not None and not schema.is_table((kinds_of(trail.info.annotation) or [None])[0])  # fmt: skip
    here = _value_at(base, trail.steps)
    found = schema.describe(path, trail.info, here) if leaf and trail.info is not None else None
    base_level = level_of(here) if path != "response" else level_of(base.response)
    if isinstance(value, dict) and path != "response":
        span = Range.of(value, f"{table}.{path}", found, here)
        for end in span.ends():
            _put(base, table, path, end)
        levels = span.levels() if design.kind == "grid" else ()
        return Factor(path, role, levels, span, found, base_level)
    levels = tuple(
        _level(table, path, item, base, home) for item in levels_of(value, f"{table}.{path}")
    )
    labels = [level.label for level in levels]
    if len(set(labels)) < len(labels):
        raise BesiegeError(f"{table}.{path}: given a level twice, allowed once")
    if not levels and design.kind != "list":
        raise BesiegeError(f"{table}.{path}: given an empty list, allowed at least one level")
    return Factor(path, role, levels, None, found, base_level)


def _value_at(base: Scenario, steps: tuple[schema.Step, ...]) -> Any:
    value: Any = base
    for step in steps:
        if isinstance(step, int):
            value = value[step] if isinstance(value, tuple) and step < len(value) else None
        else:
            value = getattr(value, str(step), None)
    return value


def _check_design(spec: Spec, factors: tuple[Factor, ...]) -> None:
    design = spec.design
    if design.kind == "list" and not design.points:
        raise BesiegeError("design.points: missing, required: a list of tables with kind = \"list\"")  # fmt: skip
    if design.kind not in SAMPLED:
        if design.samples is not None:
            raise BesiegeError(f'design.samples: given with kind "{design.kind}", allowed only with {", ".join(SAMPLED)}')  # fmt: skip
        return
    if not factors:
        raise BesiegeError(f'factors: missing, required: at least one with kind = "{design.kind}"')  # fmt: skip
    n = design.samples
    if n is None:
        raise BesiegeError(f'design.samples: missing, required: a whole number with kind = "{design.kind}"')  # fmt: skip
    if design.kind in _POWER_OF_TWO and n & (n - 1):
        raise BesiegeError(f"design.samples: given {n}, allowed a power of two, such as {1 << n.bit_length() - 1}")  # fmt: skip
    if design.kind in {"morris", "saltelli"} and len(factors) < 2:
        raise BesiegeError(f'factors: given 1, allowed at least 2 with kind = "{design.kind}"')
