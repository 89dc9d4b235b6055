"""What a seller is billed, and the hardship of it (7.3)."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Concession:
    """What the platform gave up; all 0 when nothing was conceded."""

    postponed_share: float = 0.0
    deposit_cut: float = 0.0
    subsidy: float = 0.0
    rolled_back_share: float = 0.0
    grandfathered_share: float = 0.0
    left_out_share: float = 0.0


@dataclass(frozen=True)
class Bill:
    """A seller's next year."""

    fee: float
    fee_later: float
    deposit: float
    deposit_later: float
    subsidy: float
    owed: float


def _highest(tiers, turnover):
    reached = [tier for tier in tiers if tier.turnover_from <= turnover]
    return max(reached, key=lambda tier: tier.turnover_from, default=None)


class FeeTable:
    """The two schedules, and what money costs."""

    def __init__(self, scenario, weight):
        self.terms = scenario.fees.terms
        self.old = scenario.fees.old
        self.is_announced = scenario.announced is not None
        self.new = scenario.fees.new if self.is_announced else self.old
        self.weight = weight

    def fee(self, schedule, seller):
        """Give the yearly fee less its refund."""
        fee = schedule.premium if seller.category < schedule.n_premium else schedule.standard
        tier = _highest(schedule.tiers, seller.turnover)
        if tier is not None:
            fee = fee * tier.factor
        fee = fee + schedule.sales_share * seller.turnover
        refund = max(
            (
                tier.share
                for tier in schedule.refunds
                if tier.turnover_from <= seller.turnover and tier.rating_from <= seller.rating
            ),
            default=0.0,
        )
        return fee * (1.0 - refund)

    def deposit(self, schedule, seller):
        """Give the deposit."""
        own = seller.shop.name.lower().replace("_", "-")
        of_its_kind = [tier for tier in schedule.deposits if tier.shop == own]
        of_any = [tier for tier in schedule.deposits if tier.shop == "any"]
        tier = _highest(of_its_kind, seller.turnover) or _highest(of_any, seller.turnover)
        amount = 0.0 if tier is None else tier.amount
        return amount * schedule.premium_deposit if seller.category < schedule.n_premium else amount

    def owed(self, fee, deposit, fee_later, deposit_later, subsidy):
        """Weigh the first year and the later ones."""
        rate, foresight = self.terms.capital_rate_per_year, self.terms.foresight
        return (
            (1.0 - foresight) * (fee + rate * deposit)
            + foresight * (fee_later + rate * deposit_later)
            - rate * subsidy
        )

    def subsidies(self, sellers, total):
        """Share a subsidy among the sellers by the rise of their deposits."""
        if total <= 0.0:
            return [0.0] * len(sellers)
        base = np.array(
            [max(self.deposit(self.new, s) - self.deposit(self.old, s), 0.0) for s in sellers]
        )
        if base.sum() == 0.0:
            base = np.ones(len(sellers))
        return [float(total * b / (base.sum() * self.weight)) for b in base]

    def bill(self, seller, concession, subsidy, is_left_out):
        """Give a seller's bill under a concession."""
        fee_old, fee_new = self.fee(self.old, seller), self.fee(self.new, seller)
        deposit_old, deposit_new = self.deposit(self.old, seller), self.deposit(self.new, seller)
        grandfathered = notice = 0.0
        years = 1
        if self.is_announced:
            grandfathered, years = self.new.grandfathered_share, self.new.phase_years
            notice = self.new.notice_months / 12.0
        rise_f = fee_new - fee_old
        rise_f = rise_f - concession.rolled_back_share * max(rise_f, 0.0)
        rise_d = deposit_new - deposit_old
        rise_d = rise_d - concession.deposit_cut * max(rise_d, 0.0)
        if seller.seniority < max(grandfathered, concession.grandfathered_share):
            rise_f, rise_d = min(rise_f, 0.0), min(rise_d, 0.0)
        held = max(0.0 if is_left_out else concession.postponed_share, notice)
        fee, fee_later = fee_old + (1.0 - held) * rise_f / years, fee_old + rise_f
        deposit, deposit_later = deposit_old + rise_d / years, deposit_old + rise_d
        owed = self.owed(fee, deposit, fee_later, deposit_later, subsidy)
        return Bill(fee, fee_later, deposit, deposit_later, subsidy, owed)

    def bills(self, sellers, concession):
        """Give the bill of every seller."""
        subsidies = self.subsidies(sellers, concession.subsidy)
        by_rating = sorted(sellers, key=lambda seller: (seller.rating, seller.row))
        left_out = by_rating[: math.floor(concession.left_out_share * len(sellers))]
        rows = {seller.row for seller in left_out}
        return [
            self.bill(s, concession, y, s.row in rows)
            for s, y in zip(sellers, subsidies, strict=True)
        ]

    def own_hardships(self, sellers, concession):
        """Give every seller's hardship by its own bill, without what it feels for others."""
        return [
            self._own_hardship(seller, bill.owed)
            for seller, bill in zip(sellers, self.bills(sellers, concession), strict=True)
        ]

    def _own_hardship(self, seller, owed):
        fee, deposit = self.fee(self.old, seller), self.deposit(self.old, seller)
        cost = owed - self.owed(fee, deposit, fee, deposit, 0.0)
        profit = seller.margin * seller.turnover
        if cost <= 0.0:
            return 0.0
        return 1.0 if profit <= 0.0 else 1.0 - math.exp(-cost / profit)
