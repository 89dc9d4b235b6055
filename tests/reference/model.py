"""The second engine: the hour as one readable list (3, 7)."""

import math

import numpy as np

from sim.core.calendar import presence_shape
from sim.core.chance import Stream
from sim.core.units import N_CATEGORIES, Cause, Phase, Role, Tactic
from tests.reference.city import City
from tests.reference.crowd import Climate
from tests.reference.dice import running_sums
from tests.reference.fees import Concession
from tests.reference.renewal import Renewal


class Reference(City):
    """A siege, written a second time."""

    def step(self):
        """Go through the stages of one hour; renew after the last."""
        self.start_hour()
        self.pay_attention()
        self.mobilise()
        self.speak()
        self.act()
        self.respond()
        self.update_stores()
        self.shop()
        self.believe()
        self.poach()
        self.record_losses()
        self.hour += 1
        if self.hour == self.parameters.hours:
            self.renewal = {
                "run": Renewal.of(self, self.platform.concession, twin=False),
                "twin": Renewal.of(self, Concession(), twin=True),
            }
            self.running = False

    def run(self):
        """Run to the end."""
        while self.running:
            self.step()
        return self

    def start_hour(self):
        """1. A new day restocks and refills; phases that are due begin (7.4)."""
        if self.hour_of_day == 0:
            hold = self.parameters.stores.hold_hours
            away = self.books.out[max(0, self.hour - hold) : self.hour].sum(axis=0)
            for store in self.stores:
                store.begin_day(float(away[store.row]))
            self.organisers.top_today = 0.0
        self.organisers.begin_what_is_due(self.hour, self.platform.answer)
        self.organisers.call_to_assembly(self.hour)

    def pay_attention(self):
        """2. Attention fades, and rises with news (7.5)."""
        fade = math.exp(-1.0 / self.parameters.attention.memory)
        self.attention = self.attention * fade + (1.0 - self.attention) * (
            1.0 - math.exp(-self.news())
        )
        self.write(attention=self.attention)

    def news(self):
        """Add up the news of the hour."""
        p, announced, news = self.parameters.attention, self.parameters.announced, 0.0
        if announced is not None and announced <= self.hour < announced + p.announcement_hours:
            news = news + p.announcement * self.mean_hardship / p.announcement_hours
        if self.hour >= 1:
            a = float(self.books.actions[self.hour - 1].sum())
            s = self.count_reporters / max(1, self.count_inside)
            if a > 0.0:
                volume = math.log(1.0 + a / p.attack_scale) / math.log(
                    1.0 + 5000.0 / p.attack_scale
                )
                told = 1.0 + p.reporters_bonus * min(1.0, 10.0 * s)
                age = self.hour - self.platform.first_attack
                fresh = math.exp(-age / p.novelty) if p.novelty > 0.0 else 1.0
                news = news + fresh * (p.attack * volume * told)
            if self.platform.first_attack == self.hour - 1:
                news = news + p.first_attack
        orders = self.platform.orders
        for what, is_true, amount in (
            ("police", orders.police, p.police),
            ("statement", orders.statement, p.statement),
            ("regulator", orders.regulator, p.regulator),
            *((f"rival {r.row}", r.has_promised(self.hour), p.stunt) for r in self.rivals),
        ):
            if is_true and what not in self.told:
                self.told.add(what)
                news = news + amount
        return news

    def mobilise(self):
        """3. People join, stay or quit (7.6)."""
        if not self.is_announced:
            return
        climate = self.climate()
        crossed = [person for person in self.crowd if person.cross(climate, self.hour)]
        for person in crossed:
            person.tell_neighbours()
        inside = [person for person in self.crowd if person.is_in]
        self.count_inside = len(inside)
        self.count_reporters = sum(person.role == Role.REPORTER for person in inside)
        sellers_in = sum(person.role == Role.SELLER for person in inside) * self.weight
        online = all_in = 0.0
        for role in Role:
            of_role = [person for person in inside if person.role == role]
            all_in = all_in + len(of_role) * self.weight
            online = online + sum(person.online for person in of_role) * self.weight
        sellers_online = sum(person.online and person.role == Role.SELLER for person in inside)
        self.write(
            online=online,
            online_sellers=sellers_online * self.weight,
            n_sellers_in=sellers_in,
            n_onlookers_in=all_in - sellers_in,
        )
        self.organisers.count_heads(online)

    def climate(self):
        """Work out what everybody sees alike."""
        p, phase = self.parameters.mobilisation, self.organisers.phase
        online = self.read_before("online")
        room = 1.0 - p.efficacy_floor if p.turnout_effect > 0.0 else p.efficacy_floor
        efficacy = p.efficacy_floor + p.turnout_effect * room * (
            online / (online + p.efficacy_half)
        )
        join, sellers, onlookers = {
            Phase.GATHER: (1.0, p.quit_factor_gather, p.quit_factor_gather),
            Phase.TRUCE: (p.join_factor_truce, 1.0, p.quit_factor_truce),
            Phase.DISSOLVE: (
                p.join_factor_dissolve,
                p.quit_factor_dissolve,
                p.quit_factor_dissolve,
            ),
        }.get(phase, (1.0, 1.0, 1.0))
        shape = min(1.0, float(presence_shape()[self.hour_of_day]) / p.presence_knee)
        called = self.organisers.called
        muster_hours = self.parameters.channel.muster_hours
        return Climate(
            attention=self.attention,
            efficacy=efficacy * (1.0 - self.platform.share_undone()),
            sanction=self.platform.sanction,
            presence=p.presence_top * shape**p.presence_power,
            join_factor=self.cause() * join,
            quit_factor_sellers=sellers,
            quit_factor_onlookers=onlookers,
            pull=self.count_inside / len(self.crowd) if self.is_complete else None,
            call=math.exp(-(self.hour - called) / p.call_memory) if called >= 0 else 0.0,
            muster=p.muster_factor if 0 <= called and self.hour - called <= muster_hours else 1.0,
        )

    def cause(self):
        """Tell how much of a cause everybody sees."""
        full = self.parameters.mobilisation.cause_full
        return min(1.0, self.mean_hardship / full) if full > 0.0 else 1.0

    def speak(self):
        """4. The floor is held, the assembly meets, a target is called (7.7)."""
        organisers, answer = self.organisers, self.platform.answer
        online = float(self.books.series["online"][self.hour])
        organisers.forget(self.stores)
        self.write(queue_wait=math.nan)
        organisers.listen(self.hour, self.platform)
        if online == 0.0:
            organisers.queue = []
        else:
            speakers, waits, refused = organisers.hold_the_floor(self.crowd, self.hour)
            self.write(new_refused=refused)
            if waits:
                self.write(queue_wait=float(np.mean(waits)) / 3600, longest_wait=max(waits) / 3600)
            first, days = self.platform.first_attack, 0.0
            if first >= 0 and answer == 0.0:
                days = (self.hour - first) / 24
            organisers.hear(speakers, self.stores, self.hour, answer, days)
        if self.hour_of_day == self.parameters.channel.assembly_hour and organisers.top_ever > 0.0:
            organisers.meet(self.hour, online, answer)
        organisers.call(self.stores, self.hour, self.platform.first_attack)
        self.write(phase=organisers.phase, n_queue=len(organisers.queue))

    def rates(self):
        """Give the rate of every tactic for one who acts."""
        p, phase = self.parameters.attack, self.organisers.phase
        rates = [p.purchase_rate, p.review_rate, p.refusal_rate, p.click_rate]
        if phase == Phase.ESCALATE:
            rates = [rate * p.escalation for rate in rates]
            rates[Tactic.REFUSAL] = rates[Tactic.REFUSAL] * p.escalation_refusals
        return rates

    def act(self):
        """5. Those who act draw their actions, carried out in the order of a lottery (7.8)."""
        for store in self.stores:
            store.attempts = 0
        for person in self.crowd:
            if person.is_in:
                person.rest()
        self.write(share_focal=math.nan)
        rates = self.rates()
        rate = running_sums(rates)[-1]
        if rate <= 0.0 or not self.organisers.calls_to_act:
            return
        held = self.held_back()
        actors = [person for person in self.crowd if person.acts(self.hour, held)]
        new = sum(person.acts_for_the_first_time(self.hour, rate) for person in actors)
        self.write(n_attackers=len(actors) * self.weight, new_attackers=new * self.weight)
        drawn = [action for person in actors for action in self.actions_of(person, rates)]
        if drawn:
            self.write(share_focal=sum(follows for _, _, _, follows in drawn) / len(drawn))
        actions = self.books.actions[self.hour]
        blocked = 0
        for _, store, tactic, _ in sorted(drawn, key=lambda action: action[0]):
            outcome = store.suffer(tactic)
            blocked += outcome is None
            actions[store.row, tactic] += bool(outcome)
        self.write(new_blocked=blocked)
        self.books.out[self.hour] = actions[:, Tactic.PURCHASE] + actions[:, Tactic.REFUSAL]
        if self.platform.first_attack < 0 and actions.sum() > 0:
            self.platform.first_attack = self.hour

    def held_back(self):
        """Give the share of those who would act that do not."""
        p, organisers = self.parameters.attack, self.organisers
        pause = p.await_pause if organisers.awaits_a_word(self.hour) else 0.0
        elsewhere = p.divert_share if organisers.phase == Phase.DIVERT else 0.0
        return 1.0 - (1.0 - pause) * (1.0 - elsewhere)

    def target_of(self, person):
        """Give the store called that a person's group is to attack, if any."""
        targets = self.organisers.targets
        if len(targets) < 2:
            return self.stores[targets[0]] if targets else None
        group = math.floor(self.dice.u(Stream.GROUP, person.row) * len(targets))
        return self.stores[targets[group]]

    def actions_of(self, person, rates):
        """Draw a person's actions: lottery number, store, tactic, whether it follows the call."""
        streams = Stream.N_PURCHASES, Stream.N_BAD_REVIEWS, Stream.N_REFUSALS, Stream.N_CLICKS
        visible = running_sums(store.support + store.visibility for store in self.stores)
        throttle, called, d = self.platform.orders.throttle, self.target_of(person), -1
        for tactic, stream, rate in zip(Tactic, streams, rates, strict=True):
            n = self.dice.poisson(stream, person.row, self.hour, rate * self.weight)
            for _ in range(n):
                d += 1
                u = {
                    stream: self.dice.u(stream, person.row, self.hour, d)
                    for stream in (
                        Stream.TARGET,
                        Stream.LOTTERY,
                        Stream.FOLLOWS_CALL,
                        Stream.THROTTLED,
                    )
                }
                if tactic in (Tactic.PURCHASE, Tactic.REFUSAL) and u[Stream.THROTTLED] < throttle:
                    self.books.series["new_throttled"][self.hour] += 1
                elif called and u[Stream.FOLLOWS_CALL] < self.parameters.attack.discipline:
                    yield u[Stream.LOTTERY], called, tactic, True
                elif visible[-1] > 0.0:
                    at = u[Stream.TARGET] * visible[-1]
                    k = next((k for k, w in enumerate(visible) if w > at), len(visible) - 1)
                    yield u[Stream.LOTTERY], self.stores[k], tactic, False

    def respond(self):
        """6. Collect the orders of every measure in force, and carry them out (7.9)."""
        platform, books, hour = self.platform, self.books, self.hour
        platform.decide(hour, float(books.series["online"][hour]))
        self.write(response_cost=platform.orders.cost)
        platform.call_merchants(self.sellers, books, hour)
        platform.punish(self.sellers, books, hour)
        platform.close_channel(self.crowd, hour)
        platform.talk(books, hour)
        if platform.answer_demands():
            self.work_out_hardship(platform.concession)
        platform.undo(self.stores, books, hour)

    def update_stores(self):
        """7. What came back goes on the shelf; every store decides (7.10)."""
        p, hour, actions = self.parameters.stores, self.hour, self.books.actions[self.hour]
        for store in self.stores:
            store.n_bad += float(actions[store.row, Tactic.BAD_REVIEW])
            store.actions_today += float(actions[store.row].sum())
            if hour >= p.hold_hours:
                store.stock += float(self.books.out[hour - p.hold_hours, store.row])
        hit = [store.actions_today >= p.hit_actions for store in self.stores]
        void_orders = self.platform.orders.void_orders
        for store in self.stores:
            alike = [
                h for h, s in zip(hit, self.stores, strict=True) if s.category == store.category
            ]
            store.decide(
                hour,
                self.day,
                int(actions[store.row, Tactic.PURCHASE]),
                int(actions[store.row, Tactic.REFUSAL]),
                sum(hit) / len(hit),
                sum(alike) / len(alike),
                void_orders,
            )
            spent, spent_twin = store.advertise(self.day)
            self.books.ad_honest[hour, store.row] = spent
            self.books.ad_honest_twin[hour, store.row] = spent_twin
            self.books.delisted[hour, store.row] = not store.listed
            self.books.cod_off[hour, store.row] = not store.cod_on
        self.write(
            new_purchases=actions[:, Tactic.PURCHASE].sum(),
            new_bad_reviews=actions[:, Tactic.BAD_REVIEW].sum(),
            new_refusals=actions[:, Tactic.REFUSAL].sum(),
            new_clicks=actions[:, Tactic.CLICK].sum(),
            n_delisted=self.books.delisted[hour].sum(),
            n_cod_off=self.books.cod_off[hour].sum(),
        )

    def shop(self):
        """8. The hour's visits walk through both worlds (7.11)."""
        orders, books, hour = self.platform.orders, self.books, self.hour
        t = self.market.open(hour, self.day, orders, self.platform.orders_before)
        n, median = len(self.stores), self.parameters.population.price_median
        price = np.array([store.price for store in self.stores] + [median] * N_CATEGORIES)
        review_share = self.parameters.stores.review_share
        for store in self.stores:
            rated = t.orders[store.row] * review_share
            store.n_honest += float(rated * (1.0 - orders.honest_reviews))
        for row, gain in t.gain.items():
            self.sellers[row].sales_gained += gain * median
        books.orders[hour], books.orders_twin[hour] = t.orders, t.orders_twin
        books.rival_orders[hour] = t.rival_orders
        books.rival_orders_twin[hour] = t.rival_orders_twin
        ads = sum(books.ad_honest[hour, s.row] / s.click_cost for s in self.stores)
        reviews = t.orders[:n].sum() * review_share
        if orders.examine_something:
            hit = t.stopped + orders.honest_reviews * reviews + orders.honest_clicks * ads
            self.write(
                new_honest=t.orders[:n].sum() + t.stopped + reviews + ads, new_honest_hit=hit
            )
            books.series["response_cost"][hour] += orders.mistake_cost * hit
        books.ad_refund[hour] += orders.honest_clicks * books.ad_honest[hour]
        margin_gained = sum(gain * self.sellers[i].margin for i, gain in t.gain.items())
        self.write(
            new_orders=t.orders.sum(),
            new_failed_visits=t.failed,
            mall_sales=(t.orders * price).sum(),
            mall_sales_twin=(t.orders_twin * price).sum(),
            small_sales_lost=((t.orders_twin - t.orders)[n:] * price[n:]).sum(),
            rival_sales=t.rival_orders.sum() * median,
            rival_sales_twin=t.rival_orders_twin.sum() * median,
            seller_loss=-margin_gained * median * self.weight,
            surplus_loss=self.market.surplus_loss(),
            wanted=t.wanted,
            to_rivals=t.to_rivals,
            gave_up=t.gave_up,
            empty_shelf=t.empty_shelf,
            stopped=t.stopped,
            new_accounts_hit=t.accounts_hit,
        )

    def believe(self):
        """9. Sellers hear each other, all see what was done (7.12)."""
        p, platform = self.parameters.beliefs, self.platform
        a = float(self.books.actions[self.hour].sum())
        unanswered = float(self.organisers.has_protest) * (1.0 - platform.answer)
        loss = p.unanswered * unanswered + p.backlash * platform.orders.punishment

        def moved(view, loss, gain):
            return min(1.0, max(0.0, view * (1.0 - loss) + (1.0 - view) * gain))

        everyone = everyone_twin = None
        if self.is_complete and self.sellers:
            n = len(self.sellers)
            everyone = running_sums(s.legitimacy for s in self.sellers)[-1] / n
            everyone_twin = running_sums(s.legitimacy_twin for s in self.sellers)[-1] / n
        heard = [seller.heard(False, everyone) for seller in self.sellers]
        heard_twin = [seller.heard(True, everyone_twin) for seller in self.sellers]
        gain = p.answered * platform.answer
        for seller, here, twin in zip(self.sellers, heard, heard_twin, strict=True):
            seller.legitimacy = float(np.float32(moved(here, loss, gain)))
            seller.legitimacy_twin = float(np.float32(moved(twin, 0.0, 0.0)))
        innocents = p.innocents * (a / (a + 5000.0))
        platform.legitimacy_public = moved(platform.legitimacy_public, loss, gain + innocents)
        signal = platform.orders.sanction
        platform.sanction = platform.sanction + p.sanction_speed * (signal - platform.sanction)
        self.write(
            legitimacy=platform.mean_view(self.sellers), perceived_sanction=platform.sanction
        )

    def poach(self):
        """10. Once a day rivals court the sellers, here and in the twin (7.12)."""
        if self.hour_of_day == 12 and self.market.attraction > 0.0:
            for seller in self.sellers:
                seller.is_courted(self.hour, twin=False)
                seller.is_courted(self.hour, twin=True)

    def record_losses(self):
        """11. Book the stores' losses and what is paid for them (7.12)."""
        p, books, hour = self.parameters.stores, self.books, self.hour
        for store in self.stores:
            k, actions = store.row, books.actions[hour, store.row]
            handling = (
                float(actions[Tactic.PURCHASE]) * p.handling_purchase
                + float(actions[Tactic.REFUSAL]) * p.handling_refusal
            )
            missing = books.orders_twin[hour, k] - books.orders[hour, k]
            loss = books.loss[hour, k]
            loss[Cause.CLOSED if store.is_shut else Cause.RATING] += (
                missing * store.price * store.margin
            )
            loss[Cause.HANDLING] += handling
            clicks = float(actions[Tactic.CLICK]) * store.click_cost
            loss[Cause.ADS] = clicks - (books.ad_honest_twin[hour, k] - books.ad_honest[hour, k])
            claim = store.claim(self.day, handling, clicks - books.ad_refund[hour, k])
            books.compensation[hour, k] = self.platform.compensate(store, claim)
        self.write(
            store_loss=books.loss[hour].sum()
            - books.ad_refund[hour].sum()
            - books.compensation[hour].sum()
        )
