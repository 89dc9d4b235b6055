"""Measures that give ground: fees, deposits, money."""

from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView
from sim.setup.fees import Concession


class Conceding(Measure):
    """A measure that takes back part of the rise and says so."""

    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.3  # fmt: skip

    def concession(self) -> Concession:
        """Say what is conceded at full strength."""
        raise NotImplementedError

    def orders(self, view: PlatformView) -> Orders:
        """Order the concession and its announcement."""
        return Orders(answer=self.answer, statement=True, concession=self.concession())


class Postpone(Conceding):
    """Keep the old fee for some months."""

    kind: Literal["postpone"] = "postpone"
    label: ClassVar[str] = "old fee kept"
    months: Annotated[float, parameter("months of the old fee", unit="months", source="facts.csv F28", ge=0, le=12)] = 9.0  # fmt: skip
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.8  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"kept the old fee for {self.strength * self.months:.3g} months"

    def concession(self) -> Concession:
        """Return the part of the year in which the old fee is kept."""
        return Concession(postponed_share=self.months / 12.0)


class Grandfather(Conceding):
    """Let the sellers who joined before some year keep the old fee and deposit for good."""

    kind: Literal["grandfather"] = "grandfather"
    label: ClassVar[str] = "old terms kept"
    covered_share: Annotated[float, parameter("sellers who joined early enough", unit="share", ge=0, le=1)] = 0.6  # fmt: skip
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 0.5  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        covered = 100 * self.strength * self.covered_share
        return f"let the {covered:.3g} % of sellers who came first keep the old terms"

    def concession(self) -> Concession:
        """Return the share of sellers, in order of seniority, who keep the old terms."""
        return Concession(grandfathered_share=self.covered_share)


class RollBack(Conceding):
    """Take back a share of the fee's rise."""

    kind: Literal["roll-back"] = "roll-back"
    label: ClassVar[str] = "fee cut"
    share: Annotated[float, parameter("share of the fee's rise taken back", unit="share", ge=0, le=1)] = 1.0  # fmt: skip
    answer: Annotated[float, parameter("how far it answers the demands", unit="share", ge=0, le=1)] = 1.0  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"took back {100 * self.strength * self.share:.3g} % of the fee's rise"

    def concession(self) -> Concession:
        """Return the share of the fee's rise that is taken back for good."""
        return Concession(rolled_back_share=self.share)


class HalveDeposit(Conceding):
    """Take back a share of the deposit's rise."""

    kind: Literal["halve-deposit"] = "halve-deposit"
    label: ClassVar[str] = "deposit cut"
    share: Annotated[float, parameter("share of the rise taken back", unit="share", source="facts.csv F29", ge=0, le=1)] = 0.5  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"took back {100 * self.strength * self.share:.3g} % of the deposit's rise"

    def concession(self) -> Concession:
        """Return the share of the deposit's rise that is taken back."""
        return Concession(deposit_cut=self.share)


class Subsidise(Conceding):
    """Put up money that covers sellers' deposits."""

    kind: Literal["subsidise"] = "subsidise"
    label: ClassVar[str] = "subsidy"
    amount: Annotated[float, parameter("money for all sellers together", unit="yuan", source="facts.csv F30", ge=0, le=1e11)] = 1.0e9  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"put up {self.strength * self.amount / 1e6:,.0f} million yuan for deposits"

    def concession(self) -> Concession:
        """Return the money put up."""
        return Concession(subsidy=self.amount)
