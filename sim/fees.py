"""What a seller pays, what a rise costs it, and how hard that is (model.md 4.1)."""

import math
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, field_validator

from sim.compiled import kernel
from sim.units import F64, I32, N_CATEGORIES, parameter

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DepositTier(BaseModel):
    """A deposit owed from a turnover on."""

    model_config = _FROZEN
    turnover_from: Annotated[float, parameter("lowest turnover", unit="yuan/yr", ge=0, le=1e12)]
    amount: Annotated[
        float, parameter("deposit", unit="yuan", source="facts.csv F24, F25", ge=0, le=1e8)
    ]


class RefundTier(BaseModel):
    """A share of the yearly fee returned to those who sell enough and well."""

    model_config = _FROZEN
    turnover_from: Annotated[
        float, parameter("lowest turnover", unit="yuan/yr", source="facts.csv F36", ge=0, le=1e12)
    ]
    rating_from: Annotated[float, parameter("lowest rating", unit="1-5", ge=1, le=5)]
    share: Annotated[float, parameter("share of the fee returned", unit="share", ge=0, le=1)]


class FeeSchedule(BaseModel):
    """A yearly fee, a deposit and refunds."""

    model_config = _FROZEN
    standard: Annotated[
        float,
        parameter(
            "yearly fee in most categories",
            unit="yuan/yr",
            source="facts.csv F22, F23",
            ge=0,
            le=1e7,
        ),
    ] = 6000.0
    premium: Annotated[
        float,
        parameter(
            "yearly fee in the premium categories",
            unit="yuan/yr",
            source="facts.csv F22, F23",
            ge=0,
            le=1e7,
        ),
    ] = 6000.0
    n_premium: Annotated[
        int, parameter("premium categories, the first ones", unit="categories", ge=0, le=20)
    ] = 10
    deposits: tuple[DepositTier, ...] = (DepositTier(turnover_from=0, amount=10_000),)
    refunds: tuple[RefundTier, ...] = ()

    @field_validator("deposits")
    @classmethod
    def _has_one_deposit_a_turnover(cls, tiers: tuple[DepositTier, ...]) -> tuple[DepositTier, ...]:
        seen: set[float] = set()
        for start in (tier.turnover_from for tier in tiers):
            if start in seen:
                raise ValueError(f"given two deposits from {start:g} yuan/yr on, allowed one each")
            seen.add(start)
        return tiers

    def fee(self, category: I32) -> F64:
        """Give the yearly fee (yuan/yr) before refunds for an array of categories."""
        by_category = np.where(
            np.arange(N_CATEGORIES) < self.n_premium, self.premium, self.standard
        )
        return by_category[category].astype(np.float64)

    def deposit(self, turnover: F64) -> F64:
        """Give the deposit (yuan) for an array of turnovers (yuan/yr)."""
        out = np.zeros(turnover.shape)
        for tier in sorted(self.deposits, key=lambda t: t.turnover_from):
            out[turnover >= tier.turnover_from] = tier.amount
        return out

    def refund(self, turnover: F64, rating: F64) -> F64:
        """Give the share of the fee returned, the largest tier reached."""
        out = np.zeros(turnover.shape)
        for tier in self.refunds:
            reached = (turnover >= tier.turnover_from) & (rating >= tier.rating_from)
            out[reached] = np.maximum(out[reached], tier.share)
        return out


class FeeParameters(NamedTuple):
    """What a fee means to a seller."""

    capital_rate_per_year: Annotated[
        float, parameter("what tied-up money costs a small seller", unit="1/yr", ge=0, le=1)
    ] = 0.12
    commission_share: Annotated[
        float, parameter("the platform's commission on sales", unit="share", ge=0, le=0.3)
    ] = 0.03


class Concession(NamedTuple):
    """What the platform has taken back; all zero when nothing."""

    postponed_share: float = 0.0  # of the coming year the old fee is kept
    deposit_cut: float = 0.0  # share of the deposit's rise taken back
    subsidy: float = 0.0  # yuan, all sellers together

    def is_any(self) -> bool:
        """Say whether anything was conceded."""
        return self.postponed_share > 0 or self.deposit_cut > 0 or self.subsidy > 0


NOTHING_CONCEDED = Concession()


@kernel
def hardship(cost: float, margin: float, turnover: float) -> float:
    """How hard a rise hits: H = 1 - exp(-max(0, cost) / (margin * turnover)), in 0-1.

    Source: model.md 4.1. Leaves out: that a seller may raise prices.
    """
    profit = margin * turnover
    if cost <= 0.0:
        return 0.0
    if profit <= 0.0:
        return 1.0
    return 1.0 - math.exp(-cost / profit)


@kernel
def all_hardships(cost: F64, margin: F64, turnover: F64, out: F64) -> None:
    """Apply `hardship` to every row."""
    for i in range(cost.size):
        out[i] = hardship(cost[i], margin[i], turnover[i])


class Bill(NamedTuple):
    """What each seller pays in the coming year under the new schedule (yuan)."""

    fee: F64  # net of refunds
    deposit: F64
    subsidy: F64


def bill(
    old: FeeSchedule,
    new: FeeSchedule,
    concession: Concession,
    category: I32,
    turnover: F64,
    rating: F64,
    weight: float,
) -> Bill:
    """Work out the coming year's fee, deposit and subsidy, concessions included.

    The subsidy is spread in proportion to the rise of the deposit, or evenly if none rises.
    """
    fee_old = old.fee(category) * (1.0 - old.refund(turnover, rating))
    fee_new = new.fee(category) * (1.0 - new.refund(turnover, rating))
    share = concession.postponed_share
    deposit_old, deposit_new = old.deposit(turnover), new.deposit(turnover)
    rise = deposit_new - deposit_old
    deposit = deposit_new - concession.deposit_cut * np.maximum(rise, 0.0)
    subsidy = np.zeros(turnover.shape)
    if concession.subsidy > 0 and turnover.size:
        base = np.maximum(rise, 0.0)
        base = base if base.sum() > 0 else np.ones(turnover.shape)
        subsidy = concession.subsidy * base / (base.sum() * weight)
    return Bill(share * fee_old + (1.0 - share) * fee_new, deposit, subsidy)


def yearly_cost(before: Bill, after: Bill, capital_rate: float) -> F64:
    """Cost of a change (yuan/yr): fee, capital tied up in the deposit, less a year's subsidy."""
    return (
        (after.fee - before.fee)
        + capital_rate * (after.deposit - before.deposit)
        - capital_rate * after.subsidy
    )
