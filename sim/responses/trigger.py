"""When a measure begins."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from sim.core.calendar import describe
from sim.core.units import BesiegeError, parameter
from sim.responses.orders import PlatformView

SINCE = ("hours_after_first_attack", "after_ultimatum", "after_deadline")
"""Conditions that count from an event; `hour` counts from hour 0."""


class Trigger(BaseModel):
    """When a measure begins; without a condition it never does. Once begun, it continues.

    Examples
    --------
    >>> from sim.responses import Trigger
    >>> Trigger(hours_after_first_attack=2, online_above=10_000).describe()
    '2 h after the first attack and when more than 10,000 people are online'
    >>> Trigger(any=[{"hour": 60}, {"after_ultimatum": 0}]).describe()
    '(from 12 October 12:00 or at an ultimatum)'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    hour: Annotated[int | None, parameter("begins at this hour", unit="hour", ge=0, le=10_000)] = (
        None
    )
    hours_after_first_attack: Annotated[int | None, parameter("begins so many hours after the first attack", unit="h", ge=0, le=10_000)] = None  # fmt: skip
    online_above: Annotated[float | None, parameter("begins when more people than this are online", unit="people", ge=0, le=1e8)] = None  # fmt: skip
    after_ultimatum: Annotated[int | None, parameter("begins so many hours after an ultimatum", unit="h", ge=0, le=10_000)] = None  # fmt: skip
    after_deadline: Annotated[int | None, parameter("begins so many hours after the deadline of an ultimatum has passed", unit="h", ge=0, le=10_000)] = None  # fmt: skip
    all: tuple["Trigger", ...] = ()
    any: tuple["Trigger", ...] = ()

    def is_met(self, view: PlatformView) -> bool:
        """Return whether every condition given holds now."""
        checks: list[bool] = []
        if self.hour is not None:
            checks.append(view.hour >= self.hour)
        if self.online_above is not None:
            checks.append(view.online > self.online_above)
        for wait, since in (
            (self.hours_after_first_attack, view.first_attack),
            (self.after_ultimatum, view.ultimatum),
            (self.after_deadline, view.deadline),
        ):
            if wait is not None:
                checks.append(since >= 0 and view.hour >= since + wait)
        checks.extend(t.is_met(view) for t in self.all)
        if self.any:
            checks.append(any(t.is_met(view) for t in self.any))
        return bool(checks) and all(checks)

    def is_plain(self) -> bool:
        """Return whether it is of this class and of none that a user made of it, all through."""
        return type(self) is Trigger and all(t.is_plain() for t in (*self.all, *self.any))

    def describe(self) -> str:
        """Say when it is met, for people."""
        events = dict(
            zip(
                SINCE,
                ("the first attack", "an ultimatum", "the deadline of an ultimatum"),
                strict=True,
            )
        )
        said = [] if self.hour is None else [f"from {describe(self.hour)}"]
        for name, event in events.items():
            if (wait := getattr(self, name)) is not None:
                said.append(f"{wait} h after {event}" if wait else f"at {event}")
        if self.online_above is not None:
            said.append(f"when more than {self.online_above:,.0f} people are online")
        said += [t.describe() for t in self.all]
        if self.any:
            said.append("(" + " or ".join(t.describe() for t in self.any) + ")")
        return " and ".join(said) or "never"

    def later(self, hours: int) -> "Trigger":
        """Return the trigger that is met so many hours later, or earlier if below 0.

        Raises
        ------
        BesiegeError
            If it watches how many are online: that has no hour to move.
        """
        if self.online_above is not None:
            raise BesiegeError(
                f"{hours:+d} hours: given a trigger with online_above, allowed only triggers that name hours"
            )
        moved = {
            name: max(0, value + hours)
            for name in ("hour", *SINCE)
            if (value := getattr(self, name)) is not None
        }
        nested = {
            name: tuple(t.later(hours) for t in getattr(self, name)) for name in ("all", "any")
        }
        return self.model_copy(update={**moved, **nested})

    def only(self) -> tuple[str, int] | None:
        """Return the one condition that names hours and its value, if there is nothing else."""
        given = [(name, getattr(self, name)) for name in ("hour", *SINCE)]
        there = [(name, value) for name, value in given if value is not None]
        plain = self.online_above is None and not self.all and not self.any
        return there[0] if plain and len(there) == 1 else None
