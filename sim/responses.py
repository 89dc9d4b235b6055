"""What the platform may see, and the measures it may take (model.md 4.8).

A measure reads a `PlatformView` and returns `Orders`; the model carries them out. A measure
touches no column and draws no number.
"""

from dataclasses import dataclass, field, fields
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from sim.fees import Concession
from sim.units import parameter

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class PlatformView:
    """What the platform can see at the start of its stage of the hour."""

    hour: int
    online: float  # people in the channel, as anyone can count
    first_attack: int  # hour of the first false actions, -1 if none yet
    ultimatum: int  # hour an ultimatum was named, -1 if none
    deadline: int  # hour it runs out, -1 if none


@dataclass(frozen=True, slots=True)
class Orders:
    """What a measure orders for an hour; the default is nothing at all."""

    restore_reviews: float = 0.0  # probability that a bad review is found and removed
    void_orders: float = 0.0  # probability that a false order is found before it is packed
    refund_clicks: float = 0.0  # probability that a false click is found and refunded
    honest_reviews: float = 0.0  # share of honest reviews removed by mistake
    honest_orders: float = 0.0  # share of honest orders voided by mistake
    honest_clicks: float = 0.0  # share of honest clicks refunded by mistake
    delay_reviews: int = 0  # hours between a bad review and its removal
    delay_orders: int = 0
    delay_clicks: int = 0
    sanction: float = 0.0  # signal of punishment, 0-1
    punishment: float = 0.0  # how unfair it looks, 0-1
    answer: float = 0.0  # how far the demands are answered, 0-1
    talks: float = 0.0  # probability an hour that talks begin
    talks_answer: float = 0.0  # how far talks answer the demands, once they have begun
    throttle: float = 0.0  # probability that a false order is stopped by a purchase limit
    throttle_honest: float = 0.0  # probability that an honest order at a big store is
    police: bool = False
    statement: bool = False
    regulator: bool = False
    concession: Concession = field(default_factory=Concession)
    cost: float = 0.0  # yuan spent in the hour

    def examines(self) -> bool:
        """Say whether honest people may be taken for false ones in this hour."""
        return max(
            self.restore_reviews, self.void_orders, self.refund_clicks, self.throttle,
            self.honest_reviews, self.honest_orders, self.honest_clicks, self.throttle_honest,
        ) > 0  # fmt: skip

    def __or__(self, other: "Orders") -> "Orders":
        """Take two orders together: costs add, all else takes the larger."""
        merged = {}
        for f in fields(self):
            a, b = getattr(self, f.name), getattr(other, f.name)
            if f.name == "cost":
                merged[f.name] = a + b
            elif f.name == "concession":
                merged[f.name] = Concession(*(max(x, y) for x, y in zip(a, b, strict=True)))
            else:
                merged[f.name] = max(a, b)
        return Orders(**merged)


IDLE = Orders()


class Trigger(BaseModel):
    """When a measure begins; without a condition it never does. Once begun it goes on."""

    model_config = _FROZEN
    hour: Annotated[int | None, parameter("from this hour on", unit="hour", ge=0, le=10_000)] = None
    hours_after_first_attack: Annotated[int | None, parameter("from so long after the first attack", unit="h", ge=0, le=10_000)] = None  # fmt: skip
    online_above: Annotated[float | None, parameter("when more are online", unit="people", ge=0, le=1e8)] = None  # fmt: skip
    after_ultimatum: Annotated[int | None, parameter("from so long after an ultimatum", unit="h", ge=0, le=10_000)] = None  # fmt: skip
    after_deadline: Annotated[int | None, parameter("from so long after a deadline ran out", unit="h", ge=0, le=10_000)] = None  # fmt: skip
    all: tuple["Trigger", ...] = ()
    any: tuple["Trigger", ...] = ()

    def is_met(self, view: PlatformView) -> bool:
        """Say whether every condition given holds now."""
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


class Measure(BaseModel):
    """One measure: when it begins, how strong it is, what it orders while active."""

    model_config = _FROZEN
    trigger: Trigger
    strength: Annotated[float, parameter("0 is as if it were not there", unit="share", ge=0, le=1)] = 1.0  # fmt: skip
    lasts: Annotated[int | None, parameter("hours it stays in force; to the end if absent", unit="h", ge=1, le=10_000)] = None  # fmt: skip
    cost_per_hour: Annotated[float, parameter("what it costs the platform while active", unit="yuan/h", ge=0, le=1e9)] = 0.0  # fmt: skip
    label: ClassVar[str] = ""

    @property
    def deed(self) -> str:
        """What the platform did by it, for the story; empty if it was not the platform."""
        return f"began to {self.label}"

    def in_force(self, hour: int, begun: int) -> bool:
        """Say whether it is in force in an hour, having begun in another."""
        return self.strength > 0 and (self.lasts is None or hour < begun + self.lasts)

    def orders(self, view: PlatformView) -> Orders:
        """Say what this measure orders in an hour in which it is active."""
        raise NotImplementedError


class _Detection(Measure):
    true_positive_share: Annotated[float, parameter("false ones that are found", unit="share", ge=0, le=1)] = 0.8  # fmt: skip
    false_positive_share: Annotated[float, parameter("honest ones taken for false", unit="share", ge=0, le=1)] = 0.01  # fmt: skip
    delay: Annotated[int, parameter("hours until it is undone", unit="h", ge=0, le=240)] = 6


class RestoreRatings(_Detection):
    """Find bad reviews of the siege and take them out of the score."""

    kind: Literal["restore-ratings"] = "restore-ratings"
    label: ClassVar[str] = "ratings restored"

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "took bad reviews out of the scores"

    def orders(self, view: PlatformView) -> Orders:
        """Order reviews to be checked."""
        return Orders(
            restore_reviews=self.strength * self.true_positive_share,
            honest_reviews=self.strength * self.false_positive_share,
            delay_reviews=self.delay,
            cost=self.cost_per_hour * self.strength,
        )


class VoidOrders(_Detection):
    """Find false orders before they are packed and give the item back."""

    kind: Literal["void-orders"] = "void-orders"
    label: ClassVar[str] = "false orders voided"

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "voided false orders"

    def orders(self, view: PlatformView) -> Orders:
        """Order purchases to be checked."""
        return Orders(
            void_orders=self.strength * self.true_positive_share,
            honest_orders=self.strength * self.false_positive_share,
            delay_orders=self.delay,
            cost=self.cost_per_hour * self.strength,
        )


class RefundClicks(_Detection):
    """Find false ad clicks and pay their cost back."""

    kind: Literal["refund-clicks"] = "refund-clicks"
    label: ClassVar[str] = "clicks refunded"

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "refunded false ad clicks"

    def orders(self, view: PlatformView) -> Orders:
        """Order clicks to be checked."""
        return Orders(
            refund_clicks=self.strength * self.true_positive_share,
            honest_clicks=self.strength * self.false_positive_share,
            delay_clicks=self.delay,
            cost=self.cost_per_hour * self.strength,
        )


class PoliceReport(Measure):
    """Go to the police: fear rises, and so does the sense of being wronged."""

    kind: Literal["police-report"] = "police-report"
    label: ClassVar[str] = "police report"
    sanction: Annotated[float, parameter("perceived sanction it signals", unit="share", source="prototype.md", ge=0, le=1)] = 0.66  # fmt: skip
    backlash: Annotated[float, parameter("how unfair it looks", unit="share", ge=0, le=1)] = 0.5

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "went to the police"

    def orders(self, view: PlatformView) -> Orders:
        """Order the report."""
        return Orders(
            sanction=self.strength * self.sanction,
            punishment=self.strength * self.backlash,
            police=True,
            cost=self.cost_per_hour * self.strength,
        )


class Statement(Measure):
    """Speak to the public."""

    kind: Literal["statement"] = "statement"
    label: ClassVar[str] = "statement"
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.05  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "spoke to the public"

    def orders(self, view: PlatformView) -> Orders:
        """Order the statement."""
        return Orders(
            answer=self.strength * self.answer,
            statement=True,
            cost=self.cost_per_hour * self.strength,
        )


class OpenTalks(Measure):
    """Look for the committee and talk; nobody knows who they are, so it takes its time."""

    kind: Literal["open-talks"] = "open-talks"
    label: ClassVar[str] = "talks sought"
    contact_rate: Annotated[float, parameter("probability an hour that the committee is met", unit="1/h", ge=0, le=1)] = 0.02  # fmt: skip
    answer: Annotated[float, parameter("how far talks answer the demands", unit="share", ge=0, le=1)] = 0.4  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "looked for the committee to talk"

    def orders(self, view: PlatformView) -> Orders:
        """Order talks to be sought."""
        return Orders(
            talks=self.strength * self.contact_rate,
            talks_answer=self.strength * self.answer,
            cost=self.cost_per_hour * self.strength,
        )


class Throttle(Measure):
    """Limit purchases at big stores: false orders are stopped, and some honest ones."""

    kind: Literal["throttle"] = "throttle"
    label: ClassVar[str] = "purchases limited"
    true_positive_share: Annotated[float, parameter("false orders stopped", unit="share", ge=0, le=1)] = 0.5  # fmt: skip
    false_positive_share: Annotated[float, parameter("honest orders stopped", unit="share", ge=0, le=1)] = 0.02  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return "limited purchases at big stores"

    def orders(self, view: PlatformView) -> Orders:
        """Order the limit; it holds from the next hour on."""
        return Orders(
            throttle=self.strength * self.true_positive_share,
            throttle_honest=self.strength * self.false_positive_share,
            cost=self.cost_per_hour * self.strength,
        )


class Regulator(Measure):
    """A ministry asks both sides to calm down; what it says is not the platform's doing."""

    kind: Literal["regulator"] = "regulator"
    label: ClassVar[str] = "regulator speaks"
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.4  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return ""

    def orders(self, view: PlatformView) -> Orders:
        """Carry the regulator's word."""
        return Orders(
            answer=self.strength * self.answer,
            regulator=True,
            cost=self.cost_per_hour * self.strength,
        )


class Postpone(Measure):
    """Keep the old fee for some months."""

    kind: Literal["postpone"] = "postpone"
    label: ClassVar[str] = "old fee kept"
    months: Annotated[float, parameter("months of the old fee", unit="months", source="facts.csv F28", ge=0, le=12)] = 9.0  # fmt: skip
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.8  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return f"kept the old fee for {self.strength * self.months:.3g} months"

    def orders(self, view: PlatformView) -> Orders:
        """Order the old fee to be kept."""
        return Orders(
            answer=self.strength * self.answer,
            statement=True,
            cost=self.cost_per_hour * self.strength,
            concession=Concession(postponed_share=self.strength * self.months / 12.0),
        )


class HalveDeposit(Measure):
    """Take back a share of the deposit's rise."""

    kind: Literal["halve-deposit"] = "halve-deposit"
    label: ClassVar[str] = "deposit cut"
    share: Annotated[float, parameter("share of the rise taken back", unit="share", source="facts.csv F29", ge=0, le=1)] = 0.5  # fmt: skip
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.3  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return f"took back {100 * self.strength * self.share:.3g} % of the deposit's rise"

    def orders(self, view: PlatformView) -> Orders:
        """Order the deposit to be cut."""
        return Orders(
            answer=self.strength * self.answer,
            statement=True,
            cost=self.cost_per_hour * self.strength,
            concession=Concession(deposit_cut=self.strength * self.share),
        )


class Subsidise(Measure):
    """Put up money that covers sellers' deposits."""

    kind: Literal["subsidise"] = "subsidise"
    label: ClassVar[str] = "subsidy"
    amount: Annotated[float, parameter("money for all sellers together", unit="yuan", source="facts.csv F30", ge=0, le=1e11)] = 1.0e9  # fmt: skip
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.3  # fmt: skip

    @property
    def deed(self) -> str:
        """What the platform did by it."""
        return f"put up {self.strength * self.amount / 1e6:,.0f} million yuan for deposits"

    def orders(self, view: PlatformView) -> Orders:
        """Order the money to be paid."""
        return Orders(
            answer=self.strength * self.answer,
            statement=True,
            cost=self.cost_per_hour * self.strength,
            concession=Concession(subsidy=self.strength * self.amount),
        )


AnyMeasure = Annotated[
    RestoreRatings | VoidOrders | RefundClicks | Throttle | PoliceReport | Statement
    | OpenTalks | Regulator | Postpone | HalveDeposit | Subsidise,
    Field(discriminator="kind"),
]  # fmt: skip


def measures() -> dict[str, type[Measure]]:
    """Give every measure that a response may name, by its kind."""
    union, _ = get_args(AnyMeasure)
    return {m.model_fields["kind"].default: m for m in get_args(union)}


class Response(BaseModel):
    """What the platform does: a name and its measures."""

    model_config = _FROZEN
    name: str = "silence"
    description: str = ""
    measures: tuple[AnyMeasure, ...] = ()
