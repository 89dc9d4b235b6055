"""People who may join: sellers and onlookers (5.1, 5.2, 7.6, 7.8, 7.12)."""

import math
from dataclasses import dataclass

import mesa
import numpy as np
from scipy.special import betaincinv, gammaincinv

from sim.core.chance import AT_CREATION, AT_RENEWAL, Stream
from sim.core.units import Role, Shop, Stance
from tests.reference.dice import as_float32, clip, sigma

INSIDE = (Stance.MEMBER, Stance.ATTACKING, Stance.PAUSED)


@dataclass(frozen=True)
class Climate:
    """What everybody sees alike in an hour."""

    attention: float
    efficacy: float
    sanction: float
    presence: float
    join_factor: float
    quit_factor_sellers: float
    quit_factor_onlookers: float
    pull: float | None  # of a complete graph
    call: float  # how fresh the last one is
    muster: float


@dataclass(frozen=True)
class Payer:
    """What a seller is billed by."""

    row: int
    category: int
    turnover: float
    rating: float
    seniority: float
    shop: Shop


class Person(mesa.Agent):
    """A member of the crowd, in the protest or not."""

    def __init__(self, model, row, role, *, sympathy, curiosity, risk, threshold, staying):
        super().__init__(model)
        self.row, self.role = row, role
        self.sympathy, self.curiosity = as_float32(sympathy), as_float32(curiosity)
        self.risk, self.threshold = as_float32(risk), as_float32(threshold)
        shape = model.parameters.mobilisation.staying_shape
        self.restlessness = as_float32(gammaincinv(shape, staying) / shape) if shape > 0 else 1.0
        self.hardship = 0.0
        self.stance = Stance.OUTSIDE
        self.online = self.ever_attacked = self.ever_acted = False
        self.utility = 0.0
        self.hours_in = 0
        self.neighbours: list[Person] = []  # by rising row
        self.neighbours_in = 0

    @property
    def is_in(self):
        return self.stance in INSIDE

    @property
    def is_attacker(self):
        """Only sellers and sympathisers attack."""
        return self.role in (Role.SELLER, Role.SYMPATHISER)

    def weigh(self, climate):
        """Weigh grievance, neighbours, attention and a call against risk and threshold."""
        p = self.model.parameters.mobilisation
        beyond = max(0.0, climate.sanction - p.risk_threshold) / (1.0 - p.risk_threshold)
        if climate.pull is not None:
            pull = climate.pull
        else:
            pull = self.neighbours_in / len(self.neighbours) if self.neighbours else 0.0
        return (
            p.weight_grievance * self.hardship * (1.0 - self.view) * climate.efficacy
            + p.weight_social * pull
            + p.weight_attention * climate.attention * self.curiosity
            + p.weight_call * self.hardship * climate.call
            + -p.weight_risk * self.risk * beyond
            + -self.threshold
        )

    def cross(self, climate, hour):
        """Join, stay or quit, then be online or not; tell whether the line was crossed."""
        was_in = self.is_in
        u = self.model.dice.u(Stream.CROSSING, self.row, hour)
        if was_in:
            self._stay_or_quit(climate, u)
        else:
            self._join_or_stay_out(climate, u)
        if self.is_in:
            self.online = self.model.dice.u(Stream.PRESENCE, self.row, hour) < climate.presence
            self.hours_in += 1
        return self.is_in != was_in

    def _join_or_stay_out(self, climate, u):
        p = self.model.parameters.mobilisation
        if u >= p.join_rate * climate.join_factor * climate.muster:
            return
        self.utility = self.weigh(climate)
        factor = climate.join_factor
        if self.stance == Stance.QUIT:
            factor = factor * p.return_factor
        if self.is_attacker:
            factor = factor * climate.muster
        if u < min(1.0, p.join_rate * factor) * sigma(self.utility, p.noise, p.tie_joins):
            self.stance = Stance.MEMBER

    def _stay_or_quit(self, climate, u):
        p = self.model.parameters.mobilisation
        self.utility = self.weigh(climate)
        factor = (
            climate.quit_factor_sellers
            if self.role == Role.SELLER
            else climate.quit_factor_onlookers
        )
        factor = factor * self.restlessness
        if u < min(1.0, p.quit_rate * factor) * sigma(-self.utility, p.noise, not p.tie_joins):
            self.quit()

    def quit(self):
        """Leave the protest, and the channel with it."""
        self.stance, self.online = Stance.QUIT, False

    def tell_neighbours(self):
        """Let the neighbours count one more or one fewer in the protest."""
        for neighbour in self.neighbours:
            neighbour.neighbours_in += 1 if self.is_in else -1

    def rest(self):
        """Be a member who does not act."""
        self.stance = Stance.PAUSED if self.ever_attacked else Stance.MEMBER

    def acts(self, hour, held):
        """Decide to act; only an attacker who is inside and online may (7.8)."""
        if not (self.is_attacker and self.is_in and self.online):
            return False
        p = self.model.parameters.mobilisation
        eager = self.utility + self.model.parameters.attack.eagerness
        chance = (1.0 - held) * sigma(eager, p.noise, p.tie_joins)
        if self.model.dice.u(Stream.ACTING, self.row, hour) >= chance:
            return False
        self.stance, self.ever_attacked = Stance.ATTACKING, True
        return True

    def acts_for_the_first_time(self, hour, rate):
        """Tell whether one person, and not the many it stands for, first acts in this hour."""
        if self.ever_acted:
            return False
        number = self.model.dice.u(Stream.EVER_ACTED, self.row, hour)
        self.ever_acted = number < 1.0 - math.exp(-rate)
        return self.ever_acted


class Onlooker(Person):
    """A member of the public."""

    def __init__(self, model, row, number):
        p, dice = model.parameters.population, model.dice
        v = dice.u(Stream.ONLOOKER_ROLE, number)
        if v < p.sympathiser_share:
            role = Role.SYMPATHISER
        elif v < p.sympathiser_share + p.reporter_share:
            role = Role.REPORTER
        else:
            role = Role.CURIOUS
        sympathy = 0.0
        if role == Role.SYMPATHISER:
            sympathy = 2.0 * p.sympathy_mean * dice.u(Stream.ONLOOKER_SYMPATHY, number)
        curiosity = dice.u(Stream.ONLOOKER_CURIOSITY, number)
        deviation = p.onlooker_threshold_sd * dice.normal(Stream.ONLOOKER_THRESHOLD, number)
        super().__init__(
            model,
            row,
            role,
            sympathy=sympathy,
            curiosity=float(betaincinv(p.curiosity_a, p.curiosity_b, curiosity)),
            risk=dice.u(Stream.ONLOOKER_RISK, number),
            staying=dice.u(Stream.ONLOOKER_STAYING, number),
            threshold=p.onlooker_threshold_mean + deviation,
        )

    @property
    def view(self):
        """Share the public's view of the platform."""
        return self.model.platform.legitimacy_public

    def feel(self, mean_hardship):
        """Feel for the sellers; a product in single precision (2.3)."""
        self.hardship = float(np.float32(self.sympathy) * np.float32(mean_hardship))


class Seller(Person):
    """A small merchant of the mall, here and in the quiet twin."""

    def __init__(self, model, row):
        p, b, dice = model.parameters.population, model.parameters.beliefs, model.dice
        deviation = p.seller_threshold_sd * dice.normal(Stream.SELLER_THRESHOLD, row)
        super().__init__(
            model,
            row,
            Role.SELLER,
            sympathy=0.0,
            curiosity=0.0,
            risk=dice.u(Stream.SELLER_RISK, row),
            staying=dice.u(Stream.SELLER_STAYING, row),
            threshold=p.seller_threshold_mean + deviation,
        )
        log_turnover = p.turnover_log_sd * dice.normal(Stream.SELLER_TURNOVER, row)
        self.turnover = p.turnover_median * math.exp(log_turnover)
        half = p.margin_mean * p.margin_spread
        self.margin = p.margin_mean + half * (2.0 * dice.u(Stream.SELLER_MARGIN, row) - 1.0)
        self.category = math.floor(dice.u(Stream.SELLER_CATEGORY, row) * 20)
        points = p.rating_spread * (2.0 * dice.u(Stream.SELLER_RATING, row) - 1.0)
        self.rating = clip(p.rating_mean + points, 1.0, 5.0)
        self.seniority = dice.u(Stream.SELLER_SENIORITY, row)
        self.shop = self._kind_of_shop(p, dice.u(Stream.SELLER_SHOP, row))
        self.solidarity = p.seller_sympathy * dice.u(Stream.SELLER_SYMPATHY, row)
        offset = b.legitimacy_spread * dice.normal(Stream.SELLER_LEGITIMACY, row)
        self.legitimacy = as_float32(clip(b.legitimacy_sellers + offset, 0.0, 1.0))
        self.legitimacy_twin = self.legitimacy
        self.hardship_twin = 0.0
        self.second_shop = self.second_shop_twin = -1
        self.sales_gained = self.fined = 0.0
        self.punished = False
        self.colleagues: list[Seller] = []  # neighbours in the sellers' graph

    @staticmethod
    def _kind_of_shop(p, u):
        """Give its kind of shop by one number (5.1)."""
        if u < p.other_shop_share:
            return Shop.OTHER
        u = u - p.other_shop_share
        if u < p.franchise_share:
            is_applied = u < p.unregistered_share * p.franchise_share
            return Shop.FRANCHISE_TM if is_applied else Shop.FRANCHISE
        flagships = 1.0 - p.other_shop_share - p.franchise_share
        is_applied = u - p.franchise_share < p.unregistered_share * flagships
        return Shop.FLAGSHIP_TM if is_applied else Shop.FLAGSHIP

    @property
    def view(self):
        """Have a view of the platform of its own."""
        return self.legitimacy

    def feel(self, own_hardship, mean_hardship):
        """Add to its own hardship some of the others'."""
        self.hardship = as_float32(clip(own_hardship + self.solidarity * mean_hardship, 0.0, 1.0))

    def is_called(self, before, now, gain, backfires):
        """Take a telephone call if it is its turn (7.9)."""
        dice = self.model.dice
        if not before <= dice.u(Stream.SELLER_CALLED, self.row, AT_CREATION) < now:
            return
        view = self.legitimacy
        if dice.u(Stream.SELLER_CALL_BACKFIRES, self.row, AT_CREATION) < backfires:
            self.legitimacy = as_float32(view * (1.0 - gain))
        else:
            self.legitimacy = as_float32(view + gain * (1.0 - view))

    def is_caught(self, orders, hour):
        """Tell whether the platform looks at its account and takes it for an attacker's."""
        dice = self.model.dice
        if self.punished or dice.u(Stream.SELLER_CHECKED, self.row, hour) >= orders.sellers_checked:
            return False
        share = orders.sellers_found if self.ever_attacked else orders.sellers_mistaken
        return dice.u(Stream.SELLER_SCORE, self.row, hour) < share

    def is_punished(self, fine, resentment):
        """Pay a fine and resent it."""
        self.punished, self.fined = True, fine
        self.legitimacy = as_float32(self.legitimacy * (1.0 - resentment))

    def heard(self, twin, everyone):
        """Mix its view with its colleagues' (7.12); ``everyone``: the mean of a complete graph."""
        views = [s.legitimacy_twin if twin else s.legitimacy for s in self.colleagues]
        own = self.legitimacy_twin if twin else self.legitimacy
        if everyone is not None:
            mean = everyone
        elif views:
            total = 0.0
            for view in views:
                total = total + view
            mean = total / len(views)
        else:
            return own
        w = self.model.parameters.beliefs.neighbours
        return (1.0 - w) * own + w * mean

    def lost_so_far(self):
        """Count fines and margin lost, in yuan."""
        return self.fined - self.sales_gained * self.margin

    def wrong(self, twin, is_told=True):
        """Give what its grievance and losses are worth to it, in yuan."""
        hardship = (self.hardship_twin if twin else self.hardship) if is_told else 0.0
        view = self.legitimacy_twin if twin else self.legitimacy
        grievance = hardship * (1.0 - view)
        lost = 0.0 if twin else self.lost_so_far()
        return self.model.parameters.poaching.grievance_yuan * grievance + lost

    def is_courted(self, hour, twin):
        """Open a second shop at a rival, or not."""
        if (self.second_shop_twin if twin else self.second_shop) >= 0:
            return
        p, dice = self.model.parameters.poaching, self.model.dice
        rival = self.model.rival_drawn(dice.u(Stream.POACHED_BY, self.row, hour))
        promised = not twin and rival.has_promised(hour)
        bonus = p.promise_bonus if promised else 0.0
        profit = self.margin * self.turnover * p.gain_share - rival.yearly_fee + bonus
        gain = profit + self.wrong(twin, self.model.is_announced) - p.switching_cost
        chance = min(1.0, p.move_rate_per_day * rival.effort * sigma(gain, p.move_noise))
        if dice.u(Stream.POACHED, self.row, hour) < chance:
            if twin:
                self.second_shop_twin = rival.row
            else:
                self.second_shop = rival.row

    def in_a_year(self):
        """Give what it expects to be billed by next year (7.12)."""
        growth = 1.0 + self.model.parameters.poaching.expected_growth
        return Payer(
            self.row, self.category, self.turnover * growth, self.rating, self.seniority, self.shop
        )

    def renew(self, owed, twin):
        """Stay, keep both or leave; give the choice and the rival (7.12)."""
        p, dice = self.model.parameters.poaching, self.model.dice
        shop = self.second_shop_twin if twin else self.second_shop
        if shop >= 0:
            rival = self.model.rivals[shop]
        else:
            rival = self.model.rival_drawn(dice.u(Stream.RENEWAL_RIVAL, self.row, AT_RENEWAL))
        profit, wrong = self.margin * self.in_a_year().turnover, self.wrong(twin)
        stay = profit - owed - wrong
        both = profit * (1.0 + p.gain_share) - owed - rival.yearly_fee - wrong
        leave = profit * p.keep_share - rival.yearly_fee
        if shop < 0:
            both, leave = both - p.switching_cost, leave - p.switching_cost
        top = max(stay, both, leave)
        e_stay, e_both, e_leave = (
            math.exp((x - top) / p.renewal_noise) for x in (stay, both, leave)
        )
        at = dice.u(Stream.RENEWAL, self.row, AT_RENEWAL) * (e_stay + e_both + e_leave)
        if at < e_stay:
            return "stay", rival
        return ("both" if at < e_stay + e_both else "leave"), rival
