"""Stage 11: each store's losses, by cause, against the same store in the quiet twin."""

from sim.core import calendar
from sim.rules import losses
from sim.rules.losses import Books
from sim.world.world import World

_SHOPPING = calendar.shopping_shape()


def record_losses(world: World) -> None:
    """Stage 11: book margin lost (closed or rating), handling and advertising."""
    h, stores, books = world.hour, world.stores, world.books
    n = books.first
    hour = Books(
        done=books.actions[h],
        orders=books.orders[h, :n],
        orders_twin=books.orders_twin[h, :n],
        ad_honest=books.ad_honest[h],
        ad_honest_twin=books.ad_honest_twin[h],
    )
    lost = losses.add_losses(hour, stores, world.scenario.stores, books.loss[h])
    orders, paid = world.platform.orders, books.compensation[h]
    if orders.compensate > 0:
        shape = float(_SHOPPING[world.hour_of_day])
        losses.add_claims(hour, books.ad_refund[h], shape, stores, world.scenario.stores, paid)
        paid *= orders.compensate * (1.0 + orders.padding)
    world.log(store_loss=lost - books.ad_refund[h].sum() - paid.sum())
    close_hour(world)


def close_hour(world: World) -> None:
    """Count the hour among those that are done."""
    world.books.hours = world.hour + 1
