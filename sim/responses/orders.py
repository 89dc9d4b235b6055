"""What the platform may see, and what it may order (docs/odd.md, 7.9)."""

from functools import lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple

from sim.setup.fees import NOTHING_CONCEDED, Concession


class PlatformView(NamedTuple):
    """What the platform can see at the start of its stage of the hour.

    Examples
    --------
    >>> from sim.responses import PlatformView, Trigger
    >>> view = PlatformView(hour=60, online=9000.0, first_attack=50, ultimatum=-1, deadline=-1)
    >>> Trigger(hours_after_first_attack=10).is_met(view)
    True
    """

    hour: int
    online: float  # people in the channel, as anyone can count
    first_attack: int  # hour of the first false actions, -1 if none yet
    ultimatum: int  # hour an ultimatum was named, -1 if none
    deadline: int  # hour it runs out, -1 if none
    begun: int = -1  # hour in which the measure that looks began, -1 if it has not
    n_closed: float = 0.0  # stores whose goods are closed


class Orders(NamedTuple):
    """What a measure orders for an hour; the default is nothing at all.

    Examples
    --------
    >>> from sim.responses import Orders
    >>> both = Orders(answer=0.3, cost=100.0) | Orders(answer=0.2, cost=50.0)
    >>> both.answer, both.cost
    (0.3, 150.0)
    >>> both.scaled_by(0.5).answer
    0.15
    """

    restore_reviews: float = 0.0  # probability that a bad review is found and removed
    void_orders: float = 0.0  # probability that a false order is found before it is packed
    refund_clicks: float = 0.0  # probability that a false click is found and refunded
    honest_reviews: float = 0.0  # share of honest reviews removed by mistake
    honest_orders: float = 0.0  # share of honest orders voided by mistake
    honest_clicks: float = 0.0  # share of honest clicks refunded by mistake
    delay_reviews: int = 0  # hours between a bad review and its removal
    delay_orders: int = 0
    delay_clicks: int = 0
    throttle: float = 0.0  # probability that a false order is stopped by a purchase limit
    throttle_honest: float = 0.0  # probability that an honest order at a big store is
    mistake_cost: float = 0.0  # yuan for each honest order, review or click hit by mistake
    compensate: float = 0.0  # share of a store's claim that is paid
    padding: float = 0.0  # what stores claim beyond their loss, of it
    sanction: float = 0.0  # signal of punishment, 0-1
    punishment: float = 0.0  # how unfair it looks, 0-1
    sellers_checked: float = 0.0  # probability that a seller's account is looked at
    sellers_found: float = 0.0  # of those checked who attack, share that is punished
    sellers_mistaken: float = 0.0  # of those checked who do not, share that is punished
    fine: float = 0.0  # yuan, each seller punished
    resentment: float = 0.0  # share of its trust in the platform that a punished seller loses
    close_channel: float = 0.0  # probability that a member is lost when the channel is closed
    away: int = 0  # hours after which who was lost so may join as others do; 0: never
    fades: float = 0.0  # share of its effect that a closing lost by each one before it
    answer: float = 0.0  # how far the demands are answered, 0-1
    talks: float = 0.0  # probability an hour that talks begin
    talks_answer: float = 0.0  # how far talks answer the demands, once they have begun
    calls: float = 0.0  # sellers called in the hour
    call_gain: float = 0.0  # share of its distrust that a call takes from a seller
    call_backfires: float = 0.0  # share of calls that take as much of its trust instead
    police: bool = False
    statement: bool = False
    regulator: bool = False
    concession: Concession = NOTHING_CONCEDED
    cost: float = 0.0  # yuan spent in the hour

    def examines(self) -> bool:
        """Return whether honest people may be taken for false ones in this hour."""
        return max(
            self.restore_reviews, self.void_orders, self.refund_clicks, self.throttle,
            self.honest_reviews, self.honest_orders, self.honest_clicks, self.throttle_honest,
        ) > 0  # fmt: skip

    def __or__(self, other: "Orders") -> "Orders":
        """Take two orders together: costs and calls add, all else takes the larger."""
        merged: dict[str, Any] = {}
        for name, a in self._asdict().items():
            b = getattr(other, name)
            if name in _ADD:
                merged[name] = a + b
            elif name == "concession":
                merged[name] = Concession(*(max(x, y) for x, y in zip(a, b, strict=True)))
            else:
                merged[name] = max(a, b)
        return Orders(**merged)

    def scaled_by(self, strength: float) -> "Orders":
        """Return the same orders less strong: every share, rate and amount is multiplied."""
        if strength == 1.0:
            return self
        scaled = {
            name: strength * amount
            for name, amount in self._asdict().items()
            if name not in _NOT_SCALED
        }
        return self._replace(concession=self.concession.scaled_by(strength), **scaled)


_ADD = frozenset({"cost", "calls"})
_NOT_SCALED = frozenset(
    "delay_reviews delay_orders delay_clicks mistake_cost padding fine resentment away fades call_gain "
    "call_backfires police statement regulator concession".split()
)
"""How long, how much each, and whether: strength says how many are met."""

IDLE = Orders()


# Orders seldom differ from one hour to the next, and are costly to put together.
@lru_cache(maxsize=256)
def merge(orders: tuple[Orders, ...]) -> Orders:
    """Take the orders of several measures together, in their order.

    Examples
    --------
    >>> from sim.responses import IDLE, Orders, merge
    >>> merge((Orders(answer=0.3), Orders(statement=True))) == Orders(answer=0.3, statement=True)
    True
    >>> merge(()) == IDLE
    True
    """
    return reduce(or_, orders, IDLE)


@lru_cache(maxsize=256)
def weight(orders: Orders, strength: float, cost: float) -> Orders:
    """Add a measure's own cost (yuan an hour) to its orders, and give them at its strength."""
    return orders._replace(cost=orders.cost + cost).scaled_by(strength)
