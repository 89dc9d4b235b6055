"""Measures that make concessions: fees, deposits, money."""

from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView
from sim.setup.fees import Concession


class Conceding(Measure, library=True):
    """A measure that withdraws part of the increase and announces it."""

    answer: Annotated[float, parameter("how far it meets the demands; 1 is fully", unit="share", ge=0, le=1, prior=(0.1, 0.5))] = 0.3  # fmt: skip

    def concession(self) -> Concession:
        """Say what is conceded at full strength."""
        raise NotImplementedError

    def orders(self, view: PlatformView) -> Orders:
        """Order the concession and its announcement."""
        return Orders(answer=self.answer, statement=True, concession=self.concession())


class Postpone(Conceding, library=True):
    """Keep the old fee for some months, for all sellers or all but those rated lowest."""

    kind: Literal["postpone"] = "postpone"
    label: ClassVar[str] = "old fee kept"
    formula: ClassVar[str] = "answer; statement; concession.postponed_share = `months` / 12; concession.left_out_share = `left_out_share`"  # fmt: skip
    months: Annotated[float, parameter("months during which the old fee still applies", unit="months", source="facts.csv F28", ge=0, le=12)] = 9.0  # fmt: skip
    left_out_share: Annotated[
        float,
        parameter(
            "share of sellers, those rated lowest by customers, who pay the new fee all the same",
            unit="share",
            source="facts.csv N35: 0.1 on 17 October",
            ge=0,
            le=1,
        ),
    ] = 0.0
    answer: Annotated[
        float,
        parameter(
            "how far it meets the demands; 1 is fully",
            unit="share",
            source="partial concessions ended 0 of 3 protests at once (Taobao 2011, Zomato 2019, Baemin 2020)",
            ge=0,
            le=1,
            prior=(0.2, 0.8),
        ),
    ] = 0.5

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"kept the old fee for {self.strength * self.months:.3g} months"

    def concession(self) -> Concession:
        """Return the part of the year in which the old fee is kept, and who is left out of it."""
        return Concession(postponed_share=self.months / 12.0, left_out_share=self.left_out_share)


class Grandfather(Conceding, library=True):
    """Let the sellers who joined early keep the old fee and deposit permanently."""

    kind: Literal["grandfather"] = "grandfather"
    label: ClassVar[str] = "old terms kept"
    formula: ClassVar[str] = "answer; statement; concession.grandfathered_share = `covered_share`"
    covered_share: Annotated[float, parameter("share of sellers who joined early enough to be covered", unit="share", ge=0, le=1)] = 0.6  # fmt: skip
    answer: Annotated[
        float,
        parameter(
            "how far it meets the demands; 1 is fully",
            unit="share",
            source="partial concessions ended 0 of 3 protests at once (Taobao 2011, Zomato 2019, Baemin 2020)",
            ge=0,
            le=1,
            prior=(0.2, 0.7),
        ),
    ] = 0.4

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        covered = 100 * self.strength * self.covered_share
        return f"let the {covered:.3g} % of sellers who joined first keep the old terms"

    def concession(self) -> Concession:
        """Return the share of sellers, in order of seniority, who keep the old terms."""
        return Concession(grandfathered_share=self.covered_share)


class RollBack(Conceding, library=True):
    """Withdraw a share of the fee increase."""

    kind: Literal["roll-back"] = "roll-back"
    label: ClassVar[str] = "fee cut"
    formula: ClassVar[str] = "answer; statement; concession.rolled_back_share = `share`"
    share: Annotated[float, parameter("share of the fee increase that is withdrawn", unit="share", ge=0, le=1)] = 1.0  # fmt: skip
    answer: Annotated[
        float,
        parameter(
            "how far it meets the demands; 1 is fully",
            unit="share",
            source="a whole concession ended two protests of two (Baemin 2020, Reddit 2015)",
            ge=0,
            le=1,
            prior=(0.8, 1),
        ),
    ] = 1.0

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"withdrew {100 * self.strength * self.share:.3g} % of the fee increase"

    def concession(self) -> Concession:
        """Return the share of the fee's rise that is taken back for good."""
        return Concession(rolled_back_share=self.share)


class HalveDeposit(Conceding, library=True):
    """Withdraw a share of the deposit increase."""

    kind: Literal["halve-deposit"] = "halve-deposit"
    label: ClassVar[str] = "deposit cut"
    formula: ClassVar[str] = "answer; statement; concession.deposit_cut = `share`"
    share: Annotated[float, parameter("share of the deposit increase that is withdrawn", unit="share", source="facts.csv F29", ge=0, le=1)] = 0.5  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"withdrew {100 * self.strength * self.share:.3g} % of the deposit increase"

    def concession(self) -> Concession:
        """Return the share of the deposit's rise that is taken back."""
        return Concession(deposit_cut=self.share)


class Subsidise(Conceding, library=True):
    """Provide money that covers sellers' deposits."""

    kind: Literal["subsidise"] = "subsidise"
    label: ClassVar[str] = "subsidy"
    formula: ClassVar[str] = "answer; statement; concession.subsidy = `amount`"
    amount: Annotated[float, parameter("total amount for all sellers", unit="yuan", source="facts.csv F30", ge=0, le=1e11)] = 1.0e9  # fmt: skip

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"provided {self.strength * self.amount / 1e6:,.0f} million yuan for deposits"

    def concession(self) -> Concession:
        """Return the money put up."""
        return Concession(subsidy=self.amount)
