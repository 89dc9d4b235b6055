"""Stage 7: stores absorb, close or reopen goods, suspend or resume cash on delivery, buy ads."""

import numpy as np

from sim.core import calendar
from sim.core.units import Tactic
from sim.rules import stores as rules
from sim.rules.stores import StoreDay
from sim.world import diary
from sim.world.world import World

_SHOPPING = calendar.shopping_shape()


def update_stores(world: World) -> None:
    """Stage 7: what came back goes on the shelf; every store looks at its hour and decides."""
    p, h, stores, books = world.scenario.stores, world.hour, world.stores, world.books
    done, orders = books.actions[h], world.platform.orders
    if done.any():
        stores.n_bad[:] += done[:, Tactic.BAD_REVIEW]
        stores.actions_today[:] += done.sum(axis=1)
    back = h - p.hold_hours
    if back >= 0:
        stores.stock[:] += world.out[back]
    shape = float(_SHOPPING[world.hour_of_day])
    day = store_day(world)
    diary.note_stores(world, day)
    rules.open_and_close(world.key, h, day, orders.void_orders, p, stores)
    closed, cod_off = books.delisted[h], books.cod_off[h]
    np.logical_not(stores.listed, out=closed)
    np.logical_not(stores.cod_on, out=cod_off)
    stores.ever_delisted[:] |= closed  # by hand, if any
    honest, twin = books.ad_honest[h], books.ad_honest_twin[h]
    everywhere = np.ones(stores.listed.size, np.bool_)
    rules.spend_on_ads(stores.listed, stores.ad_budget, stores.ad_left, shape, p, honest)
    rules.spend_on_ads(everywhere, stores.ad_budget, stores.ad_left_twin, shape, p, twin)
    purchases, bad_reviews, refusals, clicks = done.sum(axis=0).tolist()
    world.log(
        new_purchases=purchases,
        new_bad_reviews=bad_reviews,
        new_refusals=refusals,
        new_clicks=clicks,
        n_delisted=np.count_nonzero(closed),
        n_cod_off=np.count_nonzero(cod_off),
    )


def store_day(world: World) -> StoreDay:
    """Return what every store meets in the hour.

    A store is sold out only where its twin is not: an empty shelf that honest buyers alone
    would have left closes nothing.
    """
    stores, done = world.stores, world.books.actions[world.hour]
    return StoreDay(
        false_orders=done[:, Tactic.PURCHASE] + done[:, Tactic.REFUSAL],
        refusals=done[:, Tactic.REFUSAL].copy(),
        attempts=world.attempts,
        normal=stores.orders_an_hour * float(_SHOPPING[world.hour_of_day]),
        sold_out=(stores.stock < 1.0) & (stores.stock_twin >= 1.0),
        hit_today=stores.actions_today >= world.scenario.stores.hit_actions,
        category=stores.category,
    )
