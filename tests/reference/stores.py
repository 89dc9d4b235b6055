"""Big stores (5.3, 7.4, 7.8, 7.10, 7.12)."""

import math

import mesa

from sim.core.chance import Stream
from sim.core.units import Tactic
from tests.reference.dice import clip


def saturating(x, half):
    """Rise from 0 to 1, half way at ``half``."""
    return x / (x + half) if x > 0.0 else 0.0


class Store(mesa.Agent):
    """A flagship that can be a target, here and in the quiet twin."""

    def __init__(self, model, row):
        super().__init__(model)
        p, dice = model.parameters.population, model.dice
        self.row = row
        self.category = 20 * row // p.n_stores
        self.brand = math.exp(p.brand_log_sd * dice.normal(Stream.STORE_BRAND, row))
        log_price = p.price_log_sd * dice.normal(Stream.STORE_PRICE, row)
        self.price = p.price_median * math.exp(log_price)
        taste = model.parameters.shopping.taste_price
        self.pull = self.brand * (self.price / p.price_median) ** (-taste)
        points = p.rating_spread * (2.0 * dice.u(Stream.STORE_RATING, row) - 1.0)
        self.quality = clip(p.rating_mean + points, 1.0, 5.0)
        self.margin = p.store_margin_mean * (0.6 + 0.8 * dice.u(Stream.STORE_MARGIN, row))
        self.ad_budget = p.ad_budget_mean * (0.5 + dice.u(Stream.STORE_ADS, row))
        self.click_cost = p.click_cost_mean * (0.5 + dice.u(Stream.STORE_CLICK_COST, row))
        self.ad_left = self.ad_left_twin = self.ad_budget
        self.listed = self.cod_on = True
        self.kept_shut = self.ever_delisted = self.ever_cod_off = False
        self.quiet = self.quiet_cod = self.n_bad = self.support = self.actions_today = 0.0
        self.attempts = 0

    def open_for_business(self, fans, n_categories, mean_brand):
        """Work out what is normal for it, from its share ``fans`` of its category."""
        scenario = self.model.parameters
        p, shopping, stores = scenario.population, scenario.shopping, scenario.stores
        visits = p.n_consumers * shopping.visits_per_day / 24.0 * shopping.buy_mall
        searched = (1.0 - shopping.favourite_share) * shopping.stores_share
        self.orders_an_hour = visits / n_categories * (shopping.favourite_share + searched) * fans
        self.opening_stock = float(
            math.ceil(self.orders_an_hour * 24.0 * stores.stock_days * shopping.hot_share)
        )
        self.stock = self.stock_twin = self.opening_stock
        self.n_honest = self.orders_an_hour * 24.0 * stores.history_days * stores.review_share
        self.visibility = scenario.channel.visibility * self.brand / mean_brand

    def begin_day(self, away):
        """Restock, but for what is with false buyers; refill the budgets."""
        self.stock = max(self.opening_stock - away, 0.0)
        self.stock_twin = self.opening_stock
        self.ad_left = self.ad_left_twin = self.ad_budget
        self.actions_today = 0.0

    def suffer(self, tactic):
        """Take one false action; tell whether it succeeded, or None if it met a closed store."""
        self.attempts += 1
        if not self.listed:
            return None
        if tactic == Tactic.CLICK:
            if self.ad_left < self.click_cost:
                return False
            self.ad_left -= self.click_cost
        elif tactic != Tactic.BAD_REVIEW:
            if self.stock < 1.0 or (tactic == Tactic.REFUSAL and not self.cod_on):
                return False
            self.stock -= 1.0
        return True

    def decide(self, hour, day, purchases, refusals, share_hit, share_hit_category, void_orders):
        """Close or open the goods, suspend or resume cash on delivery."""
        p = self.model.parameters.stores
        normal = max(self.orders_an_hour * day, 1e-9)
        self.quiet = 0.0 if self.attempts > 0 else self.quiet + 1.0
        self.quiet_cod = 0.0 if refusals > 0 else self.quiet_cod + 1.0
        if self.listed:
            x = (purchases + refusals) / normal
            h = p.delist_rate * saturating(x * x, p.delist_half * p.delist_half)
            if self.stock < 1.0 and self.stock_twin >= 1.0:
                h = h + p.delist_stockout
            h = h + p.precaution * share_hit + p.precaution_category * share_hit_category
            if self._happens(Stream.DELISTING, hour, h):
                self.listed, self.ever_delisted = False, True
        elif not self.kept_shut:
            self.listed = self._happens(
                Stream.RELISTING, hour, self._return_hazard(self.quiet, void_orders)
            )
        if self.cod_on:
            h = p.cod_rate * saturating(refusals / normal, p.cod_half)
            if self._happens(Stream.COD_SUSPENDING, hour, h):
                self.cod_on, self.ever_cod_off = False, True
        else:
            self.cod_on = self._happens(
                Stream.COD_RESUMING, hour, self._return_hazard(self.quiet_cod, void_orders)
            )

    def _return_hazard(self, quiet, void_orders):
        p = self.model.parameters.stores
        h = p.relist_protected * void_orders
        return h + p.relist_rate if quiet >= p.quiet_hours else h

    def _happens(self, stream, hour, hazard):
        return self.model.dice.u(stream, self.row, hour) < 1.0 - math.exp(-hazard)

    def advertise(self, day):
        """Spend on honest clicks, here and in the twin; give both."""
        due = self.model.parameters.stores.ad_use * self.ad_budget * day / 24.0
        spent = min(due, self.ad_left) if self.listed else 0.0
        self.ad_left -= spent
        spent_twin = min(due, self.ad_left_twin)
        self.ad_left_twin -= spent_twin
        return spent, spent_twin

    @property
    def rating(self):
        """Give the mean of all ratings; bad reviews give one point."""
        if self.n_bad <= 0.0:
            return self.quality
        return (self.quality * self.n_honest + self.n_bad) / (self.n_honest + self.n_bad)

    def ratio(self, needs_cod):
        """Give its weight in a search over its normal one (7.11)."""
        if not self.listed:
            return 0.0
        p = self.model.parameters.shopping
        v = -p.taste_rating * (self.quality - self.rating)
        if needs_cod and not self.cod_on:
            v = v - p.taste_cod
        if self.ad_left < self.click_cost and self.ad_left_twin >= self.click_cost:
            v = v - p.taste_ads
        return math.exp(v)

    def sell(self, z, is_hot):
        """Sell up to ``z`` orders, of hot goods from the shelf; give how many."""
        if not is_hot:
            return z
        sold = min(z, self.stock)
        self.stock -= sold
        return sold

    def sell_in_twin(self, z, is_hot):
        """Sell the same in the quiet twin."""
        if not is_hot:
            return z
        sold = min(z, self.stock_twin)
        self.stock_twin -= sold
        return sold

    @property
    def is_shut(self):
        """Tell whether lost margin counts as lost by closing (7.12)."""
        return not self.listed or not self.cod_on or self.stock < 1.0

    def claim(self, day, handling, clicks_paid):
        """Claim a compensation, before padding: nobody sees what it would have sold."""
        claim = handling + max(clicks_paid, 0.0)
        if self.is_shut and (self.ever_delisted or self.ever_cod_off):
            claim = claim + self.orders_an_hour * day * self.price * self.margin
        return claim
