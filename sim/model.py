"""The hour is one visible list: `STAGES`, run by `Siege`, a Mesa model."""

import secrets
from typing import Any

import mesa
import networkx as nx
import numpy as np
import pandas as pd
from scipy import special

from sim import calendar, chance, fees, graph, population
from sim.chance import Stream
from sim.responses import IDLE, Orders, PlatformView
from sim.rules import attack, attention, beliefs, channel, mobilisation, poaching, shopping, stores
from sim.scenario import Scenario
from sim.units import N_CATEGORIES, Cause, Motion, Phase, Role, Stance, Tactic

SERIES = (
    "online n_sellers_in n_onlookers_in n_attackers new_purchases new_bad_reviews new_refusals "
    "new_clicks n_delisted n_cod_off share_focal n_queue queue_wait attention legitimacy "
    "perceived_sanction new_orders new_failed_visits mall_sales rival_sales store_loss phase"
).split()
"""The hourly series of model.md section 5."""

STAGES = (
    "look_at_the_calendar",
    "pay_attention",
    "mobilise",
    "speak",
    "attack",
    "respond",
    "keep_store",
    "shop",
    "believe",
    "poach",
    "keep_ledger",
)
"""The stages of an hour, in order (model.md section 3)."""


class Siege(mesa.Model):  # type: ignore[type-arg]
    """One world: a scenario and a seed.

    Parameters
    ----------
    scenario
        A scenario, or the name of one in the library.
    seed
        0 to 2**64 - 1; drawn afresh when none is given.
    network
        A networkx graph of exactly one node for each seller and onlooker, in place of the
        scenario's family.
    **changes
        Fields of the scenario to change, such as ``scale=0.05``.
    """

    def __init__(
        self,
        scenario: Scenario | str = "taobao-2011",
        seed: int | None = None,
        network: "nx.Graph[Any] | None" = None,
        **changes: Any,
    ) -> None:
        self.seed = secrets.randbits(31) if seed is None else int(seed)
        super().__init__(rng=self.seed)
        chosen = Scenario.load(scenario) if isinstance(scenario, str) else scenario
        self._besiege = s = chosen.but(changes) if changes else chosen
        self.key = chance.key_of(self.seed)
        self.weight = 1.0 / s.scale
        self._found_world(network)
        self._open_books()

    @property
    def scenario(self) -> Scenario:
        """The frozen scenario of this world."""
        return self._besiege

    @scenario.setter
    def scenario(self, value: Any) -> None:
        self._mesa_scenario = value

    # ------------------------------------------------------------- hour 0
    def _found_world(self, network: "nx.Graph[Any] | None") -> None:
        s, p = self._besiege, self._besiege.population
        self.n_sellers = round(p.n_sellers * s.scale)
        self.n_people = self.n_sellers + round(p.n_onlookers * s.scale)
        self.n_consumers = round(p.n_consumers * s.scale)
        self.sellers = population.draw_sellers(
            p, self.n_sellers, self.seed, s.beliefs.legitimacy_sellers, s.beliefs.legitimacy_spread
        )
        self.people = population.draw_people(
            p, self.n_sellers, self.n_people - self.n_sellers, self.seed
        )
        self.stores = population.draw_stores(p, s.shopping, self.seed)
        self.consumers = population.draw_consumers(
            s.shopping, self.stores, self.n_consumers, self.seed
        )
        group = np.full(self.n_people, N_CATEGORIES, np.int32)
        group[: self.n_sellers] = self.sellers.category
        self.csr = (
            graph.build(s.graph, self.n_people, group, self.seed)
            if network is None
            else graph.from_networkx(network, self.n_people)
        )
        n, k, c = self.n_people, p.n_stores, self.n_consumers
        self.stance = np.zeros(n, np.uint8)
        self.online = np.zeros(n, np.bool_)
        self.neighbours_in = np.zeros(n, np.int32)
        self.ever_attacked = np.zeros(n, np.bool_)
        self.ever_acted = np.zeros(n, np.bool_)
        self.crossed = np.empty(n, np.int32)
        self.hardship = np.zeros(n, np.float32)
        self.second_shop = np.full(self.n_sellers, -1, np.int8)
        self.second_shop_twin = np.full(self.n_sellers, -1, np.int8)
        self.listed = np.ones(k, np.bool_)
        self.cod_on = np.ones(k, np.bool_)
        self.quiet, self.quiet_cod = np.zeros(k), np.zeros(k)
        self.ever_delisted, self.ever_cod_off = np.zeros(k, np.bool_), np.zeros(k, np.bool_)
        self.opening_stock = np.ceil(self.stores.orders_an_hour * 24.0 * s.stores.stock_days)
        self.stock, self.stock_twin = self.opening_stock.copy(), self.opening_stock.copy()
        self.n_honest = population.normal_ratings(self.stores, s.stores)
        self.n_bad = np.zeros(k)
        self.ad_left = self.stores.ad_budget.copy()
        self.support = np.zeros(k)
        self.visibility = s.channel.visibility * self.stores.brand / self.stores.brand.mean()
        self.loyalty = np.ones(c, np.float32)
        self.n_failed = np.zeros(c, np.uint8)
        places = s.channel.queue_places
        self.queue_member = np.zeros(places, np.int32)
        self.queue_asked, self.clock, self.n_queue = np.zeros(places), np.zeros(1), 0
        self.legitimacy = self.sellers.legitimacy
        self.legitimacy_public = s.beliefs.legitimacy_public
        self.attention = self.sanction = self.mean_hardship = 0.0
        self.phase, self.phase_since = Phase.GATHER, 0
        self.next_phase: tuple[int, Phase] | None = None
        self.focal = self.first_attack = self.ultimatum = self.deadline = -1
        self.tally = np.zeros(len(Motion))
        self.answer, self.orders = 0.0, IDLE
        self.concession = fees.Concession()
        self.undone_recent = self.done_recent = 0.0
        self.top_today = self.top_ever = 0.0
        self.stunts: set[int] = set()
        self.told: set[str] = set()
        self._presence = calendar.presence_shape()
        self._shopping = calendar.shopping_shape()
        self._weigh_fees()

    def _weigh_fees(self) -> None:
        f, x = self._besiege.fees, self.sellers
        none = fees.Concession()
        rows = (x.category, x.turnover, x.rating, self.weight)
        before = fees.bill(f.old, f.old, none, *rows)
        after = fees.bill(f.old, f.new, self.concession, *rows)
        cost = fees.yearly_cost(before, after, f.terms.capital_rate_per_year)
        felt = np.empty(self.n_sellers)
        fees.all_hardships(cost, x.margin, x.turnover, felt)
        self.seller_hardship = felt
        self.mean_hardship = float(felt.mean()) if felt.size else 0.0
        self.hardship[: self.n_sellers] = np.clip(felt + x.sympathy * self.mean_hardship, 0, 1)
        self.hardship[self.n_sellers :] = self.people.sympathy[self.n_sellers :] * self.mean_hardship

    def _open_books(self) -> None:
        hours, k = self._besiege.hours, self._besiege.population.n_stores
        self.series = {name: np.zeros(hours) for name in SERIES}
        self.actions = np.zeros((hours, k, len(Tactic)))
        self.found = np.zeros((hours, k, len(Tactic)))
        self.store_orders = np.zeros((hours, k + N_CATEGORIES))
        self.store_orders_twin = np.zeros((hours, k + N_CATEGORIES))
        self.loss = np.zeros((hours, k, len(Cause)))
        self.compensation = np.zeros(k)
        self.response_cost = 0.0
        self.n_blocked = self.n_refused = 0
        self.longest_wait = 0.0

    # ------------------------------------------------------------- Mesa
    def step(self) -> None:
        """Run one hour: every stage of `STAGES`, in order."""
        if self.steps > self._besiege.hours:
            self.running = False
            return
        self.hour = self.steps - 1
        for stage in STAGES:
            getattr(self, stage)()
        if self.steps == self._besiege.hours:
            self.running = False

    @property
    def hours(self) -> pd.DataFrame:
        """The hourly series so far, one row an hour."""
        done = min(self.steps, self._besiege.hours)
        return pd.DataFrame({name: values[:done] for name, values in self.series.items()})

    def _note(self, **values: float) -> None:
        for name, value in values.items():
            self.series[name][self.hour] = value

    # ------------------------------------------------------------- stages
    def look_at_the_calendar(self) -> None:
        """Stage 1: a new day restocks and refills budgets; phases that are due begin."""
        if calendar.hour_of_day(self.hour) == 0:
            held = self._held()
            self.stock = np.maximum(self.opening_stock - held, 0.0)
            self.stock_twin = self.opening_stock.copy()
            self.ad_left = self.stores.ad_budget.copy()
            self.top_today = 0.0
        if self.next_phase is not None and self.hour >= self.next_phase[0]:
            self._begin(self.next_phase[1])
            self.next_phase = None
        if self.phase == Phase.TRUCE and 0 <= self.deadline <= self.hour:
            then = channel.at_deadline(self.answer, self._besiege.channel)
            if then == Phase.TRUCE:
                self.deadline += calendar.HOURS_A_DAY
            else:
                self._begin(then)

    def _held(self) -> np.ndarray:
        since = max(0, self.hour - self._besiege.stores.hold_hours)
        held: np.ndarray = self.actions[since : self.hour, :, Tactic.PURCHASE].sum(axis=0)
        return held

    def _begin(self, phase: Phase) -> None:
        self.phase, self.phase_since = phase, self.hour
        if phase == Phase.TRUCE:
            days = self._besiege.channel.truce_days
            self.ultimatum = self.hour
            self.deadline = (calendar.day_of(self.hour) + days) * calendar.HOURS_A_DAY

    def pay_attention(self) -> None:
        """Stage 2: attention fades and rises with the news of the last hour."""
        p, h = self._besiege.attention, self.hour
        news = 0.0
        start = self._besiege.announced
        if start is not None and start <= h < start + p.announcement_hours:
            news += p.announcement * self.mean_hardship / p.announcement_hours
        if h > 0:
            actions = float(self.actions[h - 1].sum())
            inside = (self.stance > Stance.OUTSIDE) & (self.stance < Stance.QUIT)
            n_in = max(1, int(inside.sum()))
            reporters = int((inside & (self.people.role == Role.REPORTER)).sum())
            news += attention.attack_news(actions, reporters / n_in, p)
            if self.first_attack == h - 1:
                news += p.first_attack
        for name, heard, size in (
            ("police", self.orders.police, p.police),
            ("statement", self.orders.statement, p.statement),
            ("regulator", self.orders.regulator, p.regulator),
        ):
            if heard and name not in self.told:
                self.told.add(name)
                news += size
        for r, rival in enumerate(self._besiege.rivals):
            due = rival.promise_after
            if due is not None and r not in self.stunts and 0 <= self.first_attack <= h - due:
                self.stunts.add(r)
                news += p.stunt
        self.attention = attention.next_attention(self.attention, news, p)
        self._note(attention=self.attention)

    def mobilise(self) -> None:
        """Stage 3: people join, stay or quit; members are online or not."""
        p, start = self._besiege.mobilisation, self._besiege.announced
        if start is None or self.hour < start:
            return
        undone = min(1.0, self.undone_recent / self.done_recent) if self.done_recent > 0 else 0.0
        before = self.series["online"][self.hour - 1] if self.hour else 0.0
        self.climate = mobilisation.Climate(
            float(self.attention),
            float(mobilisation.efficacy(before, undone, p)),
            float(self.sanction),
            float(self.legitimacy_public),
            *mobilisation.phase_factors(self.phase, p),
            mobilisation.presence(self._presence, calendar.hour_of_day(self.hour), p),
        )
        x = self.people
        inside = int(((self.stance > Stance.OUTSIDE) & (self.stance < Stance.QUIT)).sum())
        n = mobilisation.move_people(
            self.key, self.hour, x.role, self.hardship, self.legitimacy, x.curiosity, x.risk,
            x.threshold, self.neighbours_in, self.csr.degree, self.csr.complete, inside,
            self.climate, p, self.stance, self.online, self.crossed,
        )  # fmt: skip
        if not self.csr.complete:
            mobilisation.tell_neighbours(
                self.crossed[:n], self.csr.offsets, self.csr.neighbours, self.stance,
                self.neighbours_in,
            )  # fmt: skip
        now = (self.stance > Stance.OUTSIDE) & (self.stance < Stance.QUIT)
        sellers = now[: self.n_sellers].sum() * self.weight
        self._note(
            online=self.online.sum() * self.weight,
            n_sellers_in=sellers,
            n_onlookers_in=now.sum() * self.weight - sellers,
        )
        self.top_today = max(self.top_today, self.series["online"][self.hour])
        self.top_ever = max(self.top_ever, self.top_today)

    def _wish(self, i: int) -> float:
        x = self.people
        seller = i < self.n_sellers
        return mobilisation.utility(
            float(self.hardship[i]),
            float(self.legitimacy[i]) if seller else self.legitimacy_public,
            mobilisation.social_pull(
                int(self.neighbours_in[i]), int(self.csr.degree[i]), 0, self.n_people, False
            ),
            float(x.curiosity[i]), float(x.risk[i]), float(x.threshold[i]),
            self.climate, self._besiege.mobilisation,
        )  # fmt: skip
