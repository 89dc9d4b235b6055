"""Hour 0: the columns of every kind, drawn from a scenario (model.md section 2)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from scipy import special

from sim.chance import Stream, column
from sim.rules.shopping import N_CLASSES, ShoppingParameters
from sim.rules.stores import StoreParameters
from sim.units import F32, F64, I16, I32, I64, N_CATEGORIES, U8, Bool, Role, parameter


class PopulationParameters(NamedTuple):
    """How many there are at full size, and how they differ."""

    n_sellers: Annotated[int, parameter("small and medium merchants", unit="people", source="facts.csv F21", ge=0, le=1_000_000)] = 49_500  # fmt: skip
    n_onlookers: Annotated[int, parameter("members of the public who may join", unit="people", source="model.md", ge=0, le=10_000_000)] = 300_000  # fmt: skip
    n_consumers: Annotated[int, parameter("shoppers", unit="people", source="model.md", ge=0, le=50_000_000)] = 10_000_000  # fmt: skip
    n_stores: Annotated[int, parameter("big stores, never scaled", unit="stores", source="model.md", ge=1, le=5000)] = 500  # fmt: skip
    turnover_median: Annotated[float, parameter("median turnover of a small seller", unit="yuan/yr", ge=1, le=1e9)] = 500_000.0  # fmt: skip
    turnover_log_sd: Annotated[float, parameter("spread of log turnover", unit="1", ge=0, le=4)] = 1.4  # fmt: skip
    margin_mean: Annotated[float, parameter("mean margin of a small seller", unit="share", ge=0.001, le=0.9)] = 0.10  # fmt: skip
    margin_spread: Annotated[float, parameter("half width of the margin, of its mean", unit="share", ge=0, le=1)] = 0.5  # fmt: skip
    rating_mean: Annotated[float, parameter("mean rating of sellers and stores", unit="1-5", ge=1, le=5)] = 4.7  # fmt: skip
    rating_spread: Annotated[float, parameter("half width of ratings", unit="points", ge=0, le=2)] = 0.2  # fmt: skip
    seller_sympathy: Annotated[float, parameter("largest sympathy of a seller with the others' hardship", unit="share", ge=0, le=1)] = 0.2  # fmt: skip
    seller_threshold_mean: Annotated[float, parameter("theta of sellers, mean", unit="1", source="prototype.md", ge=-5, le=10)] = 1.46  # fmt: skip
    seller_threshold_sd: Annotated[float, parameter("theta of sellers, standard deviation", unit="1", source="prototype.md", ge=0, le=5)] = 0.15  # fmt: skip
    onlooker_threshold_mean: Annotated[float, parameter("theta of onlookers, mean", unit="1", source="prototype.md", ge=-5, le=10)] = 1.20  # fmt: skip
    onlooker_threshold_sd: Annotated[float, parameter("theta of onlookers, standard deviation", unit="1", source="prototype.md", ge=0, le=5)] = 0.38  # fmt: skip
    sympathiser_share: Annotated[float, parameter("onlookers who side with the sellers", unit="share", source="prototype.md", ge=0, le=1)] = 0.096  # fmt: skip
    reporter_share: Annotated[float, parameter("onlookers who report", unit="share", ge=0, le=1)] = 0.002  # fmt: skip
    sympathy_mean: Annotated[float, parameter("mean sympathy of a sympathiser, times mean hardship", unit="1", ge=0, le=2)] = 1.0  # fmt: skip
    curiosity_a: Annotated[float, parameter("first shape of curiosity's beta law", unit="1", source="prototype.md", gt=0, le=50)] = 2.0  # fmt: skip
    curiosity_b: Annotated[float, parameter("second shape of curiosity's beta law", unit="1", source="prototype.md", gt=0, le=50)] = 3.0  # fmt: skip
    brand_log_sd: Annotated[float, parameter("spread of log brand weight of stores", unit="1", ge=0, le=3)] = 0.6  # fmt: skip
    price_median: Annotated[float, parameter("median price of an order", unit="yuan", ge=1, le=1e5)] = 180.0  # fmt: skip
    price_log_sd: Annotated[float, parameter("spread of log price of stores", unit="1", ge=0, le=2)] = 0.4  # fmt: skip
    store_margin_mean: Annotated[float, parameter("mean margin of a big store, after commission", unit="share", ge=0.001, le=0.9)] = 0.25  # fmt: skip
    ad_budget_mean: Annotated[float, parameter("mean daily advertising budget of a store", unit="yuan/day", ge=0, le=1e6)] = 15_000.0  # fmt: skip
    click_cost_mean: Annotated[float, parameter("mean cost of an ad click", unit="yuan", gt=0, le=100)] = 1.5  # fmt: skip


@dataclass(slots=True)
class Sellers:
    """Small and medium merchants."""

    turnover: F64
    margin: F64
    category: I32
    rating: F64
    sympathy: F64
    legitimacy: F32


@dataclass(slots=True)
class People:
    """Sellers and, after them, onlookers: the columns mobilisation reads."""

    role: U8
    sympathy: F32
    curiosity: F32
    risk: F32
    threshold: F32


@dataclass(slots=True)
class Stores:
    """Big stores, ordered by category."""

    category: I32
    first: I64  # first store of each category, and the number of stores
    brand: F64
    price: F64
    margin: F64
    quality: F64
    ad_budget: F64
    click_cost: F64
    share: F64  # normal shares in an open search: stores, then small sellers by category
    normal: F64  # their running sums within each category
    orders_an_hour: F64  # expected on a normal day, full size


@dataclass(slots=True)
class Consumers:
    """Shoppers; the visit rate is that of the class, row % 64."""

    favourite: I16
    needs_cod: Bool
    class_rate: F64  # relative to the mean, shape (64,)
    class_sum: F64  # running sums of rate times rows


def _normal(seed: int, stream: Stream, n: int) -> F64:
    return special.ndtri(column(seed, stream, n))


def draw_sellers(p: PopulationParameters, n: int, seed: int, legitimacy: float, spread: float) -> Sellers:  # fmt: skip
    """Draw ``n`` sellers; row i is the same whatever ``n``."""
    around = 2.0 * column(seed, Stream.SELLER_MARGIN, n) - 1.0
    view = legitimacy + spread * _normal(seed, Stream.SELLER_LEGITIMACY, n)
    return Sellers(
        turnover=p.turnover_median * np.exp(p.turnover_log_sd * _normal(seed, Stream.SELLER_TURNOVER, n)),
        margin=p.margin_mean * (1.0 + p.margin_spread * around),
        category=(column(seed, Stream.SELLER_CATEGORY, n) * N_CATEGORIES).astype(np.int32),
        rating=np.clip(p.rating_mean + p.rating_spread * (2.0 * column(seed, Stream.SELLER_RATING, n) - 1.0), 1.0, 5.0),
        sympathy=p.seller_sympathy * column(seed, Stream.SELLER_SYMPATHY, n),
        legitimacy=np.clip(view, 0.0, 1.0).astype(np.float32),
    )  # fmt: skip


def draw_people(p: PopulationParameters, n_sellers: int, n_onlookers: int, seed: int) -> People:
    """Draw what moves people: sellers first, onlookers after them."""
    n = n_sellers + n_onlookers
    role = np.full(n, Role.SELLER, np.uint8)
    sympathy, curiosity = np.zeros(n, np.float32), np.zeros(n, np.float32)
    risk, threshold = np.empty(n, np.float32), np.empty(n, np.float32)
    risk[:n_sellers] = column(seed, Stream.SELLER_RISK, n_sellers)
    threshold[:n_sellers] = p.seller_threshold_mean + p.seller_threshold_sd * _normal(
        seed, Stream.SELLER_THRESHOLD, n_sellers
    )
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
    threshold[n_sellers:] = p.onlooker_threshold_mean + p.onlooker_threshold_sd * _normal(
        seed, Stream.ONLOOKER_THRESHOLD, n_onlookers
    )
    return People(role, sympathy, curiosity, risk, threshold)


def draw_stores(p: PopulationParameters, s: ShoppingParameters, seed: int) -> Stores:
    """Draw the big stores and work out their normal shares and orders."""
    n = p.n_stores
    category = (np.arange(n) * N_CATEGORIES // n).astype(np.int32)
    first = np.searchsorted(category, np.arange(N_CATEGORIES + 1)).astype(np.int64)
    brand = np.exp(p.brand_log_sd * _normal(seed, Stream.STORE_BRAND, n))
    price = p.price_median * np.exp(p.price_log_sd * _normal(seed, Stream.STORE_PRICE, n))
    weight = brand * (price / p.price_median) ** -s.taste_price
    in_category = np.bincount(category, weights=weight, minlength=N_CATEGORIES)
    has_stores = in_category > 0
    share = np.empty(n + N_CATEGORIES)
    share[:n] = s.stores_share * weight / in_category[category]
    share[n:] = np.where(has_stores, 1.0 - s.stores_share, 1.0)
    normal = np.empty(n + N_CATEGORIES)
    for c in range(N_CATEGORIES):
        normal[first[c] : first[c + 1]] = np.cumsum(share[first[c] : first[c + 1]])
    normal[n:] = 1.0
    visits = p.n_consumers * s.visits_per_day / 24.0 * s.buy_mall
    of_category = has_stores / max(1, has_stores.sum())
    fans = share[:n] / np.where(has_stores, s.stores_share, 1.0)[category] if s.stores_share > 0 else weight / in_category[category]  # fmt: skip
    orders = visits * of_category[category] * (s.favourite_share * fans + (1.0 - s.favourite_share) * share[:n])  # fmt: skip
    return Stores(
        category=category,
        first=first,
        brand=brand,
        price=price,
        margin=p.store_margin_mean * (0.6 + 0.8 * column(seed, Stream.STORE_MARGIN, n)),
        quality=np.clip(p.rating_mean + p.rating_spread * (2.0 * column(seed, Stream.STORE_RATING, n) - 1.0), 1.0, 5.0),  # fmt: skip
        ad_budget=p.ad_budget_mean * (0.5 + column(seed, Stream.STORE_ADS, n)),
        click_cost=p.click_cost_mean * (0.5 + column(seed, Stream.STORE_CLICK_COST, n)),
        share=share,
        normal=normal,
        orders_an_hour=orders,
    )


def draw_consumers(s: ShoppingParameters, stores: Stores, n: int, seed: int) -> Consumers:
    """Draw ``n`` consumers; only categories that have a store are shopped in."""
    categories = np.unique(stores.category)
    where = column(seed, Stream.CONSUMER_CATEGORY, n)
    c = categories[(where * categories.size).astype(np.int64)]
    pull = stores.brand * stores.price**-s.taste_price
    run = np.cumsum(pull)
    start = np.concatenate([[0.0], run])[stores.first]
    u = column(seed, Stream.CONSUMER_FAVOURITE, n)
    at = start[c] + u * (start[c + 1] - start[c])
    favourite = np.clip(np.searchsorted(run, at, side="right"), stores.first[c], stores.first[c + 1] - 1)  # fmt: skip
    middle = (np.arange(N_CLASSES) + 0.5) / N_CLASSES
    rate = special.gammaincinv(s.rate_shape, middle)
    rate = rate / rate.mean()
    rows = (n - np.arange(N_CLASSES) + N_CLASSES - 1) // N_CLASSES
    return Consumers(
        favourite=favourite.astype(np.int16),
        needs_cod=column(seed, Stream.CONSUMER_COD, n) < s.cod_share,
        class_rate=rate,
        class_sum=np.cumsum(rate * np.maximum(rows, 0)),
    )


def normal_ratings(stores: Stores, p: StoreParameters) -> F64:
    """Honest ratings each store has before hour 0 (ratings, full size)."""
    return stores.orders_an_hour * 24.0 * p.history_days * p.review_share
