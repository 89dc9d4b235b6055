"""What the two engines differ in: states by the hour, books and outcomes at the end."""

import numpy as np

from sim.units import Tactic
from tests.reference.outcomes import outcomes

CROWD = (
    "role sympathy curiosity risk threshold hardship stance online wish hours_in neighbours_in "
    "ever_attacked ever_acted"
).split()
SELLERS = (
    "turnover margin category rating seniority legitimacy legitimacy_twin second_shop "
    "second_shop_twin sales_gained punished fined"
).split()
STORES = (
    "category brand price margin quality ad_budget click_cost orders_an_hour opening_stock stock "
    "stock_twin listed cod_on kept_shut quiet quiet_cod ever_delisted ever_cod_off n_honest n_bad "
    "ad_left ad_left_twin support visibility actions_today"
).split()
PLATFORM = "answer talks legitimacy_public sanction done undone calls first_attack".split()
CONCESSION = "postponed_share deposit_cut subsidy rolled_back_share grandfathered_share".split()
ORGANISERS = "phase phase_since focal ultimatum deadline tally top_today top_ever".split()
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
    if one.dtype.kind == "f":
        return ~np.isclose(one, other.astype(float), rtol=WITHIN, atol=0.0, equal_nan=True)
    return one != other


def _said(name, one, other):
    wrong = np.argwhere(differs(one, other))
    if wrong.size:
        at = tuple(int(i) for i in wrong[0])
        given = np.asarray(one)[at], np.asarray(other)[at]
        yield f"{name}{list(at) or ''}: engine {given[0]}, reference {given[1]}"


def _column(agents, name):
    return [getattr(agent, name) for agent in agents]


def states(siege, reference):
    """Say in what the states differ now."""
    world = siege.world
    yield from _said("hour", world.hour, reference.hour)
    for table, agents, names in (
        (world.crowd, reference.people, CROWD),
        (world.sellers, reference.sellers, SELLERS),
        (world.stores, reference.stores, STORES),
    ):
        for name in names:
            yield from _said(name, getattr(table, name), _column(agents, name))
    yield from _said("solidarity", world.sellers.sympathy, _column(reference.sellers, "solidarity"))
    consumers = world.consumers
    favourites = [consumer.favourite.row for consumer in reference.consumers]
    yield from _said("favourite", consumers.favourite, favourites)
    for name in "needs_cod loyalty n_failed hit".split():
        yield from _said(name, getattr(consumers, name), _column(reference.consumers, name))
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
    said = list(states(siege, reference))
    while not said and reference.running:
        siege.step()
        reference.step()
        said = [*hour(siege, reference), *states(siege, reference)]
    if not said:
        return [f"at the end, {line}" for line in end(siege, reference)]
    return [f"at the end of hour {reference.hour - 1}, {line}" for line in said]


def seen(reference):
    """Give what a run met with, so that a test can ask for enough of it."""
    actions = reference.books.actions
    series = reference.books.series
    return {
        **{f"{tactic}": int(actions[:, :, tactic].sum()) for tactic in Tactic},
        "phases": {int(phase) for phase in series["phase"]},
        "refused": int(series["new_refused"].sum()),
        "blocked": int(series["new_blocked"].sum()),
        "throttled": int(series["new_throttled"].sum()),
        "delisted": int(reference.books.delisted.any(axis=0).sum()),
        "cod_off": int(reference.books.cod_off.any(axis=0).sum()),
        "failed": int(series["new_failed_visits"].sum()),
        "empty": int(series["empty_shelf"].sum()),
        "undone": float(reference.platform.undone),
    }
