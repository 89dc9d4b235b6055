"""The base of every measure, in the library or written by a user in Python.

A measure reads a `PlatformView` and returns `Orders`; the model carries them out. A measure
touches no column and draws no number.
"""

import hashlib
import inspect
import re
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from sim.core.quoting import format_value
from sim.core.units import BesiegeError, parameter
from sim.responses.orders import Orders, PlatformView, weight
from sim.responses.trigger import Trigger

LIBRARY: dict[str, type["Measure"]] = {}
"""The measures that a response's TOML may name, by kind; ``library=True`` enters a class."""


class Measure(BaseModel):
    """One measure: when it begins, how strong it is, what it orders while in force.

    To write one, subclass this, add parameters as fields and return `Orders` from `orders`; what
    strength and cost do is done here. Its ``kind`` is its class's name in lower case with hyphens
    unless it says otherwise.

    Attributes
    ----------
    label
        What it is called in pictures.
    formula
        What it orders at full strength, in the names of `Orders`; docs/odd.md, 7.9, lists them.
    source_hash
        What a user's measure is in the fingerprint of a scenario, besides name and fields; None
        for one of the library and for a base there.

    Examples
    --------
    >>> from sim import Scenario
    >>> from sim.responses import Measure, Orders, Response, Trigger
    >>> class Amnesty(Measure):
    ...     calm: float = 0.5
    ...
    ...     def orders(self, view):
    ...         return Orders(answer=self.calm, statement=True)
    >>> amnesty = Amnesty(trigger=Trigger(hour=60), calm=0.3)
    >>> amnesty.kind
    'amnesty'
    >>> response = Response(name="calm", measures=(amnesty,))
    >>> scenario = Scenario.load("small").replace(response=response)
    >>> scenario.response.measures[0].trigger.describe()
    'from 12 October 12:00'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    kind: str = ""
    trigger: Trigger
    strength: Annotated[float, parameter("strength of the measure; 0 has no effect", unit="share", ge=0, le=1)] = 1.0  # fmt: skip
    lasts: Annotated[int | None, parameter("hours for which it stays in force; if absent, until the end", unit="h", ge=1, le=10_000)] = None  # fmt: skip
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 0.0  # fmt: skip
    label: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    source_hash: ClassVar[str | None] = None

    def __init_subclass__(cls, *, library: bool = False, **kwargs: Any) -> None:
        """Take ``library=True`` beside the bases; what it does waits until fields are known."""
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, *, library: bool = False, **kwargs: Any) -> None:
        """Enter a measure of the library by its kind; name and hash one that a user wrote."""
        super().__pydantic_init_subclass__(**kwargs)
        if library:
            if cls.model_fields["kind"].default:  # a base of several has none
                LIBRARY[cls.model_fields["kind"].default] = cls
            return
        if not cls.model_fields["kind"].default or "kind" not in cls.__annotations__:
            kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
            cls.model_fields["kind"].default = kind
            cls.model_rebuild(force=True)
        kind = cls.model_fields["kind"].default
        if kind in LIBRARY:
            raise BesiegeError(
                f"kind: given {format_value(kind)}, allowed a name that the library does not use"
            )
        cls.source_hash = _source_of(cls)
        if not cls.label:
            cls.label = kind.replace("-", " ")

    @property
    def is_of_the_library(self) -> bool:
        """Whether its class is the one that the library has under its kind."""
        return LIBRARY.get(self.kind) is type(self)

    @property
    def past_tense(self) -> str:
        """What the platform did by it, for the story; empty if it was not the platform."""
        return f"took the measure {self.label}"

    def in_force(self, hour: int, begun: int) -> bool:
        """Return whether it is in force in an hour, having begun in another."""
        return self.strength > 0 and (self.lasts is None or hour < begun + self.lasts)

    def orders(self, view: PlatformView) -> Orders:
        """Say what this measure orders at full strength in an hour in which it is in force."""
        raise NotImplementedError

    def orders_at(self, view: PlatformView) -> Orders:
        """Return its orders at its strength, its own cost included."""
        return weight(self.orders(view), self.strength, self.cost_per_hour)


def own_classes(cls: type[Measure]) -> list[type]:
    """Return the classes of a user's measure: itself, and what it inherits from besides ours."""
    own: list[type] = [cls]
    for base in cls.__mro__[1:]:
        ours = issubclass(base, Measure) and base.source_hash is None
        if not ours and base.__module__ not in {"builtins", "pydantic.main", "abc"}:
            own.append(base)
    return own


def _source_of(cls: type[Measure]) -> str:
    """Hash what a user's measure does: the text of its classes, or their code without it."""
    told = []
    for base in own_classes(cls):
        functions = [f for f in vars(base).values() if inspect.isfunction(f)]
        try:
            whole = inspect.getsource(base)
            # Python 3.12 finds a class by its name alone, and may take another of that name.
            of_each = [inspect.getsource(f) for f in functions]
            told += [whole, *(source for source in of_each if source not in whole)]
        except (OSError, TypeError):
            codes = [f.__code__ for f in functions]
            told.append(repr([(c.co_name, c.co_code, c.co_names, str(c.co_consts)) for c in codes]))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
