"""Stage 8: visits, one by one, through the real world and its quiet twin (docs/odd.md, 7.11)."""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from sim.core.chance import LANES, Block, Stream, uniform, unit, words, words_in_lanes
from sim.core.compiled import kernel
from sim.core.state import Stores
from sim.core.units import F32, F64, U8, Bool
from sim.rules.shopping import (
    N_CLASSES,
    Market,
    Odds,
    ShoppingParameters,
    after_a_closed_door,
    after_a_fall,
    find,
    rival_at,
)

VISIT_BLOCKED, VISIT_HOT = int(Stream.VISIT_BLOCKED), int(Stream.VISIT_HOT)


class Visits(NamedTuple):
    """The visits of an hour."""

    n: int
    per_person: float  # 1/s, the orders of one visit
    stopped_share: float  # probability that an honest order at a big store is stopped by mistake
    any_disturbed: bool  # whether any store's weight differs from its normal one


class Trade(NamedTuple):
    """What an hour's visits change; orders hold the stores, then each category's small sellers."""

    loyalty: F32  # by consumer, 0-1
    n_failed: U8  # by consumer, up to 255
    hit: Bool  # by consumer: an honest order was stopped by mistake
    seller_gain: F64  # sales won less sales lost against the twin, by seller
    orders: F64
    orders_twin: F64
    rivals: F64  # orders, by rival and category
    rivals_twin: F64
    tallies: F64  # by `Tally`


class Tally(IntEnum):
    """What became of visits that wanted to buy in the mall: sold is what the others leave."""

    WANTED = 0
    TO_RIVALS = 1
    GAVE_UP = 2
    EMPTY_SHELF = 3
    STOPPED = 4  # an honest order stopped by mistake
    FAILED_VISITS = 5  # a closed door or an empty shelf met, whatever came of it
    ACCOUNTS_HIT = 6  # consumers met by a mistake for the first time
    EMPTY_SHELF_TWIN = 7
    GAVE_UP_AT_DOOR = 8  # of those who gave up, who went to their favourite first


class Sums(NamedTuple):
    """What an hour's trade comes to (full size; yuan where money)."""

    orders: float
    orders_stores: float  # at big stores
    sales: float
    sales_twin: float
    small_lost: float  # sales of small sellers, twin less run
    rivals: float  # orders
    rivals_twin: float
    seller_gain: float  # margin won less margin lost by small sellers, per yuan of price
    fall: float  # of the log-sum of an open search, mean of all visits


@kernel
def add_up(trade: Trade, price: F64, n_stores: int, margin: F64, odds: Odds, visits: F64) -> Sums:
    """Add up an hour's trade; ``visits`` are the shares of visits by segment and category."""
    orders, orders_stores, sales, sales_twin, small_lost = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(price.size):
        orders += trade.orders[k]
        sales += trade.orders[k] * price[k]
        sales_twin += trade.orders_twin[k] * price[k]
        if k < n_stores:
            orders_stores += trade.orders[k]
        else:
            small_lost += (trade.orders_twin[k] - trade.orders[k]) * price[k]
    gain = 0.0
    for i in range(margin.size):
        gain += trade.seller_gain[i] * margin[i]
    rivals, rivals_twin = 0.0, 0.0
    for r in range(trade.rivals.shape[0]):
        for c in range(trade.rivals.shape[1]):
            rivals += trade.rivals[r, c]
            rivals_twin += trade.rivals_twin[r, c]
    fall = 0.0
    for seg in range(visits.shape[0]):
        for c in range(visits.shape[1]):
            fall -= visits[seg, c] * math.log(odds.denominator[seg, c])
    return Sums(
        orders, orders_stores, sales, sales_twin, small_lost, rivals, rivals_twin, gain, fall
    )


@kernel
def sell(k: int, amount: float, hot: bool, stock: F64, orders: F64) -> float:
    """Sell up to ``amount`` orders of store k; returns how many were not sold.

    Hot goods last while they are in stock, others always.
    """
    if not hot:
        orders[k] += amount
        return 0.0
    sold = float(min(amount, stock[k]))
    stock[k] -= sold
    orders[k] += sold
    return amount - sold


@kernel
def visitor(u_class: float, u_row: float, n_consumers: int, class_sum: F64) -> int:
    """Draw who visits, in proportion to the visit rates: a class, then one of its rows."""
    at = u_class * class_sum[N_CLASSES - 1]
    cl = 0
    half = N_CLASSES // 2
    while half > 0:  # the number of sums at or below ``at``, without a branch to guess
        cl += half * (class_sum[cl + half - 1] <= at)
        half //= 2
    rows = (n_consumers - cl + N_CLASSES - 1) // N_CLASSES
    return N_CLASSES * int(u_row * rows) + cl


@kernel
def seller_of(u: float, c: int, market: Market) -> int:
    """Draw the small seller of a sale in a category, in proportion to turnover; -1 if none."""
    lo, hi = market.seller_first[c], market.seller_first[c + 1]
    if lo == hi:
        return -1
    base = market.seller_sum[lo - 1] if lo > 0 else 0.0
    at = base + u * (market.seller_sum[hi - 1] - base)
    return int(market.seller[find(market.seller_sum, lo, hi, hi - 1, at)])


@kernel
def visit(  # noqa: C901 - one visit from its beginning to its end, in one loop
    key: np.uint64, hour: int, visits: Visits, stores: Stores, market: Market, odds: Odds,
    p: ShoppingParameters, trade: Trade,
) -> None:  # fmt: skip
    """Walk an hour's visits through both worlds, in the order of their numbers.

    Of ``stores``, ``stock`` and ``stock_twin`` fall; ``trade`` is added to.
    """
    n_visits, per_person, stopped_share = visits.n, visits.per_person, visits.stopped_share
    listed, ever_closed = stores.listed, stores.ever_delisted
    n_stores = listed.size
    class_sum, favourite, needs_cod = market.class_sum, market.favourite, market.needs_cod
    category, first, normal = market.category, market.first, market.normal
    ratio, keeping, loyalty = odds.ratio, odds.keep, trade.loyalty
    orders, orders_twin, tallies = trade.orders, trade.orders_twin, trade.tallies
    stock, stock_twin = stores.stock, stores.stock_twin
    buys = p.buy_mall + p.buy_rivals
    open_share = 1.0 - p.favourite_share
    w0, w1 = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    w2, w3 = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    lanes, who = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    liked, segment = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    for start in range(0, n_visits, LANES):
        words_in_lanes(key, Block.VISIT, hour, start, 0, (w0, w1, w2, w3))
        # First who visits, then what those are like: ten million rows lie far apart in memory,
        # and looked up one after the other they would cost more than all the rest.
        n = 0
        for lane in range(min(LANES, n_visits - start)):
            doubtful = visits.any_disturbed & (unit(w1[lane]) < p.favourite_share)
            lanes[n] = lane
            n += (unit(w0[lane]) < buys) | doubtful
        for m in range(n):
            u_class, u_row = unit(w2[lanes[m]]), unit(w3[lanes[m]])
            who[m] = visitor(u_class, u_row, favourite.size, class_sum)
        for m in range(n):
            liked[m] = favourite[who[m]]
            segment[m] = needs_cod[who[m]]
        for m in range(n):
            u, goes = unit(w0[lanes[m]]), unit(w1[lanes[m]])
            j, fav, seg = who[m], liked[m], segment[m]
            c = category[fav]
            to_favourite = goes < p.favourite_share
            lost = 1.0 - float(loyalty[j]) if ever_closed[fav] else 0.0
            if to_favourite and not listed[fav]:
                tallies[Tally.FAILED_VISITS] += per_person
                trade.n_failed[j] = min(255, int(trade.n_failed[j]) + 1)
                loyalty[j] = max(0.0, float(loyalty[j]) - p.loyalty_fall)
            if u >= buys:
                continue
            if u >= p.buy_mall:
                r = rival_at(u - p.buy_mall, market)
                trade.rivals[r, c] += per_person
                trade.rivals_twin[r, c] += per_person
                continue
            # the quiet twin
            tallies[Tally.WANTED] += per_person
            a = fav
            if not to_favourite:
                at = (goes - p.favourite_share) / open_share
                # most open searches end at the small sellers, above the last store's sum
                a = n_stores + c
                if first[c + 1] > first[c] and at < normal[first[c + 1] - 1]:
                    a = find(normal, first[c], first[c + 1], a, at)
            hot = p.hot_share >= 1.0
            if a >= n_stores:
                orders_twin[a] += per_person
            else:
                hot = hot or is_hot(key, hour, start + lanes[m], p)
                missed = sell(a, per_person, hot, stock_twin, orders_twin)
                tallies[Tally.EMPTY_SHELF_TWIN] += missed
            # the real world: keep that choice, or choose again
            chosen = a
            keep = ratio[seg, a] if to_favourite else keeping[seg, a]
            if to_favourite and lost > 0.0:
                keep *= math.exp(-p.loyalty * lost)
            if keep < 1.0:
                v = start + lanes[m]
                w_keep, w_again, w_seller, _w = words(key, Block.VISIT_FURTHER, hour, v, 0)
                if unit(w_keep) >= keep:
                    if to_favourite:
                        boost = math.exp(p.detour + p.loyalty * lost)
                        chosen = after_a_closed_door(unit(w_again), seg, c, boost, market, odds, p)
                    else:
                        chosen = after_a_fall(unit(w_again), seg, c, market, odds, p)
                    if (chosen >= n_stores) != (a >= n_stores):
                        s = seller_of(unit(w_seller), c, market)
                        if s >= 0:
                            trade.seller_gain[s] += 1.0 if chosen >= n_stores else -1.0
            if chosen >= n_stores:
                orders[chosen] += per_person
            elif chosen >= 0:
                if stopped_share > 0.0 and is_stopped(key, hour, start + lanes[m], stopped_share):
                    tallies[Tally.STOPPED] += per_person
                    if not trade.hit[j]:
                        trade.hit[j] = True
                        tallies[Tally.ACCOUNTS_HIT] += per_person
                    continue
                if chosen != a:
                    hot = hot or is_hot(key, hour, start + lanes[m], p)
                missed = sell(chosen, per_person, hot, stock, orders)
                tallies[Tally.EMPTY_SHELF] += missed
                tallies[Tally.FAILED_VISITS] += missed
                if missed >= per_person:
                    continue
            elif chosen == -1:
                tallies[Tally.GAVE_UP] += per_person
                if to_favourite:
                    tallies[Tally.GAVE_UP_AT_DOOR] += per_person
                continue
            else:
                trade.rivals[-2 - chosen, c] += per_person
                tallies[Tally.TO_RIVALS] += per_person
                continue
            if lost > 0.0:
                loyalty[j] = min(1.0, float(loyalty[j]) + p.loyalty_rise)


@kernel
def is_hot(key: np.uint64, hour: int, visit_number: int, p: ShoppingParameters) -> bool:
    """Say whether what is bought at a store is one of its hot goods."""
    return uniform(key, VISIT_HOT, hour, visit_number, 0) < p.hot_share


@kernel
def is_stopped(key: np.uint64, hour: int, visit_number: int, share: float) -> bool:
    """Say whether an honest order is stopped by mistake."""
    return uniform(key, VISIT_BLOCKED, hour, visit_number, 0) < share
