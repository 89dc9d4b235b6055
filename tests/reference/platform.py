"""The platform: when its measures are in force, and how it carries out what they order (7.9)."""

import math

import mesa
import numpy as np

from sim.core.chance import Stream
from sim.core.units import Cause, Stance, Tactic
from tests.reference.fees import Concession
from tests.reference.measures import Orders, orders_of


class Platform(mesa.Agent):
    """The mall's owner."""

    def __init__(self, model):
        super().__init__(model)
        self.orders, self.orders_before = Orders(), Orders()
        self.begun: dict[int, int] = {}  # number of the measure: hour in which it began
        self.answer = 0.0
        self.talks = False
        self.concession = Concession()
        self.legitimacy_public = model.parameters.beliefs.legitimacy_public
        self.sanction = self.done = self.undone = 0.0
        self.calls = 0.0
        self.closings = 0
        self.away: list = []  # hour of return, and who was lost by a closing
        self.unexamined = dict.fromkeys(Tactic, 0)
        self.first_attack = -1

    # Triggers and orders

    def is_met(self, trigger, hour, online):
        """Tell whether a trigger states something and all that it states holds."""
        organisers, stated = self.model.organisers, []
        if trigger.hour is not None:
            stated.append(hour >= trigger.hour)
        if trigger.online_above is not None:
            stated.append(online > trigger.online_above)
        for since, after in (
            (self.first_attack, trigger.hours_after_first_attack),
            (organisers.ultimatum, trigger.after_ultimatum),
            (organisers.deadline, trigger.after_deadline),
        ):
            if after is not None:
                stated.append(since >= 0 and hour >= since + after)
        stated += [self.is_met(inner, hour, online) for inner in trigger.all]
        if trigger.any:
            stated.append(any(self.is_met(inner, hour, online) for inner in trigger.any))
        return bool(stated) and all(stated)

    def decide(self, hour, online):
        """Collect the orders of every measure in force."""
        self.orders_before, self.orders = self.orders, Orders()
        for i, measure in enumerate(self.model.parameters.response.measures):
            if measure.strength <= 0.0:
                continue
            if i not in self.begun and self.is_met(measure.trigger, hour, online):
                self.begun[i] = hour
            begun = self.begun.get(i)
            if begun is None or (measure.lasts is not None and hour >= begun + measure.lasts):
                continue
            self.orders.take(orders_of(measure, age=hour - begun))

    # What is carried out

    def call_merchants(self, sellers, books, hour):
        """Call sellers who were not called before."""
        everyone = len(sellers) * self.model.weight
        if self.orders.calls <= 0.0 or not sellers:
            return
        before = self.calls
        self.calls = min(before + self.orders.calls, everyone)
        books.series["new_calls"][hour] = self.calls - before
        for seller in sellers:
            seller.is_called(
                before / everyone,
                self.calls / everyone,
                self.orders.call_gain,
                self.orders.call_backfires,
            )

    def punish(self, sellers, books, hour):
        """Fine sellers taken for attackers; those in the protest quit."""
        if self.orders.sellers_checked <= 0.0:
            return
        weight = self.model.weight
        for seller in sellers:
            if not seller.is_caught(self.orders, hour):
                continue
            seller.is_punished(self.orders.fine, self.orders.resentment)
            books.series["fines"][hour] += self.orders.fine * weight
            books.series["new_punished"][hour] += weight
            if not seller.ever_attacked:
                books.series["new_punished_honest"][hour] += weight
            if seller.is_in:
                self.model.leaves(seller)

    def close_channel(self, people, hour):
        """Close the channel once: the queue goes, and some of the people for a while."""
        for until, person in self.away:
            if until == hour and person.stance == Stance.QUIT:
                person.stance = Stance.OUTSIDE
        if self.orders.close_channel <= 0.0:
            return
        self.model.organisers.queue = []
        share = self.orders.close_channel * (1.0 - self.orders.fades) ** self.closings
        self.closings += 1
        for person in people:
            lost = self.model.dice.u(Stream.CHANNEL_LOST, person.row, hour)
            if person.is_in and lost < share:
                self.model.leaves(person)
                if self.orders.away > 0:
                    self.away.append((hour + self.orders.away, person))

    def talk(self, books, hour):
        """Let talks begin, once."""
        dice, organisers = self.model.dice, self.model.organisers
        rate = self.model.parameters.channel.contact_rate
        protest = organisers.has_protest
        called = protest and rate > 0.0 and dice.u(Stream.CONTACT, 0, hour) < rate
        if called:
            books.series["new_contacts"][hour] = 1.0
        if self.talks or self.orders.talks <= 0.0 or not protest:
            return
        if called or dice.u(Stream.TALKS, 0, hour) < self.orders.talks:
            self.talks = True
            books.series["new_contacts"][hour] = 1.0

    def answer_demands(self):
        """Answer and concede; tell whether the concession is a new one."""
        self.answer = self.orders.answer
        if self.talks:
            self.answer = max(self.answer, self.orders.talks_answer)
        before, self.concession = self.concession, self.orders.concession
        return self.concession != before

    def undo(self, stores, books, hour):
        """Look through past hours once each, and undo what is found."""
        memory = self.model.parameters.mobilisation.undone_memory
        fade = math.exp(-1.0 / memory)
        seen = [t for t in Tactic if t != Tactic.CLICK]
        self.done = self.done * fade + float(books.actions[hour][:, seen].sum())
        self.undone = self.undone * fade
        orders = self.orders
        for tactic, share, delay, stream in (
            (Tactic.BAD_REVIEW, orders.restore_reviews, orders.delay_reviews, Stream.DETECT_REVIEW),
            (Tactic.PURCHASE, orders.void_orders, orders.delay_orders, Stream.DETECT_ORDER),
            (Tactic.CLICK, orders.refund_clicks, orders.delay_clicks, Stream.DETECT_CLICK),
        ):
            if share <= 0.0:
                continue
            start = self.unexamined[tactic]
            if tactic == Tactic.PURCHASE:
                start = max(start, hour - self.model.parameters.stores.hold_hours + 1)
            for past in range(start, hour - delay + 1):
                faded = math.exp(-(hour - past) / memory)
                for store in stores:
                    n = self._n_found(books, stream, past, store, tactic, share)
                    if n:
                        self._undo_found(tactic, store, n, past, faded, books, hour)
            self.unexamined[tactic] = max(start, hour - delay + 1)

    def _n_found(self, books, stream, past, store, tactic, share):
        u = self.model.dice.u
        n = int(books.actions[past, store.row, tactic])
        return sum(u(stream, store.row, past, d) < share for d in range(n))

    def _undo_found(self, tactic, store, n, past, faded, books, hour):
        if tactic == Tactic.CLICK:
            books.ad_refund[hour, store.row] += store.click_cost * n
            return
        self.undone = self.undone + n * faded
        if tactic == Tactic.BAD_REVIEW:
            store.n_bad -= n
        else:
            books.out[past, store.row] -= n
            store.stock += n
            handling = self.model.parameters.stores.handling_purchase
            books.loss[hour, store.row, Cause.HANDLING] -= handling * n

    # Beliefs and payments

    def share_undone(self):
        """Give the share of false actions that people think undone."""
        return min(1.0, self.undone / self.done) if self.done > 0.0 else 0.0

    def compensate(self, store, claim):
        """Pay a part of what a store claims, padding included."""
        if self.orders.compensate <= 0.0:
            return 0.0
        return self.orders.compensate * (1.0 + self.orders.padding) * claim

    def mean_view(self, sellers):
        """Give the mean of the sellers' views, added in single precision (2.3)."""
        if not sellers:
            return math.nan
        return float(np.mean(np.array([s.legitimacy for s in sellers], np.float32)))
