"""What a scenario says of the marketplace: its old and new fees, and its rivals."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from sim.core.texts import Name
from sim.core.units import parameter
from sim.setup.fees import DepositTier, FeeParameters, FeeSchedule, NewSchedule, RefundTier

FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

AS_ANNOUNCED = NewSchedule(
    standard=30_000,
    premium=60_000,
    deposits=(
        DepositTier(amount=50_000),
        DepositTier(shop="flagship-tm", amount=100_000),
        DepositTier(shop="franchise", amount=100_000),
        DepositTier(shop="franchise-tm", amount=150_000),
        DepositTier(shop="other", amount=55_000),
    ),
    refunds=(
        RefundTier(turnover_from=360_000, rating_from=4.6, share=0.5),
        RefundTier(turnover_from=1_095_000, rating_from=4.6, share=1.0),
    ),
)
"""The schedule of 10 October 2011: facts.csv F23, N32, N34, F36; some of it assumed."""


class Fees(BaseModel):
    """The old and the new schedule, and what money costs."""

    model_config = FROZEN
    old: FeeSchedule = FeeSchedule()
    new: NewSchedule = AS_ANNOUNCED
    terms: FeeParameters = FeeParameters()


class Rival(BaseModel):
    """A rival platform."""

    model_config = FROZEN
    name: Name
    yearly_fee: Annotated[
        float, parameter("yearly fee", unit="yuan/yr", source="facts.csv F20", ge=0, le=1e6)
    ]
    attraction: Annotated[
        float, parameter("weight of this rival among all rivals", unit="1", ge=0, le=1e3)
    ] = 1.0
    effort: Annotated[float, parameter("poaching effort: factor applied to the daily hazard that a seller opens a second shop here", unit="1", ge=0, le=100)] = 1.0  # fmt: skip
    margin: Annotated[float, parameter("margin on sales", unit="share", ge=0, le=0.9)] = 0.15
    promise_after: Annotated[int | None, parameter("delay between the first attack and this rival's promise to freeze its fee", unit="h", source="facts.csv F35", ge=0, le=10_000)] = None  # fmt: skip


RIVALS = (
    Rival(name="Dangdang", yearly_fee=6000, attraction=1.0, promise_after=58),
    Rival(name="Tencent", yearly_fee=6000, attraction=0.7),
    Rival(name="360buy", yearly_fee=8000, attraction=1.3),
)
