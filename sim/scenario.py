"""A scenario: every parameter of a run, frozen and closed, in and out of TOML."""

import difflib
import hashlib
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.fees import DepositTier, FeeParameters, FeeSchedule, RefundTier
from sim.graph import GraphParameters
from sim.population import PopulationParameters
from sim.responses import Response
from sim.rules.attack import AttackParameters
from sim.rules.attention import AttentionParameters
from sim.rules.beliefs import BeliefParameters
from sim.rules.channel import ChannelParameters
from sim.rules.mobilisation import MobilisationParameters
from sim.rules.poaching import PoachingParameters
from sim.rules.shopping import ShoppingParameters
from sim.rules.stores import StoreParameters
from sim.units import BesiegeError, parameter

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

AS_ANNOUNCED = FeeSchedule(
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
    new: FeeSchedule = AS_ANNOUNCED
    terms: FeeParameters = FeeParameters()


class Rival(BaseModel):
    """A rival platform."""

    model_config = _FROZEN
    name: str
    yearly_fee: Annotated[float, parameter("its yearly fee", unit="yuan/yr", ge=0, le=1e6)]
    attraction: Annotated[float, parameter("weight among rivals", unit="1", ge=0, le=1e3)] = 1.0
    effort: Annotated[float, parameter("poaching effort, factor on the daily hazard of a second shop", unit="1", ge=0, le=100)] = 1.0  # fmt: skip
    margin: Annotated[float, parameter("margin on its sales", unit="share", ge=0, le=0.9)] = 0.15
    promise_after: Annotated[int | None, Field(description="hours after the first attack at which it promises to freeze its fee", ge=0, le=10_000)] = None  # fmt: skip


RIVALS = (
    Rival(name="Dangdang", yearly_fee=6000, attraction=1.0, promise_after=58),
    Rival(name="Tencent", yearly_fee=6000, attraction=0.7),
    Rival(name="360buy", yearly_fee=8000, attraction=1.3),
)


def library_names(folder: str) -> list[str]:
    """Name what the library holds in ``scenarios`` or ``responses``."""
    base = resources.files("sim") / "library" / folder
    return sorted(f.name[:-5] for f in base.iterdir() if f.name.endswith(".toml"))


def _read(source: str | Path, folder: str) -> dict[str, Any]:
    name = str(source)
    try:
        if name.endswith(".toml"):
            text = Path(name).read_text(encoding="utf-8")
        else:
            known = library_names(folder)
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise BesiegeError(
                    f"{folder[:-1]}: given {name!r}, allowed {', '.join(known)} or a TOML file{hint}"
                )
            text = (resources.files("sim") / "library" / folder / f"{name}.toml").read_text("utf-8")
        return tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BesiegeError(f"{name}: cannot be read ({error.__class__.__name__}: {error})") from None
    except tomllib.TOMLDecodeError as error:
        raise BesiegeError(f"{name}: not TOML ({error})") from None


def load_response(source: str | Path) -> Response:
    """Load a response from the library or a TOML file."""
    data = _read(source, "responses")
    try:
        return Response.model_validate({"name": Path(str(source)).stem, **data})
    except ValidationError as error:
        raise BesiegeError(f"{source}: {explain_error(error, Response)}") from None


def explain_error(error: ValidationError, model: type[BaseModel]) -> str:
    """Say the first fault for a person: the field, what was given, what is allowed."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    given = first.get("input")
    said = f"{path}: {first['msg'].lower()}"
    if first["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        said = f"{path}: no such field"
        near = difflib.get_close_matches(path, list(_all_paths(model)), 1, 0.5)
        return said + (f"; did you mean {near[0]}?" if near else "")
    return f"{said}, given {given!r}" if not isinstance(given, dict) else said


def _all_paths(model: Any, prefix: str = "") -> list[str]:
    names = getattr(model, "model_fields", None)
    kinds = (
        {n: f.annotation for n, f in names.items()}
        if names is not None
        else getattr(model, "__annotations__", {})
    )
    paths = []
    for name, kind in kinds.items():
        paths.append(prefix + name)
        if isinstance(kind, type) and (hasattr(kind, "model_fields") or hasattr(kind, "_fields")):
            paths += _all_paths(kind, f"{prefix}{name}.")
    return paths


class Scenario(BaseModel):
    """Everything a run depends on besides its seed."""

    model_config = _FROZEN
    name: str = "unnamed"
    description: str = ""
    scale: Annotated[float, parameter("share of sellers, onlookers and consumers simulated", unit="share", ge=0.001, le=1)] = 0.1  # fmt: skip
    hours: Annotated[int, parameter("horizon", unit="h", ge=1, le=10_000)] = 336
    announced: Annotated[int | None, Field(description="hour of the announcement; none if absent", ge=0, le=10_000)] = None  # fmt: skip
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

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Load a scenario by its name in the library or from a TOML file.

        Raises
        ------
        BesiegeError
            For an unknown name, an unreadable file or a field that is not allowed.
        """
        data = _read(source, "scenarios")
        data.setdefault("name", Path(str(source)).stem)
        return cls.parse(data, str(source))

    @classmethod
    def parse(cls, data: dict[str, Any], source: str = "scenario") -> Self:
        """Validate a nested dict; a response may be given by its name."""
        data = dict(data)
        if isinstance(data.get("response"), str):
            data["response"] = load_response(data["response"]).model_dump()
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise BesiegeError(f"{source}: {explain_error(error, cls)}") from None

    def but(self, changes: dict[str, Any] | None = None, /, **more: Any) -> Self:
        """Give a copy with fields changed, by dotted path or keyword.

        Parameters
        ----------
        changes
            Such as ``{"fees.new.standard": 15000}``.
        **more
            Top-level fields, such as ``scale=0.1`` or ``response="protect"``.
        """
        data = self.to_dict()
        for path, value in {**(changes or {}), **more}.items():
            at = data
            *parents, last = path.split(".")
            for part in parents:
                inner = at.setdefault(part, {}) if isinstance(at, dict) else None
                if not isinstance(inner, dict):
                    raise BesiegeError(f"{path}: no such field")
                at = inner
            at[last] = value.model_dump() if isinstance(value, BaseModel) else value
        return self.parse(data)

    def to_dict(self) -> dict[str, Any]:
        """Give plain nested dicts, without what is absent."""
        plain = json.loads(self.model_dump_json(exclude_none=True))
        for field, part in type(self).model_fields.items():
            value = getattr(self, field)
            if hasattr(value, "_asdict"):
                plain[field] = value._asdict()
            del part
        plain["fees"]["terms"] = self.fees.terms._asdict()
        return dict(plain)

    def to_toml(self) -> str:
        """Write the whole scenario as TOML; reading it back gives an equal one."""
        return tomli_w.dumps(self.to_dict())

    @property
    def fingerprint(self) -> str:
        """A hash of every field but the name and the description."""
        data = {k: v for k, v in self.to_dict().items() if k not in {"name", "description"}}
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
