"""Stage 11: each store's losses, by cause, against the same store in the quiet twin."""

import numpy as np

from sim.units import Cause, Tactic
from sim.world import World


def keep_ledger(world: World) -> None:
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
    world.note(store_loss=loss.sum() - books.ad_refund[h].sum() - books.compensation[h].sum())
    books.hours = h + 1
