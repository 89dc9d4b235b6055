"""Measures that communicate with the public, the committee or the sellers."""

from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView

HOURS_A_DAY = 24


class Statement(Measure, library=True):
    """Make a public statement."""

    kind: Literal["statement"] = "statement"
    label: ClassVar[str] = "statement"
    formula: ClassVar[str] = "answer = `answer`; statement"
    answer: Annotated[float, parameter("how far it meets the demands; 1 is fully", unit="share", ge=0, le=1, prior=(0, 0.15))] = 0.05  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "made a public statement"

    def orders(self, view: PlatformView) -> Orders:
        """Order the statement."""
        return Orders(answer=self.answer, statement=True)


class OpenTalks(Measure, library=True):
    """Seek talks with the committee, whose members are unknown, so that finding them takes time."""

    kind: Literal["open-talks"] = "open-talks"
    label: ClassVar[str] = "talks sought"
    formula: ClassVar[str] = "talks = `contact_rate`; talks_answer = `answer`"
    contact_rate: Annotated[float, parameter("probability per hour of reaching the committee", unit="1/h", ge=0, le=1, log_prior=(0.005, 0.08))] = 0.02  # fmt: skip
    answer: Annotated[float, parameter("how far talks meet the demands; 1 is fully", unit="share", ge=0, le=1, prior=(0.1, 0.65))] = 0.4  # fmt: skip
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 500.0  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "sought talks with the committee"

    def orders(self, view: PlatformView) -> Orders:
        """Order talks to be sought."""
        return Orders(talks=self.contact_rate, talks_answer=self.answer)


class ContactMerchants(Measure, library=True):
    """Call and write to a number of sellers per day; onlookers are not reached."""

    kind: Literal["contact-merchants"] = "contact-merchants"
    label: ClassVar[str] = "sellers called"
    formula: ClassVar[str] = "calls = `calls_per_day` / 24; call_gain = `persuasion`; call_backfires = `backfire_share`; cost = calls * `cost_per_call`"  # fmt: skip
    calls_per_day: Annotated[float, parameter("sellers called per day, each of them once", unit="people/day", ge=0, le=1e6)] = 5000.0  # fmt: skip
    cost_per_call: Annotated[float, parameter("cost of a call", unit="yuan", ge=0, le=10_000)] = 10.0  # fmt: skip
    persuasion: Annotated[float, parameter("share of a seller's distrust that a call removes", unit="share", ge=0, le=1, prior=(0, 0.4))] = 0.3  # fmt: skip
    backfire_share: Annotated[float, parameter("share of calls that backfire and remove as much of a seller's trust instead", unit="share", ge=0, le=1, prior=(0, 0.4))] = 0.1  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"called {self.strength * self.calls_per_day:,.0f} sellers a day"

    def orders(self, view: PlatformView) -> Orders:
        """Order the hour's calls; the cost is that of the calls made."""
        return Orders(
            calls=self.calls_per_day / HOURS_A_DAY,
            call_gain=self.persuasion,
            call_backfires=self.backfire_share,
            cost=self.calls_per_day / HOURS_A_DAY * self.cost_per_call,
        )


class Regulator(Measure, library=True):
    """A ministry asks both sides to calm down, independently of the platform."""

    kind: Literal["regulator"] = "regulator"
    label: ClassVar[str] = "regulator's statement"
    formula: ClassVar[str] = "answer = `answer`; regulator"
    answer: Annotated[float, parameter("how far it meets the demands; 1 is fully", unit="share", ge=0, le=1, prior=(0.05, 0.6))] = 0.4  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return ""

    def orders(self, view: PlatformView) -> Orders:
        """Report the regulator's statement."""
        return Orders(answer=self.answer, regulator=True)
