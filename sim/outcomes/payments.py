"""Who pays whom: the matrix of payments, and what is lost to all."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from sim.core.units import F64, Cause
from sim.outcomes.record import Record


class Party(IntEnum):
    """Who can pay or be paid."""

    PLATFORM = 0
    STORES = 1
    SELLERS = 2
    SHOPPERS = 3
    RIVALS = 4


@dataclass(frozen=True, slots=True)
class Payment:
    """A kind of payment, more of it than in the quiet twin (yuan)."""

    kind: str
    payer: Party
    payee: Party
    amount: float


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a run against its quiet twin (yuan).

    ``platform``, ``stores``, ``sellers``, ``shoppers`` and ``rivals`` are losses, payments
    included; ``lost`` is what each lost to nobody. As payments cancel, both sum to ``social``.
    """

    payments: tuple[Payment, ...]
    lost: tuple[float, ...]  # by party, payments apart
    platform: float
    stores: float
    sellers: float
    shoppers: float
    rivals: float
    response: float

    @property
    def social(self) -> float:
        """Loss of all together, rivals' gain taken off."""
        return self.stores + self.sellers + self.shoppers + self.platform + self.rivals

    @property
    def matrix(self) -> F64:
        """Net payments, shape (parties, parties): what each row pays each column. Sums to 0."""
        out = np.zeros((len(Party), len(Party)))
        for p in self.payments:
            out[p.payer, p.payee] += p.amount
            out[p.payee, p.payer] -= p.amount
        return out


def payments_of(r: Record) -> tuple[Payment, ...]:
    """List every kind of payment between parties, as a difference from the quiet twin.

    Commission is counted on lost sales, so its amounts are negative when sales fell. A deposit
    or a subsidy of deposits is a loan: what is paid is a year's cost of the money.
    """
    return _payments(r, _store_sales_lost(r))


def _store_sales_lost(r: Record) -> float:
    n = r.first
    return float(((r.orders_twin[:, :n] - r.orders[:, :n]) * r.price[:n]).sum())


def _payments(r: Record, store_sales_lost: float) -> tuple[Payment, ...]:
    small_sales_lost = float(r.series["small_sales_lost"].sum())
    own_ads = float(r.loss[:, :, Cause.ADS].sum())
    listed = [
        Payment("commission of big stores", Party.STORES, Party.PLATFORM, -r.commission * store_sales_lost),
        Payment("commission of sellers", Party.SELLERS, Party.PLATFORM, -r.commission * small_sales_lost),
        Payment("advertising", Party.STORES, Party.PLATFORM, own_ads),
        Payment("refunds of clicks", Party.PLATFORM, Party.STORES, float(r.ad_refund.sum())),
        Payment("compensation", Party.PLATFORM, Party.STORES, float(r.compensation.sum())),
        Payment("fines", Party.SELLERS, Party.PLATFORM, float(r.series["fines"].sum())),
    ]  # fmt: skip
    if r.renewal is not None:
        run, twin = r.renewal.run, r.renewal.twin
        listed += [
            Payment("fees next year", Party.SELLERS, Party.PLATFORM, run.fees - twin.fees),
            Payment("use of deposits", Party.SELLERS, Party.PLATFORM, run.deposits - twin.deposits),
            Payment("subsidies", Party.PLATFORM, Party.SELLERS, run.subsidies - twin.subsidies),
            Payment("rivals' fees", Party.SELLERS, Party.RIVALS, run.rival_fees - twin.rival_fees),
        ]
    return tuple(listed)


def balance(r: Record) -> Accounts:
    """Draw up the accounts of a run.

    Lost to nobody: stores' margin before commission and their handling; sellers' margin before
    commission and what they spend on second shops; shoppers' surplus; the platform's own cost
    of the response; the rivals' margin, which is won. Next year's trade of a seller who leaves
    goes to other sellers and cancels among them.
    """
    s, store_sales_lost = r.series, _store_sales_lost(r)
    payments = _payments(r, store_sales_lost)
    net = np.zeros(len(Party))
    for p in payments:
        net[p.payer] += p.amount
        net[p.payee] -= p.amount
    small_sales_lost = float(s["small_sales_lost"].sum())
    causes = r.loss.sum(axis=(0, 1))
    own = float(s["response_cost"].sum())
    switching = 0.0
    if r.renewal is not None:
        switching = r.renewal.run.switching - r.renewal.twin.switching
    won = float(((r.rival_orders - r.rival_orders_twin) * r.rival_margin).sum()) * r.rival_price
    margin = float(causes[Cause.CLOSED] + causes[Cause.RATING])
    lost = (
        own,
        margin + float(causes[Cause.HANDLING]) + r.commission * store_sales_lost,
        float(s["seller_loss"].sum()) + r.commission * small_sales_lost + switching,
        float(s["surplus_loss"].sum()),
        -won,
    )
    platform, stores, sellers, shoppers, rivals = (
        a + float(b) for a, b in zip(lost, net, strict=True)
    )
    paid = {p.kind: p.amount for p in payments}
    response = own + paid["refunds of clicks"] + paid["compensation"] + paid.get("subsidies", 0.0)
    return Accounts(payments, lost, platform, stores, sellers, shoppers, rivals, response)
