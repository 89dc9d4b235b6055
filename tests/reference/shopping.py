"""Consumers, and the visits of an hour in both worlds (5.4, 5.5, 7.11)."""

import math
from dataclasses import dataclass, field

import mesa
import numpy as np
from scipy.special import gammaincinv

from sim.core.chance import Stream
from sim.core.units import N_CATEGORIES
from tests.reference.dice import as_float32, find, running_sums

N_CLASSES = 64


class Consumer(mesa.Agent):
    """A shopper with a favourite store."""

    def __init__(self, model, row, favourite):
        super().__init__(model)
        self.row, self.favourite = row, favourite
        share = model.parameters.shopping.cod_share
        self.needs_cod = model.dice.u(Stream.CONSUMER_COD, row) < share
        self.loyalty, self.n_failed, self.hit = 1.0, 0, False

    def fail(self):
        """Meet a closed door."""
        self.n_failed = min(self.n_failed + 1, 255)
        fall = self.model.parameters.shopping.loyalty_fall
        self.loyalty = as_float32(max(0.0, self.loyalty - fall))

    def be_content(self):
        """Get what one came for."""
        rise = self.model.parameters.shopping.loyalty_rise
        self.loyalty = as_float32(min(1.0, self.loyalty + rise))


@dataclass
class Odds:
    """What an hour offers to a segment in a category; lists run over its stores."""

    stores: list
    ratio: list[float]
    w: float  # the mall's inclusive value over its normal value
    d: float  # the logit's denominator
    mall: float
    keep: list[float]
    keep_small: float
    excess: list[float]
    excess_all: float
    now: list[float]
    now_all: float


@dataclass
class Tally:
    """What the visits of an hour came to, in orders or visits at full size."""

    orders: np.ndarray
    orders_twin: np.ndarray
    rival_orders: np.ndarray
    rival_orders_twin: np.ndarray
    gain: dict[int, float] = field(default_factory=dict)
    n_visits: int = 0
    failed: float = 0.0
    wanted: float = 0.0
    to_rivals: float = 0.0
    gave_up: float = 0.0
    gave_up_at_door: float = 0.0
    empty_shelf: float = 0.0
    empty_shelf_twin: float = 0.0
    stopped: float = 0.0
    accounts_hit: float = 0.0


class Market:
    """Normal choice and visit rates (5.5), and the visits of an hour."""

    def __init__(self, model):
        self.model, self.p = model, model.parameters.shopping
        self.stores = [[s for s in model.stores if s.category == c] for c in range(N_CATEGORIES)]
        share = self.p.stores_share
        self.share: list[list[float]] = []
        self.share_small: list[float] = []
        self.normal: list[list[float]] = []
        for stores in self.stores:
            pull = [store.pull for store in stores]
            in_category = running_sums(pull)[-1] if stores else 0.0
            shares = [share * x / in_category for x in pull]
            self.share.append(shares)
            self.share_small.append(1.0 - share if stores else 1.0)
            self.normal.append(running_sums(shares))
        attraction = np.array([rival.attraction for rival in model.rivals])
        self.attraction = float(attraction.sum())
        self.buy_rivals = self.p.buy_rivals if self.attraction > 0.0 else 0.0
        weights = [float(a) / (self.attraction or 1.0) for a in attraction]
        self.rivals = [self.buy_rivals * x for x in running_sums(weights)]
        self.sellers = sorted(model.sellers, key=lambda s: s.category)
        self.seller_sum = running_sums(s.turnover for s in self.sellers)
        self.seller_first = [
            sum(s.category < c for s in self.sellers) for c in range(N_CATEGORIES + 1)
        ]

    def favourite_of(self, row):
        """Give a consumer's favourite store (5.4)."""
        dice = self.model.dice
        served = [c for c in range(N_CATEGORIES) if self.stores[c]]
        c = served[math.floor(dice.u(Stream.CONSUMER_CATEGORY, row) * len(served))]
        if not hasattr(self, "pull_sum"):
            self.pull_sum = running_sums(store.pull for store in self.model.stores)
        first, last = self.stores[c][0].row, self.stores[c][-1].row
        base = self.pull_sum[first - 1] if first > 0 else 0.0
        at = base + dice.u(Stream.CONSUMER_FAVOURITE, row) * (self.pull_sum[last] - base)
        return self.model.stores[find(self.pull_sum, first, last, last, at)]

    def count_consumers(self, consumers):
        """Work out the classes' rates, and the visits' shares by segment and category."""
        self.consumers, n = consumers, len(consumers)
        rate = np.array(
            [gammaincinv(self.p.rate_shape, (q + 0.5) / N_CLASSES) for q in range(N_CLASSES)]
        )
        rate = rate / rate.mean()
        self.rows = [max(0, (n - q + 63) // 64) for q in range(N_CLASSES)]
        self.class_sum = running_sums(
            float(r) * rows for r, rows in zip(rate, self.rows, strict=True)
        )
        self.visits = np.zeros((2, N_CATEGORIES))
        for consumer in consumers:
            place = int(consumer.needs_cod), consumer.favourite.category
            self.visits[place] += rate[consumer.row % N_CLASSES]
        self.visits = self.visits / max(1.0, self.visits.sum())

    def odds(self, needs_cod, c):
        """Work out the hour's odds of a segment in a category."""
        stores, share, buy = self.stores[c], self.share[c], self.p.buy_mall
        ratio = [store.ratio(needs_cod) for store in stores]
        weights = [s * r for s, r in zip(share, ratio, strict=True)]
        w = running_sums([self.share_small[c], *weights])[-1]
        mall = w**self.p.nest if w > 0.0 else 0.0
        d = 1.0 - buy + buy * mall
        g = [r * mall / (w * d) if w > 0.0 else 0.0 for r in ratio]
        g_small = 1.0 * mall / (w * d) if w > 0.0 else 0.0
        excess = running_sums(buy * s * max(0.0, x - 1.0) for s, x in zip(share, g, strict=True))
        now = running_sums(weights)
        excess_small = buy * self.share_small[c] * max(0.0, g_small - 1.0)
        return Odds(
            stores=stores,
            ratio=ratio,
            w=w,
            d=d,
            mall=mall,
            keep=[min(1.0, x) for x in g],
            keep_small=min(1.0, g_small),
            excess=excess,
            excess_all=(excess[-1] if excess else 0.0) + excess_small,
            now=now,
            now_all=(now[-1] if now else 0.0) + self.share_small[c],
        )

    def open(self, hour, day, orders, orders_before):
        """Let the hour's visits walk through both worlds, one after the other."""
        n_places = len(self.model.stores) + N_CATEGORIES
        n_rivals = len(self.model.rivals)
        self.tally = Tally(
            np.zeros(n_places), np.zeros(n_places), np.zeros(n_rivals), np.zeros(n_rivals)
        )
        self.todays = [[self.odds(g, c) for c in range(N_CATEGORIES)] for g in (False, True)]
        self.stopped_share = 1.0 - (1.0 - orders.honest_orders) * (
            1.0 - orders_before.throttle_honest
        )
        if self.consumers:
            mean = self.p.visits_per_day / 24 * day * len(self.consumers)
            self.tally.n_visits = self.model.dice.n_visits(hour, mean)
        for v in range(self.tally.n_visits):
            Visit(self, hour, v).walk()
        return self.tally

    def surplus_loss(self):
        """Give the shoppers' loss in yuan: the fall of the log-sum, and purchases not made."""
        t, buys = self.tally, self.p.buy_mall + self.buy_rivals
        in_yuan = self.model.parameters.population.price_median / self.p.taste_price
        searches = t.n_visits * self.model.weight * (1.0 - self.p.favourite_share)
        falls = [[-math.log(odds.d) for odds in row] for row in self.todays]
        fall = float((self.visits * np.array(falls)).sum())
        worth = -math.log(1.0 - buys) / buys
        nothing = t.empty_shelf + t.stopped - t.empty_shelf_twin + t.gave_up_at_door
        return in_yuan * (searches * fall + worth * nothing)


SMALL, AWAY, NOTHING = "small sellers", "rival", "nothing"


class Visit:
    """One visit. A choice is a place in the category's list of stores, or a word."""

    def __init__(self, market, hour, v):
        self.market, self.p, self.tally = market, market.p, market.tally
        self.hour, self.v, self.z = hour, v, market.model.weight
        self.who()

    def u(self, stream):
        return self.market.model.dice.u(stream, self.v, self.hour)

    def who(self):
        """1. Draw the visitor by class and row."""
        market = self.market
        at = self.u(Stream.VISITOR_CLASS) * market.class_sum[63]
        q = sum(total <= at for total in market.class_sum[:63])
        row = N_CLASSES * math.floor(self.u(Stream.VISITOR) * market.rows[q]) + q
        self.consumer = market.consumers[row]
        self.favourite = self.consumer.favourite
        self.category = self.favourite.category
        self.small = len(market.model.stores) + self.category
        self.odds = market.todays[self.consumer.needs_cod][self.category]
        self.lost = 1.0 - self.consumer.loyalty if self.favourite.ever_delisted else 0.0

    def walk(self):
        """Go through the visit's steps until it ends."""
        p, market, tally, z = self.p, self.market, self.tally, self.z
        self.at_door = self.u(Stream.VISIT_STORE) < p.favourite_share
        if self.at_door and not self.favourite.listed:  # 2. the door
            tally.failed += z
            self.consumer.fail()
        u = self.u(Stream.VISIT_NEST)  # 3. undisturbed
        if u >= p.buy_mall + market.buy_rivals:
            return
        if u >= p.buy_mall:
            rival = self.rival(u - p.buy_mall)
            tally.rival_orders[rival] += z
            tally.rival_orders_twin[rival] += z
            return
        tally.wanted += z
        before = self.undisturbed()
        self.buy_in_twin(before)  # 4.
        now, rival = before, -1  # 5.
        keep = self.keep(before)
        if keep < 1.0 and self.u(Stream.VISIT_KEPT) >= keep:
            now, rival = self.again_at_door() if self.at_door else self.again_in_search()
            if (before == SMALL) != (now == SMALL):
                self.move_small_trade(1.0 if now == SMALL else -1.0)
        self.come_of_it(now, rival)  # 6. and 7.

    def rival(self, at):
        last = len(self.market.rivals) - 1
        return find(self.market.rivals, 0, last, last, at)

    @property
    def is_hot(self):
        """Tell whether what is bought at a store is one of its hot goods."""
        return self.u(Stream.VISIT_HOT) < self.p.hot_share

    def undisturbed(self):
        """Choose as on a normal day."""
        stores = self.odds.stores
        if self.at_door:
            return stores.index(self.favourite)
        share = self.p.favourite_share
        at = (self.u(Stream.VISIT_STORE) - share) / (1.0 - share)
        return find(self.market.normal[self.category], 0, len(stores), SMALL, at)

    def buy_in_twin(self, choice):
        """Sell it in the quiet twin."""
        tally, z = self.tally, self.z
        if choice == SMALL:
            tally.orders_twin[self.small] += z
            return
        store = self.odds.stores[choice]
        sold = store.sell_in_twin(z, self.is_hot)
        tally.orders_twin[store.row] += sold
        tally.empty_shelf_twin += z - sold

    def keep(self, choice):
        """Give the probability to keep the choice."""
        if not self.at_door:
            return self.odds.keep_small if choice == SMALL else self.odds.keep[choice]
        keep = self.odds.ratio[choice]
        return keep * math.exp(-self.p.loyalty * self.lost) if self.lost > 0.0 else keep

    def again_at_door(self):
        """Choose by today's nested logit, with the rivals courting more."""
        p, odds, rivals = self.p, self.odds, self.market.buy_rivals
        boost = math.exp(p.detour + p.loyalty * self.lost)
        nobody = 1.0 - p.buy_mall - rivals
        mall, away = p.buy_mall * odds.mall, rivals * boost
        at = self.u(Stream.VISIT_AGAIN) * (mall + away + nobody)
        if at < mall:
            place = at * (odds.now_all / mall)
            return find(odds.now, 0, len(odds.stores), SMALL, place), -1
        if at < mall + away:
            return AWAY, self.rival((at - mall) / boost)
        return NOTHING, -1

    def again_in_search(self):
        """Choose from what gained."""
        p, odds, rivals = self.p, self.odds, self.market.buy_rivals
        spread = 1.0 / odds.d - 1.0
        stay, away = odds.excess_all, rivals * spread
        at = self.u(Stream.VISIT_AGAIN) * (stay + away + (1.0 - p.buy_mall - rivals) * spread)
        if at < stay:
            return find(odds.excess, 0, len(odds.stores), SMALL, at), -1
        if at < stay + away:
            return AWAY, self.rival((at - stay) / spread)
        return NOTHING, -1

    def move_small_trade(self, gain):
        """Give or take a small seller of the category, drawn by turnover, a sale."""
        market, c = self.market, self.category
        first, end = market.seller_first[c], market.seller_first[c + 1]
        if first == end:
            return
        base = market.seller_sum[first - 1] if first > 0 else 0.0
        at = base + self.u(Stream.VISIT_SELLER) * (market.seller_sum[end - 1] - base)
        seller = market.sellers[find(market.seller_sum, first, end, end - 1, at)]
        self.tally.gain[seller.row] = self.tally.gain.get(seller.row, 0.0) + gain

    def come_of_it(self, choice, rival):
        """Buy, be stopped, go to a rival or give up."""
        tally, z = self.tally, self.z
        content = False
        if choice == AWAY:
            tally.rival_orders[rival] += z
            tally.to_rivals += z
            return
        if choice == NOTHING:
            tally.gave_up += z
            if self.at_door:
                tally.gave_up_at_door += z
            return
        if choice == SMALL:
            tally.orders[self.small] += z
            content = True
        else:
            stopped = self.market.stopped_share
            if stopped > 0.0 and self.u(Stream.VISIT_BLOCKED) < stopped:
                tally.stopped += z
                if not self.consumer.hit:
                    self.consumer.hit = True
                    tally.accounts_hit += z
                return
            store = self.odds.stores[choice]
            sold = store.sell(z, self.is_hot)
            tally.orders[store.row] += sold
            tally.empty_shelf += z - sold
            tally.failed += z - sold
            content = z - sold < z
        if content and self.lost > 0.0:
            self.consumer.be_content()
