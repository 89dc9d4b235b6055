"""A response: measures together, and when."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, WrapValidator

import sim.responses.deterring
import sim.responses.protecting
import sim.responses.talking  # noqa: F401
from sim.core.quoting import quote
from sim.core.texts import Description, Name
from sim.core.units import BesiegeError
from sim.responses.conceding import Conceding
from sim.responses.measure import LIBRARY, Measure
from sim.responses.orders import PlatformView


def _own_or_of_the_library(value: Any, handler: Callable[[Any], Any]) -> Any:
    """Let a measure that a user wrote pass by its class; the library's are told by their kind."""
    if isinstance(value, Measure) and not value.is_of_the_library:
        return value
    return handler(value)


if TYPE_CHECKING:
    AnyMeasure = Measure
else:  # what pydantic reads: one of the library by its kind; the JSON Schema has concessions last
    _KINDS = sorted(LIBRARY.values(), key=lambda kind: issubclass(kind, Conceding))
    AnyMeasure = Annotated[
        reduce(or_, _KINDS),
        Field(discriminator="kind"), WrapValidator(_own_or_of_the_library), SerializeAsAny(),
    ]  # fmt: skip


def measures() -> dict[str, type[Measure]]:
    """Return every measure that a response may name, by its kind.

    Examples
    --------
    >>> from sim.responses import measures
    >>> measures()["statement"].__name__
    'Statement'
    """
    return dict(LIBRARY)


class Response(BaseModel):
    """What the platform does: a name and its measures.

    Examples
    --------
    >>> from sim.responses import Response, Statement, Trigger
    >>> response = Response(name="say", measures=(Statement(trigger=Trigger(hour=60)),))
    >>> response.later(12).measures[0].trigger.hour
    72
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    name: Name = "silence"
    description: Description = ""
    measures: tuple[AnyMeasure, ...] = ()

    def begins(self, view: PlatformView) -> bool:
        """Return whether any of its measures begins at what the platform sees."""
        return any(m.strength > 0 and m.trigger.is_met(view) for m in self.measures)

    def is_of_the_library(self) -> bool:
        """Return whether its measures and triggers are the package's own: they change nothing.

        What a user wrote may keep something between hours.
        """
        return type(self) is Response and all(
            LIBRARY.get(m.kind) is type(m) and m.trigger.is_plain() for m in self.measures
        )

    def later(self, hours: int) -> "Response":
        """Return the same response so many hours later, or earlier if below 0.

        Raises
        ------
        BesiegeError
            If a trigger names no hour.
        """
        return self._moved(f"{hours:+d}", [m.trigger.later(hours) for m in self.measures])

    def at(self, hour: int) -> "Response":
        """Return the same response begun at an hour: its first measure then, the others after it.

        Raises
        ------
        BesiegeError
            If its triggers count from different events, so that nothing says which is first.
        """
        given = [m.trigger.only() for m in self.measures]
        names = {one[0] for one in given if one is not None}
        if None in given or len(names) > 1:
            raise BesiegeError(
                f"{quote(self.name)}@{hour}: its measures begin on different conditions, allowed a delay such as @+6"
            )
        first = min((one[1] for one in given if one is not None), default=0)
        triggers = [
            m.trigger.model_copy(
                update={one[0]: None, "hour": hour + one[1] - first} if one else {}
            )
            for m, one in zip(self.measures, given, strict=True)
        ]
        return self._moved(str(hour), triggers)

    def _moved(self, how: str, triggers: list[Any]) -> "Response":
        moved = tuple(
            m.model_copy(update={"trigger": t})
            for m, t in zip(self.measures, triggers, strict=True)
        )
        told = {"name": f"{self.name}@{how}", "measures": moved}
        return self.model_copy(update=told)
