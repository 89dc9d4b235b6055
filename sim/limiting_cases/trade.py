"""Shopping alone and one store's rating: the multinomial logit, the arithmetic of reviews."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from sim.core.quoting import format_value
from sim.core.units import BesiegeError, Tactic
from sim.limiting_cases.settings import Estimate, number, still, whole
from sim.running.model import Siege
from sim.stages.shopping import odds_of

HOURS = 24


class Shares(NamedTuple):
    """What share of visits ends at each store, and at last outside: nothing is bought."""

    expected: tuple[float, ...]
    sampled: tuple[Estimate, ...]


class Rating(NamedTuple):
    """A store's rating when the bad reviews are written, and when they are taken out again."""

    after: float
    restored: float


def logit_shares(
    utilities: Sequence[float], closed: Collection[int] = (), outside: float = 0.0,
    n_consumers: int = 100_000, seed: int = 1,
) -> Shares:  # fmt: skip
    """Return the stores' shares of visits where shoppers choose by one multinomial logit.

    Parameters
    ----------
    utilities
        One a store, 1 to 5000 of them, each -20 to 20.
    closed
        Stores that are closed, by their place in ``utilities``.
    outside
        Utility of buying nothing, -20 to 20. With all stores open, buying must have a
        probability of 0.001 to 0.99.
    n_consumers
        Shoppers, 100 to 1,000,000; in a day each makes 24 visits on average.
    seed
        0 to 2**64 - 1.

    Returns
    -------
    Shares
        ``expected``: the probabilities by the model's own tables of the hour. ``sampled``: the
        shares of a day's visits that went so, with their standard errors. Stores in the order
        given, then the outside; a closed store has 0.

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: ``shopping.nest = 1`` (the nested logit is a plain one), ``favourite_share = 0``,
    ``stores_share = 1``, ``visits_per_day = 24``, ``buy_mall`` the probability to buy,
    no rivals, one price (``population.price_log_sd = 0``), no announcement. Brands exp(utility)
    and one category are set by hand. Source: McFadden (1974).
    """
    try:
        given = np.array([number("utilities", u, -20, 20) for u in utilities])
    except TypeError:
        given = np.zeros(0)
    if not 1 <= given.size <= 5000:
        raise BesiegeError(f"utilities: given {format_value(utilities)}, allowed 1 to 5000 numbers")
    shut = sorted({whole("closed", k, 0, given.size - 1) for k in closed})
    weights = np.exp(given - number("outside", outside, -20, 20))
    buys = float(weights.sum() / (1.0 + weights.sum()))
    number("utilities, probability to buy", buys, 0.001, 0.99)
    siege = still(
        seed,
        hours=HOURS,
        population__n_stores=given.size,
        population__n_consumers=whole("n_consumers", n_consumers, 100, 1_000_000),
        population__price_log_sd=0.0,
        stores__stock_days=365.0,
        shopping__visits_per_day=24.0,
        shopping__buy_mall=buys,
        shopping__buy_rivals=0.0,
        shopping__nest=1.0,
        shopping__favourite_share=0.0,
        shopping__stores_share=1.0,
    )
    siege.stores.category = 0
    siege.stores.brand = np.exp(given - given.max())
    siege.stores.opening_stock = np.ceil(siege.stores.orders_an_hour * 24.0 * 365.0)
    for k in shut:
        siege.stores[k].close()
    siege.run()
    odds, _disturbed = odds_of(siege.world)
    n, share = given.size, siege.world.shelves.share
    bought = buys * share[:n] * odds.keep[0, :n] + np.diff(odds.excess[0, :n], prepend=0.0)
    record = siege.record
    visits = record.series["new_visits"].sum()
    seen = record.orders[:, :n].sum(axis=0) / visits
    return Shares(
        (*bought.tolist(), float(1.0 - bought.sum())),
        tuple(Estimate(s, np.sqrt(s * (1.0 - s) / visits)) for s in (*seen, 1.0 - seen.sum())),
    )


def rating(n_history: int, mean: float, n_bad: int) -> Rating:
    """Return a store's rating after bad reviews of 1, and after all of them are taken out.

    Parameters
    ----------
    n_history
        Honest ratings before, 1 to 100,000,000.
    mean
        Their mean, 1 to 5.
    n_bad
        Bad reviews, written in the first hour, 0 to 10,000,000.

    Returns
    -------
    Rating
        ``after``: (n_history mean + n_bad) / (n_history + n_bad). ``restored``: the mean again,
        to the last digit.

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: one store, no shoppers; the bad reviews stand in the books of hour 0 by hand, and
    the measure ``restore-ratings`` with ``false_positive_share = 1`` finds all of them an hour
    later.
    """
    siege = _store(n_history, mean)
    siege.world.books.actions[0, 0, Tactic.BAD_REVIEW] = whole("n_bad", n_bad, 0, 10_000_000)
    siege.step()
    after = siege.stores[0].rating
    siege.step()
    return Rating(float(after), float(siege.stores[0].rating))


def bad_reviews_to_fall_below(n_history: int, mean: float, below: float) -> int:
    """Return the fewest bad reviews of 1 after which a store's rating lies below a level.

    Parameters
    ----------
    n_history, mean
        As for `rating`.
    below
        The level, above 1 to 5 (no number of reviews of 1 goes below 1).

    Returns
    -------
    int
        0 if it lies below already.

    Raises
    ------
    BesiegeError
        For an argument out of its range, or where more than 10**12 would be needed.
    """
    level = number("below", below, 1, 5, above=True)
    store = _store(n_history, mean).stores[0]

    def lies_below(n_bad: int) -> bool:
        store.n_bad = float(n_bad)
        return bool(store.rating < level)

    high = 1
    while not lies_below(high):
        high *= 2
        if high > 10**12:
            raise BesiegeError(f"below: given {below:g}, allowed a level further above 1")
    low = -1  # the answer is above low, at most high
    while high - low > 1:
        middle = (low + high) // 2
        if lies_below(middle):
            high = middle
        else:
            low = middle
    return high


def _store(n_history: int, mean: float) -> Siege:
    siege = still(
        1,
        hours=3,
        response={
            "name": "restore",
            "measures": [
                {
                    "kind": "restore-ratings",
                    "trigger": {"hour": 0},
                    "delay": 1,
                    "false_positive_share": 1.0,
                }
            ],
        },
    )
    store = siege.stores[0]
    store.n_honest = float(whole("n_history", n_history, 1, 100_000_000))
    store.quality = number("mean", mean, 1, 5)
    return siege
