"""Stage 7: stores absorb, close or reopen goods, suspend or resume cash on delivery, buy ads."""

import numpy as np

from sim.core import calendar
from sim.core.units import Tactic
from sim.rules import stores as rules
from sim.rules.stores import StoreHour
from sim.world import diary
from sim.world.world import World

_SHOPPING = calendar.shopping_shape()


def update_stores(world: World) -> None:
    """Stage 7: what came back goes on the shelf; every store looks at its hour and decides."""
    p, stores, books, h = world.scenario.stores, world.stores, world.books, world.hour
    shape, back = float(_SHOPPING[world.hour_of_day]), h - p.hold_hours
    hour = StoreHour(
        done=books.actions[h],
        attempts=world.attempts,
        back=world.out[back] if back >= 0 else np.zeros(stores.listed.size),
        ad_honest=books.ad_honest[h],
        ad_honest_twin=books.ad_honest_twin[h],
        delisted=books.delisted[h],
        cod_off=books.cod_off[h],
    )
    done = rules.absorb(hour, shape, stores, p, world.store_day)
    diary.note_stores(world, world.store_day)
    protection = float(world.platform.orders.void_orders)
    rules.open_and_close(world.key, h, world.store_day, protection, p, stores)
    rules.close_the_hour(hour, shape, stores, p)
    world.log(
        new_purchases=done[Tactic.PURCHASE],
        new_bad_reviews=done[Tactic.BAD_REVIEW],
        new_refusals=done[Tactic.REFUSAL],
        new_clicks=done[Tactic.CLICK],
        n_delisted=np.count_nonzero(hour.delisted),
        n_cod_off=np.count_nonzero(hour.cod_off),
    )
