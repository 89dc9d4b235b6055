"""Measures that deter, punish or disperse those who protest."""

from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView
from sim.responses.protecting import found_share

HOURS_A_DAY = 24


class PoliceReport(Measure, library=True):
    """Report the attacks to the police; nobody is arrested by it."""

    kind: Literal["police-report"] = "police-report"
    label: ClassVar[str] = "police report"
    formula: ClassVar[str] = "sanction = `sanction`; punishment = `backlash`; police"
    sanction: Annotated[
        float,
        parameter(
            "level of sanction that it signals",
            unit="share",
            source="publicised cases had no consistent effect on attackers (Collier et al. 2019)",
            ge=0,
            le=1,
            prior=(0, 0.15),
        ),
    ] = 0.1
    backlash: Annotated[float, parameter("how unfair it appears", unit="share", source="arrests neither incite nor discourage (Castro 2023)", ge=0, le=1, prior=(0, 0.2))] = 0.1  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "reported the attacks to the police"

    def orders(self, view: PlatformView) -> Orders:
        """Order the report."""
        return Orders(sanction=self.sanction, punishment=self.backlash, police=True)


class Arrest(Measure, library=True):
    """Have attackers arrested, which frightens the others for some weeks."""

    kind: Literal["arrest"] = "arrest"
    label: ClassVar[str] = "arrests"
    formula: ClassVar[str] = "sanction = `sanction` * 0.5 ** ((hour - the hour in which it began) / `half_life`); punishment = `backlash`; police"  # fmt: skip
    sanction: Annotated[
        float,
        parameter(
            "level of sanction that it signals at first",
            unit="share",
            source="takedowns with arrests cut attacks by a third (Collier et al. 2019)",
            ge=0,
            le=1,
            prior=(0.2, 0.4),
        ),
    ] = 0.3
    half_life: Annotated[
        float,
        parameter(
            "time in which the signal falls by half",
            unit="h",
            source="the effect held for ten weeks and more (Collier et al. 2019)",
            ge=1,
            le=100_000,
            prior=(168, 1680),
        ),
    ] = 500.0
    backlash: Annotated[
        float,
        parameter(
            "how unfair it appears",
            unit="share",
            source="repression raises sympathy (Curtice and Behlendorf 2020; Lawrence 2017; Aytaç et al. 2018); the size is open",
            ge=0,
            le=1,
            prior=(0, 0.6),
        ),
    ] = 0.3

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "had attackers arrested"

    def orders(self, view: PlatformView) -> Orders:
        """Order the signal as much as is left of it."""
        left = 0.5 ** ((view.hour - view.begun) / self.half_life)
        return Orders(sanction=self.sanction * left, punishment=self.backlash, police=True)


class PunishSellers(Measure, library=True):
    """Search for attackers among the sellers and fine them; some of those fined are innocent."""

    kind: Literal["punish-sellers"] = "punish-sellers"
    label: ClassVar[str] = "sellers punished"
    formula: ClassVar[str] = "sellers_checked = min(1, `checked_per_day` / 24); sellers_found = found; sellers_mistaken = f; `fine`; `resentment`; sanction; punishment = `backlash`"  # fmt: skip
    checked_per_day: Annotated[float, parameter("share of sellers whose account is checked per day", unit="1/day", ge=0, le=24, log_prior=(0.05, 1))] = 0.2  # fmt: skip
    separation: Annotated[float, parameter("d, how far the mean score of attackers lies above that of honest sellers", unit="sd", ge=0, le=10, prior=(1.5, 3.5))] = 2.5  # fmt: skip
    false_positive_share: Annotated[float, parameter("share of the honest sellers checked who are mistaken for attackers", unit="share", ge=0, le=1, log_prior=(0.002, 0.05))] = 0.01  # fmt: skip
    fine: Annotated[float, parameter("fine taken from the deposit of a punished seller", unit="yuan", ge=0, le=1e6)] = 5000.0  # fmt: skip
    resentment: Annotated[
        float,
        parameter(
            "share of its trust in the platform that a punished seller loses",
            unit="share",
            source="of the organisers with a shop all had been punished (facts.csv N20, N21)",
            ge=0,
            le=1,
            prior=(0.2, 0.9),
        ),
    ] = 0.5
    sanction: Annotated[
        float,
        parameter(
            "level of sanction that it signals",
            unit="share",
            source="the effect of perceived certainty disappears in panels (Paternoster 1987)",
            ge=0,
            le=1,
            prior=(0, 0.5),
        ),
    ] = 0.3
    backlash: Annotated[
        float,
        parameter(
            "how unfair it appears",
            unit="share",
            source="repression raises sympathy (Curtice and Behlendorf 2020); the size is open",
            ge=0,
            le=1,
            prior=(0.2, 1),
        ),
    ] = 0.6
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
    """Have the voice channel closed; some of its members find the next one only after a while."""

    kind: Literal["close-channel"] = "close-channel"
    label: ClassVar[str] = "channel closed"
    formula: ClassVar[str] = "in the hour in which it begins close_channel = `lost_share`, away = `away_hours`, fades = `fades_share`; punishment = `backlash`"  # fmt: skip
    lost_share: Annotated[
        float,
        parameter(
            "share of members who do not find the next channel at once",
            unit="share",
            source="first wave of closings: 20 to 40 % fewer (Vu et al. 2025)",
            ge=0,
            le=1,
            prior=(0.2, 0.4),
        ),
    ] = 0.3
    away_hours: Annotated[
        int,
        parameter(
            "hours after which those lost know where the next channel is, and may join as others do",
            unit="h",
            source="back in 1 to 2 days (Vu et al. 2025)",
            ge=1,
            le=10_000,
            prior=(24, 48),
        ),
    ] = 36
    fades_share: Annotated[
        float,
        parameter(
            "share of its effect that a closing lost by each closing before it",
            unit="share",
            source="second wave of closings: about no effect (Vu et al. 2025)",
            ge=0,
            le=1,
            prior=(0.7, 1),
        ),
    ] = 0.9
    backlash: Annotated[
        float,
        parameter(
            "how unfair it appears",
            unit="share",
            source="repression raises sympathy (Curtice and Behlendorf 2020); the size is open",
            ge=0,
            le=1,
            prior=(0, 0.8),
        ),
    ] = 0.4

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "had the channel closed"

    def orders(self, view: PlatformView) -> Orders:
        """Order the channel to be closed, once; its closing continues to hurt legitimacy."""
        if view.hour != view.begun:
            return Orders(punishment=self.backlash)
        return Orders(
            close_channel=self.lost_share,
            away=self.away_hours,
            fades=self.fades_share,
            punishment=self.backlash,
        )
