"""Stage 11: what an hour costs a store, by cause, against the same store in the quiet twin."""

from typing import NamedTuple

from sim.core.compiled import kernel
from sim.core.state import Stores
from sim.core.units import F64, Cause, Tactic
from sim.rules.stores import StoreParameters


class Books(NamedTuple):
    """An hour's rows of the books, by store."""

    done: F64  # successful false actions, shape (stores, tactics)
    orders: F64
    orders_twin: F64
    ad_honest: F64  # yuan
    ad_honest_twin: F64


@kernel
def is_shut(listed: bool, cod_on: bool, stock: float) -> bool:
    """Say whether a store cannot sell all it has: closed, no cash on delivery, a bare shelf."""
    return not listed or not cod_on or stock < 1.0


@kernel
def handling(purchases: float, refusals: float, p: StoreParameters) -> float:
    """Return what false orders cost to pack, ship and take back (yuan)."""
    return purchases * p.handling_purchase + refusals * p.handling_refusal


@kernel
def add_losses(books: Books, stores: Stores, p: StoreParameters, loss: F64) -> float:
    """Book each store's losses of the hour, and return their sum (yuan).

    Margin counts as lost by closing in an hour at whose end the store `is_shut`, otherwise by
    rating. Advertising is what false and honest clicks cost less what honest ones cost the twin.

    Parameters
    ----------
    loss
        Out, shape (stores, causes); what stands under handling already is kept.
    """
    done, total = books.done, 0.0
    for k in range(stores.listed.size):
        lost = (books.orders_twin[k] - books.orders[k]) * stores.price[k] * stores.margin[k]
        shut = is_shut(stores.listed[k], stores.cod_on[k], stores.stock[k])
        loss[k, Cause.CLOSED] = lost if shut else 0.0
        loss[k, Cause.RATING] = 0.0 if shut else lost
        loss[k, Cause.HANDLING] += handling(done[k, Tactic.PURCHASE], done[k, Tactic.REFUSAL], p)
        saved = books.ad_honest_twin[k] - books.ad_honest[k]
        loss[k, Cause.ADS] = done[k, Tactic.CLICK] * stores.click_cost[k] - saved
        total += lost + loss[k, Cause.HANDLING] + loss[k, Cause.ADS]
    return total


@kernel
def claim(handling: float, clicks: float, refunded: float, closed: float) -> float:
    """Return what a store can show of an hour (yuan): freight, false clicks, and closed doors.

    Clicks refunded already are not claimed again.
    """
    return handling + max(clicks - refunded, 0.0) + closed


@kernel
def add_claims(
    books: Books, refunded: F64, shape: float, stores: Stores, p: StoreParameters, out: F64
) -> None:
    """Work out every store's claim of the hour.

    A closed door is claimed at the margin of the store's own normal hour, for what it would have
    sold nobody sees.

    Parameters
    ----------
    refunded
        Clicks paid back (yuan, by store).
    shape
        The hour's part of the day's trade, with mean 1.
    out
        Out: yuan, by store.
    """
    done = books.done
    for k in range(out.size):
        closed = 0.0
        shut = is_shut(stores.listed[k], stores.cod_on[k], stores.stock[k])
        if shut and (stores.ever_delisted[k] or stores.ever_cod_off[k]):
            closed = stores.orders_an_hour[k] * shape * stores.price[k] * stores.margin[k]
        freight = handling(done[k, Tactic.PURCHASE], done[k, Tactic.REFUSAL], p)
        out[k] = claim(freight, done[k, Tactic.CLICK] * stores.click_cost[k], refunded[k], closed)
