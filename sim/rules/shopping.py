"""Stage 8: consumers visit, buy, fail and detour, here and in the quiet twin (model.md 4.7).

Every visit first draws what it would do were nothing disturbed: that is the twin's outcome.
In the real world the outcome is kept with probability min(1, p_now / p_undisturbed) and
otherwise drawn again from what gained, (p_now - p_undisturbed)+. This maximal coupling of the
whole nested logit has exactly the logit's shares, and a store whose weight did not fall loses
no sale by what happened to another.
"""

from typing import Annotated, NamedTuple

import numpy as np

from sim.chance import unit, words
from sim.compiled import kernel
from sim.units import F32, F64, I16, I32, I64, U8, Bool, parameter

N_CLASSES = 64
"""Consumers fall into 64 classes of visit rate by row % 64, so a visitor is drawn at once."""


class ShoppingParameters(NamedTuple):
    """How consumers choose."""

    visits_per_day: Annotated[float, parameter("visits of an average consumer", unit="1/day", source="model.md 4.7", ge=0, le=24)] = 0.536  # fmt: skip
    rate_shape: Annotated[float, parameter("shape of the gamma law of visit rates", unit="1", gt=0.05, le=100)] = 1.0  # fmt: skip
    buy_mall: Annotated[float, parameter("visits that buy in the mall on a normal day", unit="share", ge=0.001, le=0.9)] = 0.26  # fmt: skip
    buy_rivals: Annotated[float, parameter("visits that buy at a rival on a normal day", unit="share", ge=0, le=0.9)] = 0.07  # fmt: skip
    stores_share: Annotated[float, parameter("big stores' share of open searches that buy in the mall", unit="share", ge=0, le=1)] = 0.06  # fmt: skip
    favourite_share: Annotated[float, parameter("eta, visits that go to the favourite store first", unit="share", ge=0, le=1)] = 0.08  # fmt: skip
    nest: Annotated[float, parameter("how much of a better mall reaches the choice of the mall", unit="1", ge=0.01, le=1)] = 0.5  # fmt: skip
    taste_rating: Annotated[float, parameter("beta_rating", unit="1 per point", ge=0, le=10)] = 1.5  # fmt: skip
    taste_price: Annotated[float, parameter("beta_price, on the log of the price", unit="1", gt=0, le=10)] = 1.2  # fmt: skip
    taste_cod: Annotated[float, parameter("utility lost without cash on delivery by those who need it", unit="1", ge=0, le=20)] = 3.0  # fmt: skip
    taste_ads: Annotated[float, parameter("utility of advertising", unit="1", ge=0, le=10)] = 0.3  # fmt: skip
    cod_share: Annotated[float, parameter("consumers who need cash on delivery", unit="share", ge=0, le=1)] = 0.4  # fmt: skip
    detour: Annotated[float, parameter("beta_detour, rivals' gain before a closed door", unit="1", ge=0, le=10)] = 1.0  # fmt: skip
    loyalty: Annotated[float, parameter("weight of lost loyalty", unit="1", ge=0, le=10)] = 1.0  # fmt: skip
    loyalty_fall: Annotated[float, parameter("delta_fail, loyalty lost by a failed visit", unit="1", ge=0, le=1)] = 0.2  # fmt: skip
    loyalty_rise: Annotated[float, parameter("delta_ok, loyalty restored by a good purchase", unit="1", ge=0, le=1)] = 0.05  # fmt: skip


@kernel
def store_utility(
    rating_fall: float, cod_off: bool, needs_cod: bool, ads_on: bool, p: ShoppingParameters
) -> float:
    """Utility lost by a store against its normal state; brand and price cancel out.

    -beta_rating * fall - beta_cod [needs it and it is off] - beta_ads [ads are off].
    """
    v = -p.taste_rating * rating_fall
    if cod_off and needs_cod:
        v -= p.taste_cod
    if not ads_on:
        v -= p.taste_ads
    return v


@kernel
def weigh(
    rating_fall: F64, listed: Bool, cod_on: Bool, ads_on: Bool, p: ShoppingParameters, out: F64
) -> bool:
    """Give each store's weight over its normal one, [segment, store]; 0 when closed.

    Segment 1 needs cash on delivery. Returns whether any differs from 1.
    """
    disturbed = False
    for seg in range(2):
        for k in range(listed.size):
            out[seg, k] = 0.0
            if listed[k]:
                v = store_utility(rating_fall[k], not cod_on[k], seg == 1, ads_on[k], p)
                out[seg, k] = np.exp(v)
            disturbed = disturbed or out[seg, k] != 1.0
    return disturbed


@kernel
def nest_values(inclusive: float, p: ShoppingParameters) -> tuple[float, float]:
    """Give (W/W0)**nest and the logit's denominator, 1 in the normal state."""
    mall = inclusive**p.nest if inclusive > 0.0 else 0.0
    return mall, 1.0 - p.buy_mall + p.buy_mall * mall


@kernel
def gain_of(ratio: float, inclusive: float, mall: float, total: float) -> float:
    """Give p_now / p_undisturbed of an alternative in the mall whose weight changed by ``ratio``."""
    return ratio * mall / (inclusive * total) if inclusive > 0.0 else 0.0


@kernel
def prepare(
    ratio: F64, share: F64, first: I64, rival_share: F64, p: ShoppingParameters,
    keep: F64, excess: F64, now: F64, inclusive: F64, denominator: F64,
) -> None:  # fmt: skip
    """Prepare an hour's tables for each segment and category.

    Parameters
    ----------
    ratio
        Weight now over normal weight, shape (2, stores), 0 for a closed store.
    share
        Normal shares in an open search: the stores', then each category's small sellers.
    first
        First store of each category, shape (categories + 1,).
    keep, excess, now
        Out, shape (2, stores + categories): probability to keep an outcome; running sums
        within the category of what gained; running sums of the current weights.
    inclusive, denominator
        Out, shape (2, categories): W/W0 and the logit's denominator.
    """
    n_categories = first.size - 1
    n_stores = first[n_categories]
    for seg in range(2):
        for c in range(n_categories):
            w = share[n_stores + c]
            for k in range(first[c], first[c + 1]):
                w += share[k] * ratio[seg, k]
            inclusive[seg, c] = w
            mall, total = nest_values(w, p)
            denominator[seg, c] = total
            run, run_now = 0.0, 0.0
            for k in range(first[c], first[c + 1]):
                g = gain_of(ratio[seg, k], w, mall, total)
                keep[seg, k] = min(1.0, g)
                run += p.buy_mall * share[k] * max(0.0, g - 1.0)
                run_now += share[k] * ratio[seg, k]
                excess[seg, k] = run
                now[seg, k] = run_now
            g = gain_of(1.0, w, mall, total)
            keep[seg, n_stores + c] = min(1.0, g)
            excess[seg, n_stores + c] = run + p.buy_mall * share[n_stores + c] * max(0.0, g - 1.0)
            now[seg, n_stores + c] = run_now + share[n_stores + c]


@kernel
def find(table: F64, lo: int, hi: int, last: int, at: float) -> int:
    """Find the first of entries lo..hi-1, else ``last``, whose running sum exceeds ``at``."""
    end = hi
    while lo < hi:
        mid = (lo + hi) // 2
        if table[mid] > at:
            hi = mid
        else:
            lo = mid + 1
    return lo if lo < end else last


@kernel
def sell(k: int, amount: float, stock: F64, orders: F64) -> float:
    """Sell up to ``amount`` orders of store k from its stock; returns how many were sold."""
    sold = min(amount, stock[k])
    stock[k] -= sold
    orders[k] += sold
    return sold


@kernel
def visit(
    key: np.uint64, hour: int, n_visits: int, per_person: float,
    class_sum: F64, n_consumers: int, favourite: I16, needs_cod: Bool, category_of: I32,
    first: I64, normal: F64, rival_cum: F64, listed: Bool, any_disturbed: bool,
    ever_closed: Bool, ratio: F64, keep: F64, excess: F64, now: F64,
    inclusive: F64, denominator: F64, p: ShoppingParameters,
    loyalty: F32, n_failed: U8, stock: F64, stock_twin: F64,
    orders: F64, orders_twin: F64, rivals: F64, rivals_twin: F64, tallies: F64,
) -> None:  # fmt: skip
    """Walk an hour's visits through both worlds.

    ``orders`` and ``orders_twin`` hold the stores, then each category's small sellers;
    ``rivals`` [rival, category]; ``tallies``: failed visits, sales lost to empty shelves,
    the twin's the same.
    """
    n_stores = listed.size
    n_rivals = rival_cum.size
    buys = p.buy_mall + p.buy_rivals
    total_class = class_sum[N_CLASSES - 1]
    for v in range(n_visits):
        w0, w1, w2, w3 = words(key, 9, hour, v, 0)
        u = unit(w0)
        goes = unit(w1)
        to_favourite = goes < p.favourite_share
        if u >= buys and not (to_favourite and any_disturbed):
            continue
        cl = find(class_sum, 0, N_CLASSES, N_CLASSES - 1, unit(w2) * total_class)
        rows = (n_consumers - cl + N_CLASSES - 1) // N_CLASSES
        j = N_CLASSES * int(unit(w3) * rows) + cl
        fav = favourite[j]
        c = category_of[fav]
        if to_favourite and not listed[fav]:
            tallies[0] += per_person
            if n_failed[j] < 255:
                n_failed[j] += 1
        if u >= buys:
            if to_favourite and not listed[fav]:
                loyalty[j] = max(0.0, loyalty[j] - p.loyalty_fall)
            continue
        if u >= p.buy_mall:
            r = find(rival_cum, 0, n_rivals, n_rivals - 1, u - p.buy_mall)
            rivals[r, c] += per_person
            rivals_twin[r, c] += per_person
            if to_favourite and not listed[fav]:
                loyalty[j] = max(0.0, loyalty[j] - p.loyalty_fall)
            continue
        if to_favourite:
            a = int(fav)
        else:
            at = (goes - p.favourite_share) / (1.0 - p.favourite_share)
            a = find(normal, first[c], first[c + 1], n_stores + c, at)
        # the quiet twin
        if a >= n_stores:
            orders_twin[a] += per_person
        else:
            tallies[2] += per_person - sell(a, per_person, stock_twin, orders_twin)
        # the real world
        seg = 1 if needs_cod[j] else 0
        lost = 0.0
        if ever_closed[fav]:
            lost = 1.0 - float(loyalty[j])
        chosen = a
        if to_favourite:
            chance = ratio[seg, a]
            if lost > 0.0:
                chance *= np.exp(-p.loyalty * lost)
            if chance < 1.0:
                x0, x1, _x2, _x3 = words(key, 10, hour, v, 0)
                if unit(x0) >= chance:
                    # the door is closed or repels: choose again, rivals closer at hand
                    mall = p.buy_mall * inclusive[seg, c] ** p.nest
                    boost = np.exp(p.detour + p.loyalty * lost)
                    away = p.buy_rivals * boost
                    at = unit(x1) * (mall + away + 1.0 - buys)
                    if at < mall:
                        at *= now[seg, n_stores + c] / mall
                        chosen = find(now[seg], first[c], first[c + 1], n_stores + c, at)
                    elif at < mall + away:
                        r = find(rival_cum, 0, n_rivals, n_rivals - 1, (at - mall) / boost)
                        rivals[r, c] += per_person
                        chosen = -1
                    else:
                        chosen = -1
            if not listed[fav]:
                loyalty[j] = max(0.0, loyalty[j] - p.loyalty_fall)
        elif any_disturbed and keep[seg, a] < 1.0:
            x0, x1, _x2, _x3 = words(key, 10, hour, v, 0)
            if unit(x0) >= keep[seg, a]:
                spread = 1.0 / denominator[seg, c] - 1.0
                stay = excess[seg, n_stores + c]
                away = p.buy_rivals * spread
                at = unit(x1) * (stay + away + (1.0 - buys) * spread)
                if at < stay:
                    chosen = find(excess[seg], first[c], first[c + 1], n_stores + c, at)
                elif at < stay + away:
                    r = find(rival_cum, 0, n_rivals, n_rivals - 1, (at - stay) / spread)
                    rivals[r, c] += per_person
                    chosen = -1
                else:
                    chosen = -1
        if chosen < 0:
            continue
        if chosen >= n_stores:
            orders[chosen] += per_person
        else:
            tallies[1] += per_person - sell(chosen, per_person, stock, orders)
        if lost > 0.0:
            loyalty[j] = min(1.0, loyalty[j] + p.loyalty_rise)
