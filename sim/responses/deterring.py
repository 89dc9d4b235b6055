"""Measures that deter, punish or disperse those who protest."""

from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView
from sim.responses.protecting import found_share

HOURS_A_DAY = 24


class PoliceReport(Measure, library=True):
    """Report the attacks to the police, which raises both fear and the sense of injustice."""

    kind: Literal["police-report"] = "police-report"
    label: ClassVar[str] = "police report"
    formula: ClassVar[str] = "sanction = `sanction`; punishment = `backlash`; police"
    sanction: Annotated[float, parameter("level of sanction that it signals", unit="share", source="prototype", ge=0, le=1)] = 0.66  # fmt: skip
    backlash: Annotated[float, parameter("how unfair it appears", unit="share", ge=0, le=1)] = 0.5

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "reported the attacks to the police"

    def orders(self, view: PlatformView) -> Orders:
        """Order the report."""
        return Orders(sanction=self.sanction, punishment=self.backlash, police=True)


class PunishSellers(Measure, library=True):
    """Search for attackers among the sellers and fine them; some of those fined are innocent."""

    kind: Literal["punish-sellers"] = "punish-sellers"
    label: ClassVar[str] = "sellers punished"
    formula: ClassVar[str] = "sellers_checked = min(1, `checked_per_day` / 24); sellers_found = found; sellers_mistaken = f; `fine`; `resentment`; sanction; punishment = `backlash`"  # fmt: skip
    checked_per_day: Annotated[float, parameter("share of sellers whose account is checked per day", unit="1/day", ge=0, le=24)] = 0.2  # fmt: skip
    separation: Annotated[float, parameter("d, how far the mean score of attackers lies above that of honest sellers", unit="sd", ge=0, le=10)] = 2.5  # fmt: skip
    false_positive_share: Annotated[float, parameter("share of the honest sellers checked who are mistaken for attackers", unit="share", ge=0, le=1)] = 0.01  # fmt: skip
    fine: Annotated[float, parameter("fine taken from the deposit of a punished seller", unit="yuan", ge=0, le=1e6)] = 5000.0  # fmt: skip
    resentment: Annotated[float, parameter("share of its trust in the platform that a punished seller loses", unit="share", ge=0, le=1)] = 0.5  # fmt: skip
    sanction: Annotated[float, parameter("level of sanction that it signals", unit="share", ge=0, le=1)] = 0.5  # fmt: skip
    backlash: Annotated[float, parameter("how unfair it appears", unit="share", ge=0, le=1)] = 0.8
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 2000.0  # fmt: skip

    @property
    def true_positive_share(self) -> float:
        """Share of the attackers checked who are detected."""
        return found_share(self.separation, self.false_positive_share)

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"began to fine sellers {self.fine:,.0f} yuan"

    def orders(self, view: PlatformView) -> Orders:
        """Order accounts to be checked."""
        return Orders(
            sellers_checked=min(1.0, self.checked_per_day / HOURS_A_DAY),
            sellers_found=self.true_positive_share,
            sellers_mistaken=self.false_positive_share,
            fine=self.fine,
            resentment=self.resentment,
            sanction=self.sanction,
            punishment=self.backlash,
        )


class CloseChannel(Measure, library=True):
    """Have the voice channel closed; some of its members do not find the next one."""

    kind: Literal["close-channel"] = "close-channel"
    label: ClassVar[str] = "channel closed"
    formula: ClassVar[str] = "close_channel = `lost_share` in the hour in which it begins, else 0; punishment = `backlash`"  # fmt: skip
    lost_share: Annotated[float, parameter("share of members who do not find the next channel", unit="share", ge=0, le=1)] = 0.4  # fmt: skip
    backlash: Annotated[float, parameter("how unfair it appears", unit="share", ge=0, le=1)] = 0.7

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "had the channel closed"

    def orders(self, view: PlatformView) -> Orders:
        """Order the channel to be closed, once; its closing continues to hurt legitimacy."""
        now = view.hour == view.begun
        return Orders(close_channel=self.lost_share if now else 0.0, punishment=self.backlash)
