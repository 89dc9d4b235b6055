"""Stage 10, rivals court sellers (daily), and the renewal after the last hour."""

import numpy as np

from sim.core.units import F64, I8
from sim.outcomes.record import NextYear, Renewal
from sim.rules import poaching
from sim.rules.poaching import Choice, Courtship, Prospects
from sim.setup import fees
from sim.setup.fees import NOTHING_CONCEDED, Concession
from sim.world.changes import has_promised
from sim.world.world import World, payers

ROUND_HOUR = 12
"""Hour of the day of the rivals' round."""


def poach(world: World) -> None:
    """Stage 10, once a day: who has no second shop may open one, here and in the twin."""
    if world.hour_of_day != ROUND_HOUR:
        return
    x, p, start = world.sellers, world.scenario.poaching, world.scenario.announced
    felt, felt_twin = world.crowd.hardship[: world.n_sellers], world.hardship_twin
    if start is None or world.hour < start:  # nobody knows of the new fees yet
        felt = felt_twin = np.zeros(world.n_sellers, np.float32)
    now = Prospects(x.margin, x.turnover, felt, x.legitimacy, losses(world))
    poaching.court(world.key, world.hour, now, offers(world), p, x.second_shop)
    twin = Prospects(x.margin, x.turnover, felt_twin, x.legitimacy_twin, np.zeros(felt.size))
    poaching.court(world.key, world.hour, twin, offers(world, quiet=True), p, x.second_shop_twin)


def losses(world: World) -> F64:
    """Return what each seller has lost so far against the quiet twin (yuan): margin and fines."""
    x = world.sellers
    out: F64 = x.fined - x.sales_gained * x.margin
    return out


def offers(world: World, *, quiet: bool = False) -> Courtship:
    """Return what the rivals offer; in the quiet twin none has a cause to promise anything."""
    rivals = world.scenario.rivals
    promised = [not quiet and has_promised(world, r.promise_after) for r in rivals]
    return Courtship(
        fee=np.array([r.yearly_fee for r in rivals], np.float64),
        attraction=np.array([r.attraction for r in rivals], np.float64),
        effort=np.array([r.effort for r in rivals], np.float64),
        promised=np.array(promised, np.bool_),
    )


def renew(world: World) -> Renewal:
    """After the last hour: every seller stays, keeps both shops or leaves, in both worlds."""
    x = world.sellers
    hardship = world.crowd.hardship[: world.n_sellers]
    now = Prospects(x.margin, x.turnover, hardship, x.legitimacy, losses(world))
    run = _renew_one(world, world.platform.concession, now, x.second_shop, offers(world))
    calm = Prospects(
        x.margin, x.turnover, world.hardship_twin, x.legitimacy_twin, np.zeros(world.n_sellers)
    )
    twin = _renew_one(world, NOTHING_CONCEDED, calm, x.second_shop_twin, offers(world, quiet=True))
    rivals = range(len(world.scenario.rivals))
    fee = np.array([r.yearly_fee for r in world.scenario.rivals])
    won = np.array([_customers(run, r) - _customers(twin, r) for r in rivals]) * world.weight
    return Renewal(
        run=run[0],
        twin=twin[0],
        choice=run[1],
        choice_twin=twin[1],
        rival_fees=won * fee if fee.size else np.zeros(0),
        sellers_won=won,
    )


def _customers(world: tuple[NextYear, I8, I8], rival: int) -> int:
    _year, choice, shop = world
    return int(((choice != Choice.STAY) & (shop == rival)).sum())


def _renew_one(
    world: World, concession: Concession, sellers: Prospects, shop: I8, offers: Courtship
) -> tuple[NextYear, I8, I8]:
    f = world.fees
    rate = f.terms.capital_rate_per_year
    growth = 1.0 + world.scenario.poaching.expected_growth
    sellers = sellers._replace(turnover=sellers.turnover * growth)  # next year's
    owes = payers(world)._replace(turnover=sellers.turnover)
    bill = fees.bill(f.old, f.new, concession, owes, world.weight)
    owed = fees.owed(bill, f.terms)
    choice, rival = np.empty(world.n_sellers, np.int8), shop.copy()
    poaching.renew(world.key, sellers, owed, offers, world.scenario.poaching, rival, choice)
    in_mall, elsewhere = choice != Choice.LEAVE, choice != Choice.STAY
    n = world.n_sellers
    year = NextYear(
        fees=float(bill.fee[in_mall].sum()) * world.weight,
        fees_later=float(bill.fee_later[in_mall].sum()) * world.weight,
        deposits=float(bill.deposit[in_mall].sum()) * rate * world.weight,
        subsidies=float(bill.subsidy[in_mall].sum()) * rate * world.weight,
        rival_fees=float(offers.fee[rival[elsewhere]].sum()) * world.weight,
        switching=float((rival >= 0).sum()) * world.scenario.poaching.switching_cost * world.weight,
        share_leaving=float((choice == Choice.LEAVE).sum()) / n if n else np.nan,
        share_multihoming=float((choice == Choice.BOTH).sum()) / n if n else np.nan,
    )
    return year, choice, rival
