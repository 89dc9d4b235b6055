"""A scenario: every parameter of a run, frozen and closed, in and out of TOML."""

import hashlib
import json
import re
from collections.abc import Sequence
from os.path import isfile
from pathlib import Path
from typing import Annotated, Any, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from sim.core.quoting import format_value, quote
from sim.core.texts import Description, Name
from sim.core.units import BesiegeError, parameter
from sim.responses import Measure, Response, Trigger
from sim.rules.attack import AttackParameters
from sim.rules.attention import AttentionParameters
from sim.rules.beliefs import BeliefParameters
from sim.rules.channel import ChannelParameters
from sim.rules.mobilisation import MobilisationParameters
from sim.rules.poaching import PoachingParameters
from sim.rules.shopping import ShoppingParameters
from sim.rules.stores import StoreParameters
from sim.scenario.ensembles import left_open, named_in
from sim.scenario.messages import explain, path_of, unknown_path, wrong_value
from sim.scenario.schema import Nested, Step, contents, follow, is_table, steps_of
from sim.scenario.toml import is_file_name, library_list, prepare, read
from sim.scenario.toml import library_names as library_names  # the commands ask here
from sim.setup.fees import DepositTier, FeeParameters, FeeSchedule, NewSchedule, RefundTier
from sim.setup.graph import OWN, GraphParameters, identity_of
from sim.setup.population import PopulationParameters

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

AS_ANNOUNCED = NewSchedule(
    standard=30_000,
    premium=60_000,
    deposits=(
        DepositTier(turnover_from=0, amount=50_000),
        DepositTier(turnover_from=1_000_000, amount=100_000),
        DepositTier(turnover_from=5_000_000, amount=150_000),
    ),
    refunds=(
        RefundTier(turnover_from=360_000, rating_from=4.6, share=0.5),
        RefundTier(turnover_from=1_095_000, rating_from=4.6, share=1.0),
    ),
)
"""The schedule of 10 October 2011: facts.csv F23, F25, F36; the half refund is assumed."""


class Fees(BaseModel):
    """The old and the new schedule, and what money costs."""

    model_config = _FROZEN
    old: FeeSchedule = FeeSchedule()
    new: NewSchedule = AS_ANNOUNCED
    terms: FeeParameters = FeeParameters()


class Rival(BaseModel):
    """A rival platform."""

    model_config = _FROZEN
    name: Name
    yearly_fee: Annotated[
        float, parameter("yearly fee", unit="yuan/yr", source="facts.csv F20", ge=0, le=1e6)
    ]
    attraction: Annotated[
        float, parameter("weight of this rival among all rivals", unit="1", ge=0, le=1e3)
    ] = 1.0
    effort: Annotated[float, parameter("poaching effort: factor applied to the daily hazard that a seller opens a second shop here", unit="1", ge=0, le=100)] = 1.0  # fmt: skip
    margin: Annotated[float, parameter("margin on sales", unit="share", ge=0, le=0.9)] = 0.15
    promise_after: Annotated[int | None, parameter("delay between the first attack and this rival's promise to freeze its fee", unit="h", source="facts.csv F35", ge=0, le=10_000)] = None  # fmt: skip


RIVALS = (
    Rival(name="Dangdang", yearly_fee=6000, attraction=1.0, promise_after=58),
    Rival(name="Tencent", yearly_fee=6000, attraction=0.7),
    Rival(name="360buy", yearly_fee=8000, attraction=1.3),
)


class _TomlSchema(GenerateJsonSchema):
    """A named tuple is a table in TOML, where pydantic's own schema has an array."""

    def named_tuple_schema(self, schema: Nested) -> JsonSchemaValue:
        """Describe a named tuple by the names of its fields."""
        fields = {field["name"]: self.generate_inner(field["schema"]) for field in schema["fields"]}
        return {"type": "object", "properties": fields, "additionalProperties": False}

    def encode_default(self, dft: Nested) -> Nested:
        """Write a default as TOML would."""
        return dft if dft is None else _plain(dft)


def scenario_list() -> list[tuple[str, str]]:
    """Return name and description of the scenarios in the library."""
    return library_list("scenarios")


def response_list() -> list[tuple[str, str]]:
    """Return name and description of the responses in the library."""
    return library_list("responses")


def fee_list() -> list[tuple[str, str]]:
    """Return name and description of the fee schedules in the library."""
    return library_list("fees")


def load_response(source: str | Path) -> Response:
    """Load a response by its name in the library or from a TOML file.

    ``protect@60`` is `protect` begun at hour 60, ``protect@+12`` twelve hours later.

    Raises
    ------
    BesiegeError
        For an unknown name, an unreadable file or a field that is not allowed.
    """
    name, moved = str(source), re.fullmatch(r"(.+)@([+-]?)(\d{1,5})", str(source))
    response = _load(moved[1] if moved else source, "responses", Response)
    if moved is None:
        return response
    try:
        hours = int(moved[3])
        return response.later(int(moved[2] + moved[3])) if moved[2] else response.at(hours)
    except BesiegeError as error:
        raise BesiegeError(f"{quote(name)}: {error}") from None


def load_fees(source: str | Path) -> NewSchedule:
    """Load a new fee schedule by its name or from a TOML file, with the errors of a response."""
    return _load(source, "fees", NewSchedule)


def _load[T: BaseModel](source: str | Path, folder: str, kind: type[T]) -> T:
    data = read(source, folder)
    if "name" in kind.model_fields:
        data.setdefault("name", Path(source).stem)
    else:  # told by `besiege fees` alone
        for told in ("name", "description"):
            data.pop(told, None)
    try:
        return kind.model_validate(prepare(data, kind), strict=True)
    except ValidationError as error:
        raise BesiegeError(f"{quote(str(source))}: {explain(error, kind)}") from None
    except BesiegeError as error:
        raise BesiegeError(f"{quote(str(source))}: {error}") from None


def _near(source: str | Path, name: str) -> str:
    """Return the path of a file that a scenario's file names: beside it, or else from here."""
    beside = Path(source).parent / name
    return str(beside) if is_file_name(source) and isfile(beside) else name


def _laid_over(base: Nested, value: Nested) -> Nested:
    """Lay a nested dict over a table, so that what it does not name stays as it was.

    A response and a trigger are wholes: half of one on top of another would be a third.
    """
    if not isinstance(value, dict) or not is_table(type(base)) or isinstance(base, Trigger):
        return value
    if isinstance(base, Response):
        return {"name": "unnamed", **value}
    inner = contents(base)
    laid = {k: _laid_over(inner.get(k), v) if isinstance(v, dict) else v for k, v in value.items()}
    return {**inner, **laid}


def _put(base: Nested, steps: Sequence[Step], at: int, value: Nested) -> Nested:
    """Return a copy of ``base``, down the path only, with a value at the end of the path."""
    step, last = steps[at], at == len(steps) - 1
    if isinstance(base, (list, tuple)) and not is_table(type(base)):
        if not isinstance(step, int) or step >= len(base):
            there = f"0 to {len(base) - 1}" if base else "none, the list is empty"
            raise BesiegeError(f"{path_of(steps[: at + 1])}: no such entry, allowed {there}")
        inner = value if last else _put(base[step], steps, at + 1, value)
        return (*base[:step], inner, *base[step + 1 :])
    if base is not None and not isinstance(base, dict) and not is_table(type(base)):
        raise BesiegeError(wrong_value(Scenario, steps[:at], base))
    table = {} if base is None else contents(base)
    old = table.get(str(step))
    table[str(step)] = _laid_over(old, value) if last else _put(old, steps, at + 1, value)
    if isinstance(base, Measure) and base.source_hash is not None:  # no kind tells its class
        return type(base).model_validate(prepare(table, type(base)), strict=True)
    return table


def _plain(value: Nested, *, canonical: bool = False) -> Nested:
    """Return nested dicts and lists, without what is absent, which TOML cannot write.

    The canonical form knows no -0.0, which equals 0.0 and is written differently.
    """
    if isinstance(value, float):
        return value + 0.0 if canonical else value
    if isinstance(value, (int, str)):
        return value
    if is_table(type(value)):
        inner = contents(value).items()
        return {k: _plain(v, canonical=canonical) for k, v in inner if v is not None}
    return (
        [_plain(item, canonical=canonical) for item in value] if isinstance(value, tuple) else value
    )


class Scenario(BaseModel):
    """Everything a run depends on besides its seed.

    Raises
    ------
    BesiegeError
        For a field that is not allowed, however a scenario is made.
    """

    model_config = _FROZEN
    name: Name = "unnamed"
    description: Description = ""
    scale: Annotated[float, parameter("share of all sellers, onlookers and consumers that is simulated", unit="share", ge=0.001, le=1)] = 0.1  # fmt: skip
    hours: Annotated[int, parameter("number of hours simulated", unit="h", source="design", ge=1, le=10_000)] = 336  # fmt: skip
    announced: Annotated[int | None, parameter("hour at which the new fees are announced; if absent, they are not announced", unit="hour", source="facts.csv F26", ge=0, le=10_000)] = None  # fmt: skip
    fees: Fees = Fees()
    response: Response = Response()
    rivals: tuple[Rival, ...] = RIVALS
    population: PopulationParameters = PopulationParameters()
    graph: GraphParameters = GraphParameters()
    attention: AttentionParameters = AttentionParameters()
    mobilisation: MobilisationParameters = MobilisationParameters()
    channel: ChannelParameters = ChannelParameters()
    attack: AttackParameters = AttackParameters()
    stores: StoreParameters = StoreParameters()
    shopping: ShoppingParameters = ShoppingParameters()
    beliefs: BeliefParameters = BeliefParameters()
    poaching: PoachingParameters = PoachingParameters()

    # Not a list of its fields: Mesa's `batch_run` takes what can be iterated for several values.
    __iter__ = None  # type: ignore[assignment]

    def __init__(self, /, **given: Nested) -> None:
        """Make a scenario; a table that is given in part keeps the rest of its default."""
        fields = type(self).model_fields
        data = {
            k: _laid_over(fields[k].default if k in fields else None, v) for k, v in given.items()
        }
        if isinstance(data.get("fees"), (str, Path)):
            data["fees"] = _laid_over(Fees(), {"new": load_fees(data["fees"])})
        response = data.get("response", {})
        if isinstance(response, (str, Path)):
            data["response"] = load_response(response)
        elif not isinstance(response, (dict, Response)):
            raise BesiegeError(
                f"response: given {format_value(response)}, allowed a table, a name from the library or a TOML file"
            )
        try:
            self.__pydantic_validator__.validate_python(
                prepare(data, type(self)), self_instance=self, strict=True
            )
        except ValidationError as error:
            raise BesiegeError(explain(error, type(self))) from None
        self._check_together()

    def _check_together(self) -> None:
        """Refuse shares that are allowed one by one and not together."""
        for names, most in (
            (("shopping.buy_mall", "shopping.buy_rivals"), 0.99),
            (("population.sympathiser_share", "population.reporter_share"), 1.0),
        ):
            parts = [name.split(".") for name in names]
            given = [getattr(getattr(self, table), field) for table, field in parts]
            if sum(given) > most:
                said = " and ".join(f"{n} = {v:g}" for n, v in zip(names, given, strict=True))
                raise BesiegeError(f"{names[1]}: given {said}, allowed at most {most:g} together")

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Load a scenario by its name in the library or from a TOML file.

        A response's file and an edge list are looked for beside the scenario's own, then here.
        With a line ``ensemble = "NAME"`` the values that it does not give itself are those of that
        calibrated ensemble's best member.

        Raises
        ------
        BesiegeError
            For an unknown name, an unreadable file or a field that is not allowed.
        """
        data = read(source, "scenarios")
        data.setdefault("name", Path(source).stem)
        response, graph = data.get("response"), data.get("graph")
        if isinstance(response, str) and is_file_name(response):
            data["response"] = _near(source, response)
        if isinstance(graph, dict) and isinstance(path := graph.get("path"), str) and path:
            data["graph"] = {**graph, "path": _near(source, path)}
        calibrated = named_in(data, quote(str(source)))
        loaded = cls.parse({k: v for k, v in data.items() if k != "ensemble"}, quote(str(source)))
        if calibrated is None:
            return loaded
        return loaded.replace(left_open(data, calibrated.member(calibrated.best)))

    @classmethod
    def ensemble(cls, source: str | Path) -> tuple[Self, ...]:
        """Return the scenarios of a calibrated ensemble, in its fixed shuffled order.

        Raises
        ------
        BesiegeError
            For what `load` refuses, or a scenario without a line ``ensemble = "NAME"``.
        """
        best, data = cls.load(source), read(source, "scenarios")
        calibrated = named_in(data, quote(str(source)))
        if calibrated is None:
            raise BesiegeError(
                f'{quote(str(source))}: ensemble: missing, required: a line ensemble = "calibrated"'
            )
        n = len(calibrated.members)
        return tuple(best.replace(left_open(data, calibrated.member(k))) for k in range(n))

    @classmethod
    def parse(cls, data: dict[str, Any], source: str = "") -> Self:
        """Validate a nested dict; a response may be given by its name.

        Raises
        ------
        BesiegeError
            For a field that is not allowed; the message begins with ``source``.
        """
        try:
            return cls(**{str(key): value for key, value in data.items()})
        except BesiegeError as error:
            raise BesiegeError(f"{source}: {error}" if source else str(error)) from None

    def replace(self, changes: dict[str, Any] | None = None, /, **more: Nested) -> Self:
        """Return a copy with fields changed, by dotted path or keyword.

        Parameters
        ----------
        changes
            Such as ``{"fees.new.standard": 15000, "rivals.0.yearly_fee": 5000}``; None takes an
            optional field away; a nested dict changes what it names.
        **more
            Top-level fields, such as ``scale=0.1``, ``response="protect"`` or ``fees="phased"``.

        Raises
        ------
        BesiegeError
            For a path that does not exist or a value that is not allowed.
        """
        if not isinstance(changes, dict | None):
            raise BesiegeError(
                f"replace: given {format_value(changes)}, allowed a dict of paths and values"
            )
        asked = [(steps_of(str(path)), new) for path, new in {**(changes or {}), **more}.items()]
        data: Any = self
        # Wholes before their parts, whatever the order they were named in.
        for steps, value in sorted(asked, key=lambda change: len(change[0])):
            trail = follow(type(self), steps)
            if not trail.is_whole:
                raise BesiegeError(unknown_path(type(self), trail))
            if isinstance(value, (str, Path)):
                if steps == ("response",):
                    value = load_response(value)
                elif steps == ("fees",):
                    value = {"new": load_fees(value)}
            data = _put(data, steps, 0, value)
        return type(self)(**contents(data))

    @property
    def n_crowd(self) -> tuple[int, int]:
        """Sellers and onlookers simulated."""
        p = self.population
        return round(p.n_sellers * self.scale), round(p.n_onlookers * self.scale)

    def to_dict(self) -> dict[str, Any]:
        """Return plain nested dicts, without what is absent."""
        return dict(_plain(self))

    def to_toml(self) -> str:
        """Write the whole scenario as TOML; reading it back gives an equal one."""
        return tomli_w.dumps(self.to_dict())

    @property
    def fingerprint(self) -> str:
        """A hash of every field but the names people give; of a graph of one's own, its ties."""
        data = _plain(self, canonical=True)
        if self.graph.family in OWN:
            data["graph"] |= {"family": "file", "path": identity_of(self.graph, sum(self.n_crowd))}
        else:
            data["graph"]["path"] = ""  # nothing reads it
        del data["name"], data["description"]
        del data["response"]["description"]
        # What a measure written in Python does is not told by its fields.
        for told, measure in zip(data["response"]["measures"], self.response.measures, strict=True):
            if measure.source_hash is not None:
                told["source"] = measure.source_hash
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def model_json_schema(cls, **options: Nested) -> dict[str, Any]:  # type: ignore[override]
        """Return the JSON Schema of a scenario's TOML file."""
        schema = super().model_json_schema(**{"schema_generator": _TomlSchema, **options})
        for field, what in (("response", "a response"), ("fees", "a new fee schedule")):
            told = f"name of {what} in the library, or its TOML file"
            name = {"type": "string", "description": told}
            schema["properties"][field] = {"anyOf": [schema["properties"][field], name]}
        told = "calibrated ensemble in the library that supplies the values not given here"
        schema["properties"]["ensemble"] = {"type": "string", "description": told}
        return schema
