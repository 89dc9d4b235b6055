"""What a seller pays, what a rise costs it, and how hard that is (docs/odd.md, 7.3)."""

import math
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.core.compiled import kernel
from sim.core.units import F64, I8, I32, N_CATEGORIES, Bool, Shop, parameter

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FeeTier(BaseModel):
    """A factor on the yearly fee for sellers with at least a given turnover."""

    model_config = _FROZEN
    turnover_from: Annotated[
        float, parameter("lowest turnover to which this applies", unit="yuan/yr", ge=0, le=1e12)
    ]
    factor: Annotated[
        float, parameter("factor applied to the yearly fee of the category", unit="1", ge=0, le=100)
    ]


class DepositTier(BaseModel):
    """A deposit owed by shops of a kind, by sellers with at least a given turnover, or by both."""

    model_config = _FROZEN
    shop: Annotated[
        Literal["any", "flagship", "flagship-tm", "franchise", "franchise-tm", "other"],
        Field(description="kind of shop to which this applies: flagship (or specialty) or franchise, with -tm if the trademark is only applied for; other; or any, where its own kind has no entry"),
    ] = "any"  # fmt: skip
    turnover_from: Annotated[
        float, parameter("lowest turnover to which this applies", unit="yuan/yr", ge=0, le=1e12)
    ] = 0.0
    amount: Annotated[
        float, parameter("deposit", unit="yuan", source="facts.csv F24, F25, N34", ge=0, le=1e8)
    ]

    def applies_to(self, shop: I8) -> Bool:
        """Return which of the shops, by kind, this is for."""
        if self.shop == "any":
            return np.ones(shop.shape, np.bool_)
        out: Bool = shop == Shop[self.shop.upper().replace("-", "_")]
        return out


class RefundTier(BaseModel):
    """A share of the yearly fee refunded to sellers with enough turnover and a good rating."""

    model_config = _FROZEN
    turnover_from: Annotated[
        float,
        parameter(
            "lowest turnover to which this applies",
            unit="yuan/yr",
            source="facts.csv F36 for the whole",
            ge=0,
            le=1e12,
        ),
    ]
    rating_from: Annotated[
        float,
        parameter(
            "lowest rating to which this applies", unit="1-5", source="facts.csv N32", ge=1, le=5
        ),
    ]
    share: Annotated[
        float,
        parameter(
            "share of the yearly fee that is refunded",
            unit="share",
            source="facts.csv N32",
            ge=0,
            le=1,
        ),
    ]


class FeeSchedule(BaseModel):
    """What a mall charges: a yearly fee, a share of sales and a deposit; and what it refunds."""

    model_config = _FROZEN
    standard: Annotated[float, parameter("yearly fee in standard categories", unit="yuan/yr", source="facts.csv F22, F23", ge=0, le=1e7)] = 6000.0  # fmt: skip
    premium: Annotated[float, parameter("yearly fee in the premium categories", unit="yuan/yr", source="facts.csv F22, F23", ge=0, le=1e7)] = 6000.0  # fmt: skip
    n_premium: Annotated[int, parameter("number of premium categories; they are the first ones", unit="categories", ge=0, le=20)] = 10  # fmt: skip
    tiers: tuple[FeeTier, ...] = ()
    sales_share: Annotated[float, parameter("additional fee, as a share of sales", unit="share", ge=0, le=0.5)] = 0.0  # fmt: skip
    deposits: tuple[DepositTier, ...] = (DepositTier(turnover_from=0, amount=10_000),)
    premium_deposit: Annotated[float, parameter("factor applied to the deposit in premium categories", unit="1", ge=0, le=100)] = 1.0  # fmt: skip
    refunds: tuple[RefundTier, ...] = ()

    @field_validator("deposits", "tiers")
    @classmethod
    def _has_one_tier_a_turnover(
        cls, tiers: tuple[DepositTier | FeeTier, ...]
    ) -> tuple[DepositTier | FeeTier, ...]:
        seen: set[tuple[str, float]] = set()
        for tier in tiers:
            shop = tier.shop if isinstance(tier, DepositTier) else "any"
            if (shop, tier.turnover_from) in seen:
                what = "deposits" if isinstance(tier, DepositTier) else "fees"
                whose, each = ("", "") if shop == "any" else (f" of {shop} shops", " and kind")
                raise ValueError(
                    f"given two {what}{whose} from {tier.turnover_from:g} yuan/yr on, allowed one for each turnover{each}"
                )
            seen.add((shop, tier.turnover_from))
        return tiers

    def fee(self, category: I32, turnover: F64) -> F64:
        """Return the yearly fee (yuan/yr) before refunds, its part in sales included."""
        by_category = np.where(
            np.arange(N_CATEGORIES) < self.n_premium, self.premium, self.standard
        )
        factor = np.ones(turnover.shape)
        for tier in sorted(self.tiers, key=lambda t: t.turnover_from):
            factor[turnover >= tier.turnover_from] = tier.factor
        out: F64 = by_category[category].astype(np.float64) * factor + self.sales_share * turnover
        return out

    def deposit(self, x: "Payers") -> F64:
        """Return the deposit (yuan): the entry that applies from the largest turnover on.

        Entries of the shop's own kind come before those for any.
        """
        out = np.zeros(x.turnover.shape)
        for tier in sorted(self.deposits, key=lambda t: (t.shop != "any", t.turnover_from)):
            out[(x.turnover >= tier.turnover_from) & tier.applies_to(x.shop)] = tier.amount
        if self.premium_deposit != 1.0:
            out[x.category < self.n_premium] *= self.premium_deposit
        return out

    def refund(self, turnover: F64, rating: F64) -> F64:
        """Return the share of the yearly fee that is refunded, the largest tier reached."""
        out = np.zeros(turnover.shape)
        for tier in self.refunds:
            reached = (turnover >= tier.turnover_from) & (rating >= tier.rating_from)
            out[reached] = np.maximum(out[reached], tier.share)
        return out

    def net_fee(self, x: "Payers") -> F64:
        """Return the yearly fee (yuan/yr) net of refunds."""
        return self.fee(x.category, x.turnover) * (1.0 - self.refund(x.turnover, x.rating))


class NewSchedule(FeeSchedule):
    """A schedule that replaces another: in steps, later, or not for all sellers."""

    phase_years: Annotated[int, parameter("number of equal yearly steps in which the increase comes into force", unit="years", ge=1, le=20)] = 1  # fmt: skip
    notice_months: Annotated[float, parameter("months of the coming year in which the old fee still applies", unit="months", ge=0, le=12)] = 0.0  # fmt: skip
    grandfathered_share: Annotated[float, parameter("share of the sellers, the earliest to join the mall, who keep the old terms permanently", unit="share", ge=0, le=1)] = 0.0  # fmt: skip

    @classmethod
    def same_as(cls, old: FeeSchedule) -> Self:
        """Return the schedule under which everything stays as it was."""
        return cls(**{name: getattr(old, name) for name in FeeSchedule.model_fields})


class FeeParameters(NamedTuple):
    """How a seller judges a fee."""

    capital_rate_per_year: Annotated[
        float, parameter("yearly cost of tied-up money for a small seller", unit="1/yr", ge=0, le=1)
    ] = 0.12
    commission_share: Annotated[
        float, parameter("commission that the platform takes on sales", unit="share", ge=0, le=0.3)
    ] = 0.03
    foresight: Annotated[
        float,
        parameter(
            "weight of later years, after the first, in how a seller judges an increase",
            unit="share", ge=0, le=1, prior=(0, 0.6),
        ),
    ] = 0.3  # fmt: skip


class Concession(NamedTuple):
    """What the platform has withdrawn; all zero if nothing."""

    postponed_share: float = 0.0  # of the coming year the old fee is kept
    deposit_cut: float = 0.0  # share of the deposit's rise taken back
    subsidy: float = 0.0  # yuan, all sellers together
    rolled_back_share: float = 0.0  # of the fee's rise, for good
    grandfathered_share: float = 0.0  # of sellers, who keep the old terms for good
    left_out_share: float = 0.0  # of sellers, those rated lowest, for whom nothing is postponed

    def is_any(self) -> bool:
        """Return whether anything was conceded."""
        return any(part > 0 for part in self._replace(left_out_share=0.0))

    def scaled_by(self, strength: float) -> "Concession":
        """Return the same concession less strong; who is left out of it stays the same."""
        return Concession(*(strength * part for part in self))._replace(
            left_out_share=self.left_out_share
        )


NOTHING_CONCEDED = Concession()


@kernel
def hardship(cost: float, margin: float, turnover: float) -> float:
    """How hard a rise hits: H = 1 - exp(-max(0, cost) / (margin * turnover)), in 0-1.

    Source: docs/odd.md, 7.3. Leaves out: that a seller may raise prices.
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


class Payers(NamedTuple):
    """What a bill goes by, by seller."""

    category: I32
    turnover: F64  # yuan/yr
    rating: F64
    seniority: F64  # 0 came first, 1 last
    shop: I8  # `Shop`


class Bill(NamedTuple):
    """What each seller pays under the new schedule (yuan): in the coming year, and later."""

    fee: F64  # net of refunds
    deposit: F64
    subsidy: F64
    fee_later: F64  # once every step of the rise has come and no old fee is kept
    deposit_later: F64


def lowest_rated(rating: F64, share: float) -> Bool:
    """Return which sellers are the share (0-1) rated lowest; of equals the first rows."""
    out = np.zeros(rating.shape, np.bool_)
    out[np.argsort(rating, kind="stable")[: int(share * rating.size)]] = True
    return out


def bill(
    old: FeeSchedule, new: NewSchedule, concession: Concession, x: Payers, weight: float
) -> Bill:
    """Work out fee, deposit and subsidy, concessions included.

    A concession takes back its share of the rise; who keeps the old terms has no rise, and for who
    is rated lowest nothing may be postponed. Of what
    remains the coming year has the first of the steps, and of that year the new fee holds where
    it is neither noticed nor postponed. A fall of the fee is not held back by any of these but
    the steps. The subsidy is spread in proportion to the rise of the deposit, or evenly if none
    rises.
    """
    fee_old, fee_new = old.net_fee(x), new.net_fee(x)
    deposit_old, deposit_new = old.deposit(x), new.deposit(x)
    kept = x.seniority < max(concession.grandfathered_share, new.grandfathered_share)
    fee_rise = fee_new - fee_old
    fee_rise = fee_rise - concession.rolled_back_share * np.maximum(fee_rise, 0.0)
    fee_rise = np.where(kept, np.minimum(fee_rise, 0.0), fee_rise)
    deposit_rise = deposit_new - deposit_old
    deposit_rise = deposit_rise - concession.deposit_cut * np.maximum(deposit_rise, 0.0)
    deposit_rise = np.where(kept, np.minimum(deposit_rise, 0.0), deposit_rise)
    postponed = np.where(
        lowest_rated(x.rating, concession.left_out_share), 0.0, concession.postponed_share
    )
    held = np.maximum(postponed, new.notice_months / 12.0)
    subsidy = np.zeros(x.turnover.shape)
    if concession.subsidy > 0 and x.turnover.size:
        base = np.maximum(deposit_new - deposit_old, 0.0)
        base = base if base.sum() > 0 else np.ones(x.turnover.shape)
        subsidy = concession.subsidy * base / (base.sum() * weight)
    return Bill(
        fee=fee_old + (1.0 - held) * fee_rise / new.phase_years,
        deposit=deposit_old + deposit_rise / new.phase_years,
        subsidy=subsidy,
        fee_later=fee_old + fee_rise,
        deposit_later=deposit_old + deposit_rise,
    )


def bill_before(old: FeeSchedule, x: Payers) -> Bill:
    """Return what each seller pays under the old schedule."""
    fee, deposit = old.net_fee(x), old.deposit(x)
    return Bill(fee, deposit, np.zeros(x.turnover.shape), fee, deposit)


def owed(b: Bill, terms: FeeParameters) -> F64:
    """Return what a seller reckons to owe a year (yuan/yr), later years weighed by foresight.

    (1 - f) [fee + r (deposit - subsidy)] + f [fee later + r (deposit later - subsidy)].
    """
    r, f = terms.capital_rate_per_year, terms.foresight
    out: F64 = (
        (1.0 - f) * (b.fee + r * b.deposit)
        + f * (b.fee_later + r * b.deposit_later)
        - r * b.subsidy
    )
    return out
