"""Measures that undo what is false, stop it, or pay for it.

The platform gives every review, order and click a score. Honest ones score N(0, 1), false ones
N(d, 1): d is the separation of the detector. What scores above a threshold is taken for false.
The threshold is set by the share of honest ones it is willing to hit; how many false ones it
then finds follows, Phi(d - z) with 1 - Phi(z) the share of honest ones hit (binormal model,
Swets 1988). Nothing else of the hidden truth reaches the platform.
"""

from statistics import NormalDist
from typing import Annotated, ClassVar, Literal

from sim.core.units import parameter
from sim.responses.measure import Measure
from sim.responses.orders import Orders, PlatformView

_NORMAL = NormalDist()


def found_share(separation: float, false_positive_share: float) -> float:
    """Return the share of false ones found: Phi(d - z), 1 - Phi(z) the honest ones hit.

    Examples
    --------
    >>> from sim.responses import found_share
    >>> round(found_share(separation=2.0, false_positive_share=0.05), 3)
    0.639
    """
    if false_positive_share <= 0.0:
        return 0.0
    if false_positive_share >= 1.0:
        return 1.0
    return _NORMAL.cdf(separation + _NORMAL.inv_cdf(false_positive_share))


class Detection(Measure, library=True):
    """A measure that distinguishes false actions from honest ones by a score."""

    separation: Annotated[
        float,
        parameter(
            "d, how far the mean score of false actions lies above that of honest ones",
            unit="sd",
            source="assumed: 80 % detected; 37 to 95 % in the prior",
            ge=0,
            le=10,
            prior=(2, 4),
        ),
    ] = 3.17
    false_positive_share: Annotated[
        float,
        parameter(
            "share of honest actions that score above the threshold and are mistaken for false",
            unit="share",
            ge=0,
            le=1,
            log_prior=(0.002, 0.03),
        ),
    ] = 0.01
    cost_per_mistake: Annotated[float, parameter("cost to the platform of a mistake, such as handling the complaint", unit="yuan", ge=0, le=10_000, log_prior=(1, 30))] = 5.0  # fmt: skip

    @property
    def true_positive_share(self) -> float:
        """Share of false actions that are detected; it follows from the threshold of the score."""
        return found_share(self.separation, self.false_positive_share)


class Undoing(Detection, library=True):
    """Detection after the action."""

    delay: Annotated[
        int,
        parameter("hours until a false action is undone", unit="h", ge=0, le=240, prior=(1, 24)),
    ] = 6


class RestoreRatings(Undoing, library=True):
    """Detect bad reviews by attackers and remove them from the ratings."""

    kind: Literal["restore-ratings"] = "restore-ratings"
    formula: ClassVar[str] = "restore_reviews = found; honest_reviews = f; its `delay`; mistake_cost = `cost_per_mistake`"  # fmt: skip
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 2000.0  # fmt: skip
    label: ClassVar[str] = "ratings restored"

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "removed bad reviews from the ratings"

    def orders(self, view: PlatformView) -> Orders:
        """Order reviews to be checked."""
        return Orders(
            restore_reviews=self.true_positive_share,
            honest_reviews=self.false_positive_share,
            mistake_cost=self.cost_per_mistake,
            delay_reviews=self.delay,
        )


class VoidOrders(Undoing, library=True):
    """Detect false orders before they are packed and return the items to stock."""

    kind: Literal["void-orders"] = "void-orders"
    formula: ClassVar[str] = "void_orders, honest_orders, `delay`, mistake_cost likewise"
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 2000.0  # fmt: skip
    label: ClassVar[str] = "false orders voided"

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "voided false orders"

    def orders(self, view: PlatformView) -> Orders:
        """Order purchases to be checked."""
        return Orders(
            void_orders=self.true_positive_share,
            honest_orders=self.false_positive_share,
            mistake_cost=self.cost_per_mistake,
            delay_orders=self.delay,
        )


class RefundClicks(Undoing, library=True):
    """Detect false ad clicks and refund their cost."""

    kind: Literal["refund-clicks"] = "refund-clicks"
    formula: ClassVar[str] = "refund_clicks, honest_clicks, `delay`, mistake_cost likewise"
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 500.0  # fmt: skip
    label: ClassVar[str] = "clicks refunded"

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "refunded false ad clicks"

    def orders(self, view: PlatformView) -> Orders:
        """Order clicks to be checked."""
        return Orders(
            refund_clicks=self.true_positive_share,
            honest_clicks=self.false_positive_share,
            mistake_cost=self.cost_per_mistake,
            delay_clicks=self.delay,
        )


class Throttle(Detection, library=True):
    """Limit purchases at big stores, which stops false orders and some honest ones."""

    kind: Literal["throttle"] = "throttle"
    formula: ClassVar[str] = "throttle = found; throttle_honest = f; mistake_cost"
    separation: Annotated[
        float,
        parameter(
            "d, how far the mean score of false orders lies above that of honest ones",
            unit="sd",
            source="assumed: half are stopped",
            ge=0,
            le=10,
            prior=(1, 3),
        ),
    ] = 2.05
    false_positive_share: Annotated[float, parameter("share of honest orders that are stopped", unit="share", ge=0, le=1, log_prior=(0.005, 0.05))] = 0.02  # fmt: skip
    label: ClassVar[str] = "purchases limited"

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return "limited purchases at big stores"

    def orders(self, view: PlatformView) -> Orders:
        """Order the limit; it holds from the next hour on."""
        return Orders(
            throttle=self.true_positive_share,
            throttle_honest=self.false_positive_share,
            mistake_cost=self.cost_per_mistake,
        )


class CompensateStores(Measure, library=True):
    """Compensate big stores for the losses that they claim, some of them too high."""

    kind: Literal["compensate-stores"] = "compensate-stores"
    formula: ClassVar[str] = "compensate = `share`; padding = `padding_share`"
    share: Annotated[float, parameter("share of each claim that is paid", unit="share", ge=0, le=1, prior=(0.1, 1))] = 0.5  # fmt: skip
    padding_share: Annotated[float, parameter("excess of stores' claims over their loss, as a share of the loss", unit="share", ge=0, le=10, prior=(0, 0.5))] = 0.2  # fmt: skip
    cost_per_hour: Annotated[float, parameter("cost to the platform while in force", unit="yuan/h", ge=0, le=1e9)] = 1000.0  # fmt: skip
    label: ClassVar[str] = "stores compensated"

    @property
    def past_tense(self) -> str:
        """What the platform did by it."""
        return f"paid stores {100 * self.strength * self.share:.3g} % of what they claimed"

    def orders(self, view: PlatformView) -> Orders:
        """Order claims to be paid."""
        return Orders(compensate=self.share, padding=self.padding_share)
