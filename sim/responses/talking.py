"""Measures that speak: to the public, the committee, the sellers."""

from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView

HOURS_A_DAY = 24


class Statement(Measure):
    """Speak to the public."""

    kind: Literal["statement"] = "statement"
    label: ClassVar[str] = "statement"
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.05  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "spoke to the public"

    def orders(self, view: PlatformView) -> Orders:
        """Order the statement."""
        return Orders(answer=self.answer, statement=True)


class OpenTalks(Measure):
    """Look for the committee and talk; nobody knows who they are, so it takes its time."""

    kind: Literal["open-talks"] = "open-talks"
    label: ClassVar[str] = "talks sought"
    contact_rate: Annotated[float, parameter("probability an hour that the committee is met", unit="1/h", ge=0, le=1)] = 0.02  # fmt: skip
    answer: Annotated[float, parameter("how far talks answer the demands", unit="share", ge=0, le=1)] = 0.4  # fmt: skip
    cost_per_hour: Annotated[float, parameter("what it costs the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 500.0  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "looked for the committee to talk"

    def orders(self, view: PlatformView) -> Orders:
        """Order talks to be sought."""
        return Orders(talks=self.contact_rate, talks_answer=self.answer)


class ContactMerchants(Measure):
    """Telephone and write to sellers, so many a day; onlookers are not reached."""

    kind: Literal["contact-merchants"] = "contact-merchants"
    label: ClassVar[str] = "sellers called"
    calls_per_day: Annotated[float, parameter("sellers called a day, each once", unit="people/day", ge=0, le=1e6)] = 5000.0  # fmt: skip
    cost_per_call: Annotated[float, parameter("cost of a call", unit="yuan", ge=0, le=10_000)] = 10.0  # fmt: skip
    persuasion: Annotated[float, parameter("share of its distrust that a call takes from a seller", unit="share", ge=0, le=1)] = 0.3  # fmt: skip
    backfire_share: Annotated[float, parameter("calls that take as much of a seller's trust instead", unit="share", ge=0, le=1)] = 0.1  # fmt: skip

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


class Regulator(Measure):
    """A ministry asks both sides to calm down; what it says is not the platform's doing."""

    kind: Literal["regulator"] = "regulator"
    label: ClassVar[str] = "regulator speaks"
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.4  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return ""

    def orders(self, view: PlatformView) -> Orders:
        """Carry the regulator's word."""
        return Orders(answer=self.answer, regulator=True)
