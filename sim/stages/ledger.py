"""Stage 11: each store's losses, by cause, against the same store in the quiet twin."""

import numpy as np

from sim.core import calendar
from sim.core.units import F64, Bool, Cause, Tactic
from sim.world.world import World

_SHOPPING = calendar.shopping_shape()


def record_losses(world: World) -> None:
    """Stage 11: book margin lost (closed or rating), handling and advertising.

    Margin counts as lost by closing in an hour in which goods are closed, cash on delivery is
    off or the shelf is empty at its end; otherwise by rating. Advertising is what false and
    honest clicks cost less what honest ones cost the twin.
    """
    h, p, stores, books = world.hour, world.scenario.stores, world.stores, world.books
    n, done, loss = books.first, books.actions[h], books.loss[h]
    lost = (books.orders_twin[h, :n] - books.orders[h, :n]) * stores.price * stores.margin
    shut = ~stores.listed | ~stores.cod_on | (stores.stock < 1.0)
    loss[:, Cause.CLOSED] = np.where(shut, lost, 0.0)
    loss[:, Cause.RATING] = np.where(shut, 0.0, lost)
    loss[:, Cause.HANDLING] += (
        done[:, Tactic.PURCHASE] * p.handling_purchase
        + done[:, Tactic.REFUSAL] * p.handling_refusal
    )
    saved = books.ad_honest_twin[h] - books.ad_honest[h]
    loss[:, Cause.ADS] = done[:, Tactic.CLICK] * stores.click_cost - saved
    orders = world.platform.orders
    if orders.compensate > 0:
        books.compensation[h] = orders.compensate * (1.0 + orders.padding) * _claims(world, shut)
    world.log(store_loss=loss.sum() - books.ad_refund[h].sum() - books.compensation[h].sum())
    books.hours = h + 1


def _claims(world: World, shut: Bool) -> F64:
    """Return what each store can show of the hour (yuan): false clicks, freight, and closed doors.

    A closed door is claimed at the margin of the store's own normal hour, for what it would have
    sold nobody sees; clicks refunded already are not claimed again.
    """
    h, p, x, books = world.hour, world.scenario.stores, world.stores, world.books
    done = books.actions[h]
    handling = (
        done[:, Tactic.PURCHASE] * p.handling_purchase
        + done[:, Tactic.REFUSAL] * p.handling_refusal
    )
    clicks = np.maximum(done[:, Tactic.CLICK] * x.click_cost - books.ad_refund[h], 0.0)
    normal = x.orders_an_hour * float(_SHOPPING[world.hour_of_day]) * x.price * x.margin
    closed = np.where(shut & (x.ever_delisted | x.ever_cod_off), normal, 0.0)
    out: F64 = handling + clicks + closed
    return out
