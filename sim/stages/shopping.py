"""Stage 8: consumers visit, here and in the quiet twin."""

import math

import numpy as np

from sim.core.units import F64, N_CATEGORIES
from sim.rules import shopping, visits
from sim.rules.shopping import Odds
from sim.rules.visits import Sums, Tally, Trade, Visits
from sim.world.changes import advertises, ratings
from sim.world.world import World


def shop(world: World) -> None:
    """Stage 8: the hour's visits walk through both worlds."""
    h, s, stores, books = world.hour, world.scenario, world.stores, world.books
    p, n = world.shopping, stores.listed.size
    odds, disturbed = odds_of(world)
    n_visits = int(world.n_visits[h])
    orders = world.platform.orders
    stopped = 1.0 - (1.0 - orders.honest_orders) * (1.0 - world.platform.limit.throttle_honest)
    rivals = np.zeros((len(s.rivals), N_CATEGORIES))
    trade = Trade(
        loyalty=world.consumers.loyalty,
        n_failed=world.consumers.n_failed,
        hit=world.consumers.hit,
        seller_gain=np.zeros(world.n_sellers),
        orders=books.orders[h],
        orders_twin=books.orders_twin[h],
        rivals=rivals,
        rivals_twin=rivals.copy(),
        tallies=np.zeros(len(Tally)),
    )
    hour = Visits(n_visits, world.weight, float(stopped), disturbed)
    visits.visit(world.key, h, hour, stores, world.market, odds, p, trade)
    stores.n_honest[:] += (
        books.orders[h, :n] * s.stores.review_share * (1.0 - orders.honest_reviews)
    )
    world.sellers.sales_gained[:] += trade.seller_gain * s.population.price_median
    books.rival_orders[h] = trade.rivals.sum(axis=1)
    books.rival_orders_twin[h] = trade.rivals_twin.sum(axis=1)
    _book(world, trade, odds, n_visits)


def odds_of(world: World) -> tuple[Odds, bool]:
    """Return the odds of the hour's visits, and whether any store differs from its normal state."""
    stores = world.stores
    odds = _blank_odds(stores.listed.size)
    disturbed = shopping.weigh(
        stores.quality - ratings(world), stores.listed, stores.cod_on, advertises(world),
        world.shopping, odds.ratio,
    )  # fmt: skip
    shopping.prepare(world.shelves.share, world.shelves.first, world.shopping, odds)
    return odds, bool(disturbed)


def _blank_odds(n_stores: int) -> Odds:
    alternatives = n_stores + N_CATEGORIES
    return Odds(
        ratio=np.empty((2, n_stores)),
        keep=np.empty((2, alternatives)),
        excess=np.empty((2, alternatives)),
        now=np.empty((2, alternatives)),
        inclusive=np.empty((2, N_CATEGORIES)),
        denominator=np.empty((2, N_CATEGORIES)),
    )


def _book(world: World, trade: Trade, odds: Odds, n_visits: int) -> None:
    books, s, t = world.books, world.scenario, trade.tallies
    sums = visits.add_up(
        trade, books.price, books.first, world.sellers.margin, odds, world.shelves.visits
    )
    honest, hit = 0.0, 0.0
    if world.platform.orders.examines():
        honest, hit = _look_at_the_honest(world, t, sums)
    world.log(
        new_orders=sums.orders,
        new_failed_visits=t[Tally.FAILED_VISITS],
        mall_sales=sums.sales,
        mall_sales_twin=sums.sales_twin,
        small_sales_lost=sums.small_lost,
        rival_sales=sums.rivals * books.rival_price,
        rival_sales_twin=sums.rivals_twin * books.rival_price,
        new_visits=n_visits * world.weight,
        wanted=t[Tally.WANTED],
        to_rivals=t[Tally.TO_RIVALS],
        gave_up=t[Tally.GAVE_UP],
        empty_shelf=t[Tally.EMPTY_SHELF],
        stopped=t[Tally.STOPPED],
        new_honest=honest,
        new_honest_hit=hit,
        new_accounts_hit=t[Tally.ACCOUNTS_HIT],
        surplus_loss=_surplus_loss(world, t, sums.fall, n_visits),
        seller_loss=-sums.seller_gain * s.population.price_median * world.weight,
    )


def _look_at_the_honest(world: World, t: F64, sums: Sums) -> tuple[float, float]:
    """Count honest orders, reviews and clicks, and those hit by mistake; book what that costs."""
    books, s, orders = world.books, world.scenario, world.platform.orders
    ads = books.ad_honest[world.hour] / world.stores.click_cost
    reviews = sums.orders_stores * s.stores.review_share
    clicks = float(ads.sum())
    hit = t[Tally.STOPPED] + orders.honest_reviews * reviews + orders.honest_clicks * clicks
    books.ad_refund[world.hour] += orders.honest_clicks * books.ad_honest[world.hour]
    books.series["response_cost"][world.hour] += orders.mistake_cost * float(hit)
    return sums.orders_stores + t[Tally.STOPPED] + reviews + clicks, hit


def _surplus_loss(world: World, t: F64, fall: float, n_visits: int) -> float:
    """Shoppers' loss (yuan): the fall of the log-sum, and purchases that came to nothing.

    An open search loses -ln(denominator) of its segment and category; a buyer who gives up at a
    closed door, finds the shelf empty or is stopped loses what a purchase is worth on average,
    -ln(1 - P)/P with P the normal probability to buy. In yuan: times price / beta_price.
    Leaves out: that a second choice at a closed door is worth a little less than the first.
    """
    p = world.shopping
    in_yuan = world.scenario.population.price_median / p.taste_price
    searches = n_visits * world.weight * (1.0 - p.favourite_share)
    buys = p.buy_mall + p.buy_rivals
    worth = -math.log(1.0 - buys) / buys
    nothing = t[Tally.EMPTY_SHELF] + t[Tally.STOPPED] - t[Tally.EMPTY_SHELF_TWIN]
    nothing += t[Tally.GAVE_UP_AT_DOOR]
    return in_yuan * (searches * fall + worth * float(nothing))
