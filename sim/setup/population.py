"""Hour 0: the columns of every kind, drawn from a scenario (docs/odd.md, section 2)."""

from typing import Annotated, NamedTuple

import numpy as np

from sim.core.chance import AT_CREATION, LANES, Block, Stream, column, key_of, unit, words_in_lanes
from sim.core.compiled import kernel
from sim.core.state import Consumers, Crowd, Sellers, Stores
from sim.core.units import (
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    N_CATEGORIES,
    Bool,
    Role,
    Shop,
    parameter,
)  # fmt: skip
from sim.rules.shopping import N_CLASSES, ShoppingParameters
from sim.rules.stores import StoreParameters


class PopulationParameters(NamedTuple):
    """How many agents there are at full scale, and how they differ."""

    n_sellers: Annotated[int, parameter("number of small and medium merchants", unit="people", source="facts.csv F21", ge=0, le=1_000_000)] = 49_500  # fmt: skip
    n_onlookers: Annotated[int, parameter("number of members of the public who may join the protest", unit="people", source="design", ge=0, le=10_000_000)] = 300_000  # fmt: skip
    n_consumers: Annotated[int, parameter("number of shoppers", unit="people", source="design", ge=0, le=50_000_000)] = 10_000_000  # fmt: skip
    n_stores: Annotated[int, parameter("number of big stores, which scale does not change", unit="stores", source="design", ge=1, le=5000)] = 500  # fmt: skip
    turnover_median: Annotated[float, parameter("median turnover of a small seller", unit="yuan/yr", ge=1, le=1e9, log_prior=(250_000, 1_500_000))] = 500_000.0  # fmt: skip
    turnover_log_sd: Annotated[float, parameter("standard deviation of the logarithm of turnover", unit="1", ge=0, le=4)] = 1.4  # fmt: skip
    margin_mean: Annotated[float, parameter("mean margin of a small seller", unit="share", ge=0.001, le=0.9)] = 0.10  # fmt: skip
    margin_spread: Annotated[float, parameter("half width of the range of margins, as a share of the mean", unit="share", ge=0, le=1)] = 0.5  # fmt: skip
    rating_mean: Annotated[float, parameter("mean rating of sellers and stores", unit="1-5", ge=1, le=5)] = 4.7  # fmt: skip
    rating_spread: Annotated[float, parameter("half width of the range of ratings", unit="points", ge=0, le=2)] = 0.2  # fmt: skip
    seller_sympathy: Annotated[float, parameter("largest weight that a seller gives to the hardship of other sellers", unit="share", ge=0, le=1)] = 0.2  # fmt: skip
    seller_threshold_mean: Annotated[float, parameter("theta, mean threshold of sellers", unit="1", source="prototype", ge=-5, le=10, prior=(0.9, 2.2))] = 1.46  # fmt: skip
    seller_threshold_sd: Annotated[float, parameter("standard deviation of theta among sellers", unit="1", source="prototype", ge=0, le=5, prior=(0.1, 0.5))] = 0.15  # fmt: skip
    onlooker_threshold_mean: Annotated[float, parameter("theta, mean threshold of onlookers", unit="1", source="prototype", ge=-5, le=10, prior=(0.9, 1.7))] = 1.20  # fmt: skip
    onlooker_threshold_sd: Annotated[float, parameter("standard deviation of theta among onlookers", unit="1", source="prototype", ge=0, le=5, prior=(0.2, 0.6))] = 0.38  # fmt: skip
    sympathiser_share: Annotated[float, parameter("share of onlookers who side with the sellers", unit="share", source="prototype", ge=0, le=1, log_prior=(0.012, 0.12))] = 0.05  # fmt: skip
    reporter_share: Annotated[float, parameter("share of onlookers who are reporters", unit="share", ge=0, le=1)] = 0.002  # fmt: skip
    sympathy_mean: Annotated[float, parameter("mean sympathy of a sympathiser, per unit of mean hardship", unit="1", ge=0, le=2)] = 1.0  # fmt: skip
    curiosity_a: Annotated[float, parameter("first shape parameter of the beta distribution of curiosity", unit="1", source="prototype", gt=0, le=50)] = 2.0  # fmt: skip
    curiosity_b: Annotated[float, parameter("second shape parameter of the beta distribution of curiosity", unit="1", source="prototype", gt=0, le=50)] = 3.0  # fmt: skip
    brand_log_sd: Annotated[float, parameter("standard deviation of the logarithm of a store's brand weight", unit="1", ge=0, le=3, prior=(0.4, 0.9))] = 0.6  # fmt: skip
    price_median: Annotated[float, parameter("median price of an order", unit="yuan", ge=1, le=1e5)] = 180.0  # fmt: skip
    price_log_sd: Annotated[float, parameter("standard deviation of the logarithm of a store's price", unit="1", ge=0, le=2)] = 0.4  # fmt: skip
    store_margin_mean: Annotated[float, parameter("mean margin of a big store, after commission", unit="share", ge=0.001, le=0.7)] = 0.32  # fmt: skip
    ad_budget_mean: Annotated[float, parameter("mean daily advertising budget of a store", unit="yuan/day", ge=0, le=1e6)] = 25_000.0  # fmt: skip
    click_cost_mean: Annotated[float, parameter("mean cost of an ad click", unit="yuan", ge=0.01, le=100)] = 4.0  # fmt: skip
    franchise_share: Annotated[float, parameter("share of sellers with a franchise shop, which sells several brands", unit="share", ge=0, le=1, prior=(0.1, 0.6))] = 0.3  # fmt: skip
    other_shop_share: Annotated[float, parameter("share of sellers whose shop is neither flagship, specialty nor franchise", unit="share", ge=0, le=1, prior=(0.02, 0.2))] = 0.1  # fmt: skip
    unregistered_share: Annotated[
        float,
        parameter(
            "share of flagship, specialty and franchise shops whose trademark is only applied for",
            unit="share",
            ge=0,
            le=1,
            prior=(0.05, 0.5),
        ),
    ] = 0.2


class Shelves(NamedTuple):
    """Normal choice in the mall: the stores, then each category's small sellers."""

    first: I64  # first store of each category, and the number of stores
    share: F64  # normal shares in an open search that buys in the mall
    normal: F64  # their running sums within each category
    class_rate: F64  # visit rates by class of consumers, relative to the mean
    class_sum: F64  # running sums of rate times rows
    visits: F64  # share of visits by (segment, category)


def _normal(seed: int, stream: Stream, n: int) -> F64:
    from scipy import special  # takes a third of a second to load, and a schema needs none

    return special.ndtri(column(seed, stream, n))


def _spread(seed: int, stream: Stream, n: int, mean: float, half: float) -> F64:
    """Draw uniformly between mean - half and mean + half."""
    return mean + half * (2.0 * column(seed, stream, n) - 1.0)


def _thresholds(mean: float, sd: float, normal: F64) -> F64:
    """Draw thresholds in single precision; one threshold for all is given and stays exact."""
    if sd == 0.0:
        return np.full(normal.size, mean)
    return (mean + sd * normal).astype(np.float32).astype(np.float64)


def shops(p: PopulationParameters, u: F64) -> I8:
    """Return each seller's kind of shop (`Shop`) from a number in (0, 1).

    The lowest numbers are other shops, then come franchises, then flagships and specialty shops;
    of each of the latter two the lowest part has a trademark that is only applied for.
    """
    franchise = u - p.other_shop_share
    flagship = franchise - p.franchise_share
    flagships = 1.0 - p.other_shop_share - p.franchise_share
    applied = np.where(
        flagship < 0.0,
        franchise < p.unregistered_share * p.franchise_share,
        flagship < p.unregistered_share * flagships,
    )
    kind = np.where(flagship < 0.0, Shop.FRANCHISE, Shop.FLAGSHIP) + applied
    return np.where(franchise < 0.0, Shop.OTHER, kind).astype(np.int8)


def draw_sellers(
    p: PopulationParameters, n: int, seed: int, legitimacy: float, spread: float
) -> Sellers:
    """Draw ``n`` sellers; row i is the same whatever ``n``.

    Turnover is log-normal, margin, rating and sympathy uniform, the category each of 20 alike,
    the view of the platform normal and clipped to 0-1.
    """
    seen = legitimacy + spread * _normal(seed, Stream.SELLER_LEGITIMACY, n)
    view = np.clip(seen, 0.0, 1.0).astype(np.float32)
    log_turnover = p.turnover_log_sd * _normal(seed, Stream.SELLER_TURNOVER, n)
    half = p.margin_mean * p.margin_spread
    rating = _spread(seed, Stream.SELLER_RATING, n, p.rating_mean, p.rating_spread)
    return Sellers(
        turnover=p.turnover_median * np.exp(log_turnover),
        margin=_spread(seed, Stream.SELLER_MARGIN, n, p.margin_mean, half),
        category=(column(seed, Stream.SELLER_CATEGORY, n) * N_CATEGORIES).astype(np.int32),
        rating=np.clip(rating, 1.0, 5.0),
        seniority=column(seed, Stream.SELLER_SENIORITY, n),
        shop=shops(p, column(seed, Stream.SELLER_SHOP, n)),
        sympathy=p.seller_sympathy * column(seed, Stream.SELLER_SYMPATHY, n),
        legitimacy=view,
        legitimacy_twin=view.copy(),
        second_shop=np.full(n, -1, np.int8),
        second_shop_twin=np.full(n, -1, np.int8),
        sales_gained=np.zeros(n),
        punished=np.zeros(n, np.bool_),
        fined=np.zeros(n),
    )


def _restlessness(u: F64, shape: float) -> F32:
    """Draw the factor on quitting from a gamma distribution with mean 1; at shape 0 all are 1."""
    from scipy import special

    if shape <= 0.0:
        return np.ones(u.size, np.float32)
    return (special.gammaincinv(shape, u) / shape).astype(np.float32)


def draw_crowd(
    p: PopulationParameters, n_sellers: int, n_onlookers: int, staying_shape: float, seed: int
) -> Crowd:
    """Draw what moves people: sellers first, onlookers after them.

    An onlooker with u below the share of sympathisers is one; below that and the share of
    reporters together, a reporter; else curious.
    """
    from scipy import special

    n = n_sellers + n_onlookers
    role = np.full(n, Role.SELLER, np.uint8)
    sympathy, curiosity = np.zeros(n, np.float32), np.zeros(n, np.float32)
    risk, threshold = np.empty(n, np.float32), np.empty(n)
    restless = np.concatenate([
        column(seed, Stream.SELLER_STAYING, n_sellers),
        column(seed, Stream.ONLOOKER_STAYING, n_onlookers),
    ])  # fmt: skip
    risk[:n_sellers] = column(seed, Stream.SELLER_RISK, n_sellers)
    threshold[:n_sellers] = _thresholds(
        p.seller_threshold_mean, p.seller_threshold_sd,
        _normal(seed, Stream.SELLER_THRESHOLD, n_sellers),
    )  # fmt: skip
    u = column(seed, Stream.ONLOOKER_ROLE, n_onlookers)
    kind = np.full(n_onlookers, Role.CURIOUS, np.uint8)
    kind[u < p.sympathiser_share + p.reporter_share] = Role.REPORTER
    kind[u < p.sympathiser_share] = Role.SYMPATHISER
    role[n_sellers:] = kind
    feels = 2.0 * p.sympathy_mean * column(seed, Stream.ONLOOKER_SYMPATHY, n_onlookers)
    sympathy[n_sellers:] = np.where(kind == Role.SYMPATHISER, feels, 0.0)
    curiosity[n_sellers:] = special.betaincinv(
        p.curiosity_a, p.curiosity_b, column(seed, Stream.ONLOOKER_CURIOSITY, n_onlookers)
    )
    risk[n_sellers:] = column(seed, Stream.ONLOOKER_RISK, n_onlookers)
    threshold[n_sellers:] = _thresholds(
        p.onlooker_threshold_mean, p.onlooker_threshold_sd,
        _normal(seed, Stream.ONLOOKER_THRESHOLD, n_onlookers),
    )  # fmt: skip
    return Crowd(
        role=role,
        sympathy=sympathy,
        curiosity=curiosity,
        risk=risk,
        restlessness=_restlessness(restless, staying_shape),
        threshold=threshold,
        hardship=np.zeros(n, np.float32),
        stance=np.zeros(n, np.uint8),
        online=np.zeros(n, np.bool_),
        utility=np.zeros(n),
        hours_in=np.zeros(n, np.int16),
        neighbours_in=np.zeros(n, np.int32),
        ever_attacked=np.zeros(n, np.bool_),
        ever_acted=np.zeros(n, np.bool_),
    )


def draw_stores(
    p: PopulationParameters, shopping: ShoppingParameters, trade: StoreParameters,
    visibility: float, seed: int,
) -> Stores:  # fmt: skip
    """Draw the big stores: store k stands in category floor(20 k / n)."""
    n = p.n_stores
    category = (np.arange(n) * N_CATEGORIES // n).astype(np.int32)
    brand = np.exp(p.brand_log_sd * _normal(seed, Stream.STORE_BRAND, n))
    price = p.price_median * np.exp(p.price_log_sd * _normal(seed, Stream.STORE_PRICE, n))
    pull = pull_of(brand, price, p, shopping)
    orders = expected_orders(category, pull, p, shopping)
    rating = _spread(seed, Stream.STORE_RATING, n, p.rating_mean, p.rating_spread)
    budget = p.ad_budget_mean * (0.5 + column(seed, Stream.STORE_ADS, n))
    opening = np.ceil(orders * 24.0 * trade.stock_days * shopping.hot_share)
    return Stores(
        category=category,
        brand=brand,
        price=price,
        margin=p.store_margin_mean * (0.6 + 0.8 * column(seed, Stream.STORE_MARGIN, n)),
        quality=np.clip(rating, 1.0, 5.0),
        ad_budget=budget,
        click_cost=p.click_cost_mean * (0.5 + column(seed, Stream.STORE_CLICK_COST, n)),
        orders_an_hour=orders,
        opening_stock=opening,
        stock=opening.copy(),
        stock_twin=opening.copy(),
        listed=np.ones(n, np.bool_),
        cod_on=np.ones(n, np.bool_),
        kept_shut=np.zeros(n, np.bool_),
        quiet=np.zeros(n),
        quiet_cod=np.zeros(n),
        ever_delisted=np.zeros(n, np.bool_),
        ever_cod_off=np.zeros(n, np.bool_),
        n_honest=orders * 24.0 * trade.history_days * trade.review_share,
        n_bad=np.zeros(n),
        ad_left=budget.copy(),
        ad_left_twin=budget.copy(),
        support=np.zeros(n),
        visibility=visibility * brand / brand.mean(),
        actions_today=np.zeros(n),
    )


def expected_orders(
    category: I32, pull: F64, p: PopulationParameters, shopping: ShoppingParameters
) -> F64:
    """Return each store's orders an hour on a normal day, at full size, of fans and searches."""
    fans = pull / np.bincount(category, weights=pull, minlength=N_CATEGORIES)[category]
    visits = p.n_consumers * shopping.visits_per_day / 24.0 * shopping.buy_mall
    searched = (1.0 - shopping.favourite_share) * shopping.stores_share
    out: F64 = visits / np.unique(category).size * (shopping.favourite_share + searched) * fans
    return out


def pull_of(brand: F64, price: F64, p: PopulationParameters, shopping: ShoppingParameters) -> F64:
    """Return a store's pull in the calm logit, exp(ln brand - beta_price ln(price/median))."""
    return brand * (price / p.price_median) ** -shopping.taste_price


@kernel
def _draw_consumers(
    key: np.uint64, categories: I32, first: I64, run: F64, cod_share: float,
    favourite: I16, needs_cod: Bool,
) -> None:  # fmt: skip
    lanes = np.empty((4, LANES), np.uint32)
    for start in range(0, favourite.size, LANES):
        words_in_lanes(
            key,
            Block.CONSUMER,
            AT_CREATION,
            start,
            0,
            (lanes[0], lanes[1], lanes[2], lanes[3]),
        )
        for j in range(start, min(start + LANES, favourite.size)):
            c = categories[int(unit(lanes[0, j - start]) * categories.size)]
            lo, hi = first[c], first[c + 1]
            base = run[lo - 1] if lo > 0 else 0.0
            at = base + unit(lanes[1, j - start]) * (run[hi - 1] - base)
            k = lo
            while k < hi - 1 and run[k] <= at:
                k += 1
            favourite[j] = k
            needs_cod[j] = unit(lanes[2, j - start]) < cod_share


def draw_consumers(
    p: PopulationParameters, shopping: ShoppingParameters, stores: Stores, n: int, seed: int
) -> Consumers:
    """Draw ``n`` consumers: a category that has a store, in it a favourite by pull."""
    favourite, needs_cod = np.empty(n, np.int16), np.empty(n, np.bool_)
    run = np.cumsum(pull_of(stores.brand, stores.price, p, shopping))
    categories = np.unique(stores.category)
    _draw_consumers(
        key_of(seed), categories, first_of(stores.category), run, shopping.cod_share,
        favourite, needs_cod,
    )  # fmt: skip
    return Consumers(
        favourite=favourite,
        needs_cod=needs_cod,
        loyalty=np.ones(n, np.float32),
        n_failed=np.zeros(n, np.uint8),
        hit=np.zeros(n, np.bool_),
    )


def first_of(category: I32) -> I64:
    """Return the first row of each category, and the number of rows; rows are ordered by it."""
    return np.searchsorted(category, np.arange(N_CATEGORIES + 1)).astype(np.int64)


@kernel
def _visits_by_group(
    category: I32, favourite: I16, needs_cod: Bool, class_rate: F64, out: F64
) -> None:
    for j in range(favourite.size):
        out[int(needs_cod[j]), category[favourite[j]]] += class_rate[j % class_rate.size]


def lay_out_shelves(
    p: PopulationParameters, shopping: ShoppingParameters, stores: Stores, consumers: Consumers
) -> Shelves:
    """Work out the normal choice: shares of an open search, and who visits how often.

    Visit rates are the 64 middle quantiles of a gamma law, class row % 64, mean one.
    """
    from scipy import special

    n, first = stores.category.size, first_of(stores.category)
    pull = pull_of(stores.brand, stores.price, p, shopping)
    in_category = np.bincount(stores.category, weights=pull, minlength=N_CATEGORIES)
    share = np.empty(n + N_CATEGORIES)
    share[:n] = shopping.stores_share * pull / in_category[stores.category]
    share[n:] = np.where(in_category > 0, 1.0 - shopping.stores_share, 1.0)
    normal = np.ones(n + N_CATEGORIES)
    for c in range(N_CATEGORIES):
        normal[first[c] : first[c + 1]] = np.cumsum(share[first[c] : first[c + 1]])
    middle = (np.arange(N_CLASSES) + 0.5) / N_CLASSES
    rate = special.gammaincinv(shopping.rate_shape, middle)
    rate = rate / rate.mean()
    rows = (consumers.favourite.size - np.arange(N_CLASSES) + N_CLASSES - 1) // N_CLASSES
    visits = np.zeros((2, N_CATEGORIES))
    _visits_by_group(stores.category, consumers.favourite, consumers.needs_cod, rate, visits)
    return Shelves(
        first=first,
        share=share,
        normal=normal,
        class_rate=rate,
        class_sum=np.cumsum(rate * np.maximum(rows, 0)),
        visits=visits / max(visits.sum(), 1.0),
    )
