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
        self.wishes = np.zeros(n)
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
            self.climate, p, self.stance, self.online, self.wishes, self.crossed,
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

    def speak(self) -> None:
        """Stage 4: the queue moves, speakers speak, the organisers decide."""
        p, h = self._besiege.channel, self.hour
        self.support *= p.support_kept
        self.tally *= p.tally_kept
        online = self.series["online"][h]
        if online > 0:
            self._hear_speakers(p)
        leading = int(self.tally.argmax()) if self.tally.sum() > 0 else -1
        if calendar.hour_of_day(h) == p.assembly_hour and self.top_ever > 0:
            then = channel.decide(
                self.phase,
                channel.Tidings(
                    h, online, self.top_today, self.top_ever, h - self.phase_since, self.answer,
                    self.deadline, leading,
                ),
                p,
            )  # fmt: skip
            if then == Phase.TRUCE and self.phase != Phase.TRUCE:
                day = calendar.day_of(h) + 1
                self.next_phase = (day * calendar.HOURS_A_DAY + p.truce_hour, Phase.TRUCE)
            elif then != self.phase:
                self._begin(then)
        called = np.where(self.listed, self.support + self.visibility, -1.0)
        self.focal = int(called.argmax()) if called.max() > 0 else -1
        self._note(phase=float(self.phase), n_queue=self.n_queue)

    def _hear_speakers(self, p: channel.ChannelParameters) -> None:
        h = self.hour
        self.n_queue = channel.drop_absent(
            self.online, self.queue_member, self.queue_asked, self.n_queue
        )
        most = 4 * p.queue_places + int(4 * p.request_rate * self.series["online"][h]) + 200
        who, when = np.empty(most, np.int32), np.empty(most)
        n = channel.draw_requests(
            self.key, int(Stream.N_REQUESTS), int(Stream.REQUEST_MOMENT), h, self.online,
            p.request_rate * self.weight, who, when,
        )  # fmt: skip
        order = np.argsort(when[:n], kind="stable")
        slots = int(3600 / p.slot_seconds) + 2
        speaker, wait = np.empty(slots, np.int32), np.empty(slots)
        n_spoke, refused, self.n_queue, _longest = channel.serve(
            (h + 1) * 3600.0, p.slot_seconds, p.queue_places, who[order], when[order],
            self.queue_member, self.queue_asked, self.clock, self.n_queue, speaker, wait,
        )  # fmt: skip
        self.n_refused += refused
        if n_spoke:
            self._note(queue_wait=wait[:n_spoke].mean() / 3600)
            self.longest_wait = max(self.longest_wait, wait[:n_spoke].max() / 3600)
        weights = np.empty(self.listed.size)
        channel.nomination_weights(
            self.support, self.visibility, self.listed, p.contagion, weights
        )
        since = max(self.first_attack, 0)
        days = (h - since) / 24.0 if self.first_attack >= 0 and self.answer == 0 else 0.0
        channel.hear(
            self.key, h, speaker[:n_spoke], self.wishes, weights, self.answer, days,
            int(Stream.NOMINATION), p, self.support, self.tally,
        )  # fmt: skip

    def attack(self) -> None:
        """Stage 5: attackers act, by target and tactic."""
        h, p = self.hour, self._besiege.attack
        acting = np.zeros(self.n_people, np.bool_)
        if self.phase in (Phase.ATTACK, Phase.ESCALATE) and self.online.any():
            intensity = p.escalation if self.phase == Phase.ESCALATE else 1.0
            m = self._besiege.mobilisation
            rate = sum(attack.rate_of(int(t), p) for t in Tactic) * intensity
            attack.choose_to_act(
                self.key, h, self.people.role, self.online, self.wishes, rate, m.noise,
                m.tie_joins, p, acting, self.ever_attacked, self.ever_acted,
            )  # fmt: skip
            self._act(np.flatnonzero(acting).astype(np.int32), intensity, rate)
        attack.settle_stances(acting, self.ever_attacked, self.stance)
        self._note(n_attackers=acting.sum() * self.weight)

    def _act(self, rows: np.ndarray, intensity: float, rate: float) -> None:
        h, p = self.hour, self._besiege.attack
        cumulative = np.cumsum(self.support + self.visibility)
        size = int(2 * rows.size * rate * self.weight) + 1000
        while True:
            actor, store = np.empty(size, np.int32), np.empty(size, np.int16)
            tactic, lottery = np.empty(size, np.int8), np.empty(size, np.uint64)
            n = attack.draw_actions(
                self.key, h, rows, intensity, self.weight, self.focal, cumulative, p,
                actor, store, tactic, lottery,
            )  # fmt: skip
            if n <= size:
                break
            size = n
        order = np.argsort(lottery[:n], kind="stable").astype(np.int32)
        done = np.zeros(n, np.uint8)
        self.n_blocked += attack.carry_out(
            order, store[:n], tactic[:n], self.listed, self.cod_on, self.stores.click_cost,
            self.stock, self.ad_left, done, self.actions[h],
        )  # fmt: skip
        if self.first_attack < 0 and self.actions[h].sum() > 0:
            self.first_attack = h
        if n:
            on_focal = float((store[:n] == self.focal).mean())
            self._note(share_focal=on_focal)

    def respond(self) -> None:
        """Stage 6: the platform's measures act; what is due is undone."""
        view = PlatformView(
            self.hour, self.series["online"][self.hour], self.first_attack, self.ultimatum,
            self.deadline,
        )  # fmt: skip
        orders = IDLE
        for measure in self._besiege.response.measures:
            if measure.strength > 0 and measure.trigger.is_met(view):
                orders = orders | measure.orders(view)
        self.orders = orders
        self.answer = orders.answer
        self.response_cost += orders.cost
        if orders.concession != self.concession:
            self.concession = orders.concession
            self._weigh_fees()
        fade = np.exp(-1.0 / self._besiege.mobilisation.undone_memory)
        self.done_recent = self.done_recent * fade + self.actions[self.hour].sum()
        self.undone_recent *= fade
        due = self.hour - orders.delay
        if due < 0:
            return
        for share, tactic, stream in (
            (orders.restore_reviews, Tactic.BAD_REVIEW, Stream.DETECT_REVIEW),
            (orders.void_orders, Tactic.PURCHASE, Stream.DETECT_ORDER),
            (orders.refund_clicks, Tactic.CLICK, Stream.DETECT_CLICK),
        ):
            if share > 0:
                self._undo(due, share, tactic, stream)

    def _undo(self, due: int, share: float, tactic: Tactic, stream: Stream) -> None:
        """Find, one by one, the false actions of every hour up to ``due`` not yet looked at."""
        for h in range(due + 1):
            todo = self.actions[h, :, tactic]
            if not todo.any() or self.found[h, :, tactic].any():
                continue
            for k in np.flatnonzero(todo).tolist():
                n = int(todo[k])
                u = np.array(
                    [chance.uniform(self.key, int(stream), h, k, d) for d in range(n)]
                )
                found = float((u < share).sum())
                self.found[h, k, tactic] = found
                self.undone_recent += found
                if tactic == Tactic.BAD_REVIEW:
                    self.n_bad[k] -= found
                elif tactic == Tactic.CLICK:
                    self.compensation[k] += found * self.stores.click_cost[k]
                    self.response_cost += found * self.stores.click_cost[k]
                else:
                    self.compensation[k] += found * self._besiege.stores.handling_purchase

    def keep_store(self) -> None:
        """Stage 7: stores absorb, close or reopen goods, suspend or resume cash on delivery."""
        p, h = self._besiege.stores, self.hour
        now = self.actions[h]
        self.n_bad += now[:, Tactic.BAD_REVIEW]
        today = self.actions[calendar.day_of(h) * 24 : h + 1].sum(axis=(0, 2))
        shape = self._shopping[calendar.hour_of_day(h)]
        back = h - p.hold_hours
        if back >= 0:
            self.stock = np.minimum(
                self.stock + self.actions[back, :, Tactic.PURCHASE], self.opening_stock
            )
        stores.open_and_close(
            self.key, h, now[:, Tactic.PURCHASE] + now[:, Tactic.REFUSAL],
            now[:, Tactic.REFUSAL].copy(), now.sum(axis=1), self.stores.orders_an_hour * shape,
            np.where(self.stock_twin < 1.0, 1.0, self.stock), today >= p.hit_actions, self.stores.category, self.orders.void_orders, p,
            self.listed, self.cod_on, self.quiet, self.quiet_cod, self.ever_delisted,
            self.ever_cod_off,
        )  # fmt: skip
        self._note(
            new_purchases=now[:, Tactic.PURCHASE].sum(),
            new_bad_reviews=now[:, Tactic.BAD_REVIEW].sum(),
            new_refusals=now[:, Tactic.REFUSAL].sum(),
            new_clicks=now[:, Tactic.CLICK].sum(),
            n_delisted=(~self.listed).sum(),
            n_cod_off=(~self.cod_on).sum(),
        )

    def shop(self) -> None:
        """Stage 8: consumers visit, here and in the quiet twin."""
        p, h, x = self._besiege.shopping, self.hour, self.stores
        k = self.listed.size
        rating, ratio = np.empty(k), np.empty((2, k))
        stores.rate_all(x.quality, self.n_honest, self.n_bad, rating)
        ads_on = self.ad_left >= x.click_cost
        disturbed = shopping.weigh(x.quality - rating, self.listed, self.cod_on, ads_on, p, ratio)
        tables = [np.empty((2, k + N_CATEGORIES)) for _ in range(3)]
        inclusive, denominator = np.empty((2, N_CATEGORIES)), np.empty((2, N_CATEGORIES))
        attraction = np.array([r.attraction for r in self._besiege.rivals])
        rival_cum = p.buy_rivals * np.cumsum(attraction) / attraction.sum()
        shopping.prepare(ratio, x.share, x.first, rival_cum, p, *tables, inclusive, denominator)
        rivals = np.zeros((attraction.size, N_CATEGORIES))
        rivals_twin, tallies = rivals.copy(), np.zeros(4)
        mean = (
            p.visits_per_day / 24 * self._shopping[calendar.hour_of_day(h)] * self.n_consumers
        )
        u = chance.uniform(self.key, int(Stream.N_VISITS), h, 0, 0)
        orders, twin = self.store_orders[h], self.store_orders_twin[h]
        shopping.visit(
            self.key, h, poisson_quantile(u, mean), self.weight, self.consumers.class_sum,
            self.n_consumers, self.consumers.favourite, self.consumers.needs_cod, x.category,
            x.first, x.normal, rival_cum, self.listed, disturbed,
            self.ever_delisted, ratio, *tables, inclusive, denominator, p, self.loyalty,
            self.n_failed, self.stock, self.stock_twin, orders, twin, rivals, rivals_twin, tallies,
        )  # fmt: skip
        self.n_honest += orders[:k] * self._besiege.stores.review_share
        price = np.concatenate([x.price, np.full(N_CATEGORIES, self._besiege.population.price_median)])
        self._note(
            new_orders=orders.sum(),
            new_failed_visits=tallies[0],
            mall_sales=(orders * price).sum(),
            rival_sales=rivals.sum() * self._besiege.population.price_median,
        )

    def believe(self) -> None:
        """Stage 9: legitimacy and perceived sanction move."""
        p = self._besiege.beliefs
        demands = self.phase in (Phase.ATTACK, Phase.TRUCE, Phase.ESCALATE)
        actions = self.actions[self.hour].sum()
        events = beliefs.Events(
            float(demands) * (1.0 - self.answer), float(self.orders.punishment),
            float(self.answer), actions / (actions + attention.REFERENCE_ACTIONS),
        )  # fmt: skip
        out = np.empty_like(self.legitimacy)
        beliefs.move_views(
            self.legitimacy, self.csr.offsets, self.csr.neighbours, self.csr.complete, events, p, out
        )
        self.legitimacy = out
        self.legitimacy_public = beliefs.next_legitimacy(
            self.legitimacy_public, p.innocents, events, p
        )
        self.sanction = beliefs.next_sanction(self.sanction, self.orders.sanction, p)
        mean = float(out.mean()) if out.size else 0.0
        self._note(legitimacy=mean, perceived_sanction=self.sanction)

    def poach(self) -> None:
        """Stage 10, once a day: rivals court sellers."""
        if calendar.hour_of_day(self.hour) != 12 or not self._besiege.rivals:
            return
        x, rivals = self.sellers, self._besiege.rivals
        grievance = (self.hardship[: self.n_sellers] * (1 - self.legitimacy)).astype(np.float32)
        poaching.court(
            self.key, self.hour, x.margin, x.turnover, grievance,
            np.array([r.yearly_fee for r in rivals]), np.array([r.attraction for r in rivals]),
            np.array([float(i in self.stunts) for i in range(len(rivals))]),
            self._besiege.poaching, self.second_shop,
        )  # fmt: skip

    def keep_ledger(self) -> None:
        """Stage 11: each store's losses, by cause."""
        h, p, x = self.hour, self._besiege.stores, self.stores
        k = self.listed.size
        lost = (self.store_orders_twin[h, :k] - self.store_orders[h, :k]) * x.price * x.margin
        shut = ~self.listed | ~self.cod_on | (self.stock < 1.0)
        self.loss[h, :, Cause.CLOSED] = np.where(shut, lost, 0.0)
        self.loss[h, :, Cause.RATING] = np.where(shut, 0.0, lost)
        self.loss[h, :, Cause.HANDLING] = (
            self.actions[h, :, Tactic.PURCHASE] * p.handling_purchase
            + self.actions[h, :, Tactic.REFUSAL] * p.handling_refusal
        )
        self.loss[h, :, Cause.ADS] = self.actions[h, :, Tactic.CLICK] * x.click_cost
        self._note(store_loss=self.loss[h].sum())


def poisson_quantile(u: float, mean: float) -> int:
    """Give the smallest n with P(N <= n) >= u for a Poisson number of this mean."""
    lo, hi = -1, int(mean + 12 * np.sqrt(mean) + 30)
    while hi - lo > 1:
        mid = (lo + hi) // 2
        if special.pdtr(mid, mean) >= u:
            hi = mid
        else:
            lo = mid
    return hi
