"""Stage 8: how consumers choose, here and in the quiet twin (docs/odd.md, 7.11).

Every visit first draws what it would do were nothing disturbed: that is the twin's outcome.
In the real world the outcome is kept with probability min(1, p_now / p_undisturbed) and
otherwise drawn again from what gained, (p_now - p_undisturbed)+. This maximal coupling of the
whole nested logit has exactly the logit's shares, and a store whose weight did not fall loses
no sale by what happened to another.
"""

import math
from typing import Annotated, NamedTuple

from sim.core.compiled import kernel
from sim.core.units import F64, I16, I32, I64, Bool, parameter

N_CLASSES = 64
"""Consumers fall into 64 classes of visit rate by row % 64, so a visitor is drawn at once."""


class ShoppingParameters(NamedTuple):
    """How consumers choose."""

    visits_per_day: Annotated[float, parameter("visits of an average consumer per day", unit="1/day", source="design", ge=0, le=24)] = 0.536  # fmt: skip
    rate_shape: Annotated[float, parameter("shape parameter of the gamma distribution of visit rates", unit="1", gt=0.05, le=100)] = 1.0  # fmt: skip
    buy_mall: Annotated[float, parameter("share of visits that end with a purchase in the mall on a normal day", unit="share", ge=0.001, le=0.99)] = 0.26  # fmt: skip
    buy_rivals: Annotated[float, parameter("share of visits that end with a purchase at a rival on a normal day", unit="share", ge=0, le=0.9)] = 0.07  # fmt: skip
    stores_share: Annotated[float, parameter("share of big stores among purchases in the mall that follow an open search", unit="share", ge=0, le=1)] = 0.06  # fmt: skip
    favourite_share: Annotated[float, parameter("eta, share of visits that go to the favourite store first", unit="share", ge=0, le=1, prior=(0.04, 0.16))] = 0.08  # fmt: skip
    nest: Annotated[float, parameter("nesting parameter: how strongly a better offer in the mall attracts shoppers to the mall", unit="1", ge=0.01, le=1)] = 0.5  # fmt: skip
    taste_rating: Annotated[float, parameter("beta_rating, utility of a point of rating", unit="1 per point", ge=0, le=10)] = 1.5  # fmt: skip
    taste_price: Annotated[float, parameter("beta_price, weight of the logarithm of the price", unit="1", ge=0.01, le=10)] = 1.2  # fmt: skip
    taste_cod: Annotated[float, parameter("utility lost without cash on delivery, for those who need it", unit="1", ge=0, le=20)] = 3.0  # fmt: skip
    taste_ads: Annotated[float, parameter("utility of advertising", unit="1", ge=0, le=10)] = 0.3  # fmt: skip
    cod_share: Annotated[float, parameter("share of consumers who need cash on delivery", unit="share", ge=0, le=1)] = 0.4  # fmt: skip
    detour: Annotated[float, parameter("beta_detour, advantage of rivals for a shopper who finds a store closed", unit="1", ge=0, le=10)] = 1.0  # fmt: skip
    loyalty: Annotated[float, parameter("weight of lost loyalty", unit="1", ge=0, le=10)] = 1.0  # fmt: skip
    loyalty_fall: Annotated[float, parameter("delta_fail, loyalty lost by a failed visit", unit="1", ge=0, le=1, prior=(0.05, 0.4))] = 0.2  # fmt: skip
    hot_share: Annotated[
        float,
        parameter(
            "share of a store's orders that are for its hot goods: those that false orders lock and that can run out",
            unit="share",
            ge=0.01,
            le=1,
            prior=(0.2, 1),
        ),
    ] = 0.5
    loyalty_rise: Annotated[float, parameter("delta_ok, loyalty restored by a good purchase", unit="1", ge=0, le=1)] = 0.05  # fmt: skip


@kernel
def store_utility(
    rating_fall: float, cod_off: bool, needs_cod: bool, ads_on: bool, p: ShoppingParameters
) -> float:
    """Give the utility lost by a store against its normal state; brand and price cancel out.

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
                out[seg, k] = math.exp(v)
            disturbed = disturbed or out[seg, k] != 1.0
    return disturbed


@kernel
def nest_values(inclusive: float, p: ShoppingParameters) -> tuple[float, float]:
    """Give (W/W0)**nest and the logit's denominator, 1 in the normal state."""
    mall = inclusive**p.nest if inclusive > 0.0 else 0.0
    return mall, 1.0 - p.buy_mall + p.buy_mall * mall


@kernel
def gain_of(ratio: float, inclusive: float, mall: float, total: float) -> float:
    """Give p_now / p_undisturbed of an alternative whose weight changed by ``ratio``."""
    return ratio * mall / (inclusive * total) if inclusive > 0.0 else 0.0


class Market(NamedTuple):
    """What a visit meets that does not change from hour to hour."""

    class_sum: F64  # running sums of the visit rate by class of consumers
    favourite: I16  # by consumer
    needs_cod: Bool  # by consumer
    category: I32  # by store
    first: I64  # first store of each category, and the number of stores
    normal: F64  # running sums of the normal shares within each category, small sellers last
    rivals: F64  # running sums of the visits that buy at each rival on a normal day
    seller: I32  # sellers by category
    seller_first: I64  # first of them in each category, and their number
    seller_sum: F64  # running sums of their turnover


class Odds(NamedTuple):
    """An hour's odds in the real world, against the normal ones; by segment, then as said."""

    ratio: F64  # weight over normal weight, by store
    keep: F64  # probability to keep an outcome, stores then categories' small sellers
    excess: F64  # running sums within the category of what gained
    now: F64  # running sums within the category of the current weights
    inclusive: F64  # W / W0, by category
    denominator: F64  # the logit's denominator, by category


@kernel
def prepare(share: F64, first: I64, p: ShoppingParameters, odds: Odds) -> None:
    """Prepare an hour's tables for each segment and category from ``odds.ratio``.

    Parameters
    ----------
    share
        Normal shares in an open search: the stores', then each category's small sellers.
    first
        First store of each category, shape (categories + 1,).
    odds
        ``ratio`` is read, all else is filled.
    """
    n_categories = first.size - 1
    n_stores = first[n_categories]
    ratio, keep, excess, now = odds.ratio, odds.keep, odds.excess, odds.now
    for seg in range(2):
        for c in range(n_categories):
            w = share[n_stores + c]
            for k in range(first[c], first[c + 1]):
                w += share[k] * ratio[seg, k]
            odds.inclusive[seg, c] = w
            mall, total = nest_values(w, p)
            odds.denominator[seg, c] = total
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
def rival_at(at: float, market: Market) -> int:
    """Find the rival at a place in the running sums of `Market.rivals`."""
    last = market.rivals.size - 1
    return find(market.rivals, 0, last, last, at)


@kernel
def rival_code(r: int) -> int:
    """Write a purchase at rival r as an alternative; -1 is no purchase."""
    return -2 - r


@kernel
def after_a_closed_door(
    u: float, seg: int, c: int, boost: float, market: Market, odds: Odds, p: ShoppingParameters
) -> int:
    """Choose again by today's nested logit, with the rivals' weight times ``boost``.

    Weights: mall buy_mall (W/W0)**nest, rivals buy_rivals * boost, not buying the rest; in the
    mall by current weights. Source: docs/odd.md, 7.11.
    """
    n_stores = market.category.size
    nobody = 1.0 - p.buy_mall - p.buy_rivals
    mall = p.buy_mall * odds.inclusive[seg, c] ** p.nest
    away = p.buy_rivals * boost
    at = u * (mall + away + nobody)
    if at < mall:
        at *= odds.now[seg, n_stores + c] / mall
        return find(odds.now[seg], market.first[c], market.first[c + 1], n_stores + c, at)
    if at < mall + away:
        return rival_code(rival_at((at - mall) / boost, market))
    return -1


@kernel
def after_a_fall(
    u: float, seg: int, c: int, market: Market, odds: Odds, p: ShoppingParameters
) -> int:
    """Draw again from what gained, (p_now - p_undisturbed)+, of the category's nested logit."""
    n_stores = market.category.size
    spread = 1.0 / odds.denominator[seg, c] - 1.0
    stay = odds.excess[seg, n_stores + c]
    away = p.buy_rivals * spread
    at = u * (stay + away + (1.0 - p.buy_mall - p.buy_rivals) * spread)
    if at < stay:
        return find(odds.excess[seg], market.first[c], market.first[c + 1], n_stores + c, at)
    if at < stay + away:
        return rival_code(rival_at((at - stay) / spread, market))
    return -1
