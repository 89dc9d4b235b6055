"""A scenario: every parameter of a run, frozen and closed, in and out of TOML."""

import hashlib
import json
from functools import lru_cache
from os.path import isfile
from pathlib import Path
from typing import Annotated, Any, Self

import tomli_w
from pydantic import BaseModel, ValidationError

from sim.core.quoting import format_value, quote
from sim.core.texts import Description, Name
from sim.core.units import BesiegeError, parameter
from sim.responses import Response
from sim.rules.attack import AttackParameters
from sim.rules.attention import AttentionParameters
from sim.rules.beliefs import BeliefParameters
from sim.rules.channel import ChannelParameters
from sim.rules.mobilisation import MobilisationParameters
from sim.rules.poaching import PoachingParameters
from sim.rules.shopping import ShoppingParameters
from sim.rules.stores import StoreParameters
from sim.scenario.ensembles import left_open, named_in
from sim.scenario.json_schema import TomlSchema
from sim.scenario.library import load_fees, load_response
from sim.scenario.marketplace import FROZEN, RIVALS, Fees, Rival
from sim.scenario.messages import explain, unknown_path
from sim.scenario.nested import laid_over, plain, put
from sim.scenario.schema import Nested, contents, follow, steps_of
from sim.scenario.toml import is_file_name, prepare, read
from sim.setup.graph import OWN, GraphParameters, identity_of
from sim.setup.population import PopulationParameters


def _near(source: str | Path, name: str) -> str:
    """Return the path of a file that a scenario's file names: beside it, or else from here."""
    beside = Path(source).parent / name
    return str(beside) if is_file_name(source) and isfile(beside) else name


@lru_cache(maxsize=256, typed=True)  # most parts are the same in all points of a sweep
def _told(part: Nested) -> str:
    """Write a part of a scenario as JSON, in its canonical form."""
    return json.dumps(plain(part, canonical=True), sort_keys=True)


class Scenario(BaseModel):
    """Everything a run depends on besides its seed.

    Raises
    ------
    BesiegeError
        For a field that is not allowed, however a scenario is made.

    Examples
    --------
    >>> from sim import Scenario
    >>> scenario = Scenario.load("small").replace(scale=0.001, response="protect")
    >>> scenario.n_crowd
    (50, 300)
    >>> scenario.response.name
    'protect'
    >>> Scenario(fees={"new": {"standard": 15000}}).fees.new.premium  # what is not named stays
    60000.0
    """

    model_config = FROZEN
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
            k: laid_over(fields[k].default if k in fields else None, v) for k, v in given.items()
        }
        if isinstance(data.get("fees"), (str, Path)):
            data["fees"] = laid_over(Fees(), {"new": load_fees(data["fees"])})
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
            (("population.franchise_share", "population.other_shop_share"), 1.0),
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

        Examples
        --------
        >>> Scenario.load("taobao-2011").hours
        336
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

        Examples
        --------
        >>> worlds = Scenario.ensemble("taobao-2011")
        >>> worlds[0].name
        'taobao-2011'
        >>> worlds[0] == worlds[1]
        False
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

        Examples
        --------
        >>> Scenario.parse({"hours": 48, "response": "protect"}).hours
        48
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
            optional field away; a nested dict changes what it names;
            ``response.measures[statement].answer`` is that of every statement, if there is one.
        **more
            Top-level fields, such as ``scale=0.1``, ``response="protect"`` or ``fees="phased"``.

        Raises
        ------
        BesiegeError
            For a path that does not exist or a value that is not allowed.

        Examples
        --------
        >>> cheap = Scenario.load("small").replace({"fees.new.standard": 15000}, hours=72)
        >>> cheap.fees.new.standard, cheap.hours
        (15000.0, 72)
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
            data = put(type(self), data, steps, 0, value)
        return type(self)(**contents(data))

    @property
    def n_crowd(self) -> tuple[int, int]:
        """Sellers and onlookers simulated."""
        p = self.population
        return round(p.n_sellers * self.scale), round(p.n_onlookers * self.scale)

    def to_dict(self) -> dict[str, Any]:
        """Return plain nested dicts, without what is absent."""
        return dict(plain(self))

    def to_toml(self) -> str:
        """Write the whole scenario as TOML; reading it back gives an equal one.

        Examples
        --------
        >>> print(Scenario.load("small").replace(scale=0.01).to_toml().splitlines()[2])
        scale = 0.01
        """
        return tomli_w.dumps(self.to_dict())

    @property
    def fingerprint(self) -> str:
        """A hash of every field but the names people give; of a graph of one's own, its ties."""
        told = {
            name: _told(part)
            for name, part in contents(self).items()
            if part is not None and name not in {"name", "description", "response"}
        }
        if self.graph.family in OWN:
            ties = identity_of(self.graph, sum(self.n_crowd))
            told["graph"] = _told(self.graph._replace(family="file", path=ties))
        else:
            told["graph"] = _told(self.graph._replace(path=""))  # nothing reads it
        response = plain(self.response, canonical=True)
        del response["description"]
        # What a measure written in Python does is not told by its fields.
        for measure, known in zip(response["measures"], self.response.measures, strict=True):
            if known.source_hash is not None:
                measure["source"] = known.source_hash
        told["response"] = json.dumps(response, sort_keys=True)
        text = ", ".join(f"{json.dumps(name)}: {told[name]}" for name in sorted(told))
        return hashlib.sha256(f"{{{text}}}".encode()).hexdigest()[:16]

    @classmethod
    def model_json_schema(cls, **options: Nested) -> dict[str, Any]:  # type: ignore[override]
        """Return the JSON Schema of a scenario's TOML file."""
        schema = super().model_json_schema(**{"schema_generator": TomlSchema, **options})
        for field, what in (("response", "a response"), ("fees", "a new fee schedule")):
            told = f"name of {what} in the library, or its TOML file"
            name = {"type": "string", "description": told}
            schema["properties"][field] = {"anyOf": [schema["properties"][field], name]}
        told = "calibrated ensemble in the library that supplies the values not given here"
        schema["properties"]["ensemble"] = {"type": "string", "description": told}
        return schema
