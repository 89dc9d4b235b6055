"""What the two engines differ in: states by the hour, books and outcomes at the end."""

from operator import attrgetter

import numpy as np

from sim.core.units import Phase, Tactic
from tests.reference.outcomes import outcomes

FIXED = {
    "crowd": "role sympathy curiosity risk restlessness threshold",
    "sellers": "turnover margin category rating seniority shop",
    "stores": "category brand price margin quality ad_budget click_cost orders_an_hour "
    "opening_stock visibility kept_shut",
    "consumers": "needs_cod",
}
MOVING = {
    "crowd": "hardship stance online utility hours_in neighbours_in ever_attacked ever_acted",
    "sellers": "legitimacy legitimacy_twin second_shop second_shop_twin sales_gained punished fined",
    "stores": "stock stock_twin listed cod_on quiet quiet_cod ever_delisted ever_cod_off n_honest "
    "n_bad ad_left ad_left_twin support actions_today",
    "consumers": "loyalty n_failed hit",
}
PLATFORM = "answer talks legitimacy_public sanction done undone calls first_attack".split()
CONCESSION = "postponed_share deposit_cut subsidy rolled_back_share grandfathered_share left_out_share".split()
ORGANISERS = (
    "phase phase_since targets called awaited stalled heard ultimatum deadline tally top_today "
    "top_ever"
).split()
BOOKS = (
    "actions orders orders_twin rival_orders rival_orders_twin loss ad_honest ad_honest_twin "
    "ad_refund compensation delisted cod_off"
).split()
NEXT_YEAR = (
    "fees fees_later deposits subsidies rival_fees switching share_leaving share_multihoming"
).split()

WITHIN = 1e-9
"""How far two floats may lie apart, of the larger; counts and states not at all."""


def differs(one, other):
    """Give the rows in which two columns differ; a missing number equals another."""
    one, other = np.asarray(one), np.asarray(other)
    assert one.shape == other.shape, f"shapes {one.shape} and {other.shape}"
    unequal = one != other
    if one.dtype.kind == "f" and unequal.any():
        return ~np.isclose(one, other.astype(float), rtol=WITHIN, atol=0.0, equal_nan=True)
    return unequal


def _said(name, one, other):
    wrong = differs(one, other)
    if wrong.any():  # a single number has one place, that without an index
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        given = np.asarray(one)[at], np.asarray(other)[at]
        yield f"{name}{list(at) or ''}: engine {given[0]}, reference {given[1]}"


def _columns(siege, reference, names):
    for table in names:
        columns, agents = getattr(siege.world, table), getattr(reference, table)
        for name in names[table].split():
            values = list(map(attrgetter(name), agents))
            yield from _said(f"{table}' {name}", getattr(columns, name), values)


def creation(siege, reference):
    """Say in what the worlds differ that never changes, and before hour 0."""
    yield from _columns(siege, reference, FIXED)
    solidarity = [seller.solidarity for seller in reference.sellers]
    yield from _said("sellers' sympathy", siege.world.sellers.sympathy, solidarity)
    favourites = [consumer.favourite.row for consumer in reference.consumers]
    yield from _said("consumers' favourite", siege.world.consumers.favourite, favourites)
    yield from states(siege, reference)


def states(siege, reference):
    """Say in what the states differ now."""
    world = siege.world
    yield from _columns(siege, reference, MOVING)
    for there, here, names in (
        (world.platform, reference.platform, PLATFORM),
        (world.platform.concession, reference.platform.concession, CONCESSION),
        (world.organisers, reference.organisers, ORGANISERS),
    ):
        for name in names:
            yield from _said(name, getattr(there, name), getattr(here, name))
    yield from _said("attention", world.media.attention, reference.attention)


def hour(siege, reference):
    """Say in what the hour that is just over differs in the books."""
    record, books, h = siege.record, reference.books, reference.hour - 1
    for name, values in books.series.items():
        yield from _said(name, record.series[name][h], values[h])
    for name in BOOKS:
        yield from _said(name, getattr(record, name)[h], getattr(books, name)[h])


def end(siege, reference):
    """Say in what renewal and outcomes differ."""
    renewal = siege.record.renewal
    for world in ("run", "twin"):
        for name in NEXT_YEAR:
            there, here = getattr(renewal, world), reference.renewal[world]
            yield from _said(f"{world}'s {name}", getattr(there, name), getattr(here, name))
    yield from _said("pause again", siege.record.pause_again, reference.organisers.pause_again)
    won = np.subtract(reference.renewal["run"].won, reference.renewal["twin"].won)
    yield from _said("sellers won", renewal.sellers_won, won)
    theirs, ours = dict(siege.outcomes), outcomes(reference)
    yield from _said("names", sorted(theirs) == sorted(ours), True)
    for name, value in theirs.items():
        if value is None or ours[name] is None:
            yield from _said(name, value is None, ours[name] is None)
        else:
            yield from _said(name, value, ours[name])


def first_difference(siege, reference):
    """Run both hour by hour; give the place and wording of the first difference, or nothing."""
    said = list(creation(siege, reference))
    while not said and reference.running:
        siege.step()
        reference.step()
        said = [*hour(siege, reference), *states(siege, reference)]
    if not said:
        return [f"at the end, {line}" for line in end(siege, reference)]
    return [f"at the end of hour {reference.hour - 1}, {line}" for line in said]


def met_with(reference):
    """Count what a run met with, so that a test can ask for some of everything."""
    books, series = reference.books, reference.books.series
    happened = (
        "new_blocked new_refused new_failed_visits to_rivals gave_up empty_shelf surplus_loss"
    ).split()
    return {
        **{str(tactic): books.actions[:, :, tactic].sum() for tactic in Tactic},
        **{name: series[name].sum() for name in happened},
        "truce": (series["phase"] == Phase.TRUCE).sum(),
        "call": reference.organisers.called >= 0,
        "delisted": books.delisted.sum(),
        "reopened": (books.delisted[:-1] & ~books.delisted[1:]).sum(),
        "cod_off": books.cod_off.sum(),
        "undone": reference.platform.undone,
        "refunds": books.ad_refund.sum(),
        "second shops": sum(seller.second_shop >= 0 for seller in reference.sellers),
        "small sellers' gains": sum(seller.sales_gained for seller in reference.sellers),
    }
