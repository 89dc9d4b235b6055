"""The platform: its measures, what they order, and how it carries that out (7.9)."""

import math
from dataclasses import dataclass, field, fields

import mesa
import numpy as np
from scipy.special import ndtr, ndtri

from sim.chance import Stream
from sim.units import Cause, Tactic
from tests.reference.fees import Concession

ADDED = ("cost", "calls")


@dataclass
class Orders:
    """What all measures in force ask for together."""

    restore_reviews: float = 0.0
    void_orders: float = 0.0
    refund_clicks: float = 0.0
    honest_reviews: float = 0.0
    honest_orders: float = 0.0
    honest_clicks: float = 0.0
    delay_reviews: int = 0
    delay_orders: int = 0
    delay_clicks: int = 0
    mistake_cost: float = 0.0
    throttle: float = 0.0
    throttle_honest: float = 0.0
    compensate: float = 0.0
    padding: float = 0.0
    sanction: float = 0.0
    punishment: float = 0.0
    sellers_checked: float = 0.0
    sellers_found: float = 0.0
    sellers_mistaken: float = 0.0
    fine: float = 0.0
    resentment: float = 0.0
    close_channel: float = 0.0
    answer: float = 0.0
    talks: float = 0.0
    talks_answer: float = 0.0
    calls: float = 0.0
    call_gain: float = 0.0
    call_backfires: float = 0.0
    cost: float = 0.0
    police: bool = False
    statement: bool = False
    regulator: bool = False
    concession: dict[str, float] = field(default_factory=dict)

    def take(self, other):
        """Take another measure's orders in: costs and calls add, the rest takes the larger."""
        for name in (f.name for f in fields(self)):
            mine, theirs = getattr(self, name), getattr(other, name)
            if name == "concession":
                for part, value in theirs.items():
                    mine[part] = max(mine.get(part, 0.0), value)
            else:
                setattr(self, name, mine + theirs if name in ADDED else max(mine, theirs))

    @property
    def examine_something(self):
        """Tell whether honest things can be hit."""
        return any(
            x > 0.0
            for x in (
                self.restore_reviews,
                self.void_orders,
                self.refund_clicks,
                self.throttle,
                self.honest_reviews,
                self.honest_orders,
                self.honest_clicks,
                self.throttle_honest,
            )
        )


def share_found(measure):
    """Give the share of false ones found, when a given share of honest ones is."""
    f = measure.false_positive_share
    if f <= 0.0 or f >= 1.0:
        return float(f >= 1.0)
    return float(ndtr(measure.separation + ndtri(f)))


def orders_of(measure, is_new):
    """Give the orders of a measure in force; ``is_new`` in the hour in which it begins."""
    m, k = measure, measure.strength
    match m.kind:
        case "restore-ratings":
            orders = Orders(
                restore_reviews=k * share_found(m),
                honest_reviews=k * m.false_positive_share,
                delay_reviews=m.delay,
                mistake_cost=m.cost_per_mistake,
            )
        case "void-orders":
            orders = Orders(
                void_orders=k * share_found(m),
                honest_orders=k * m.false_positive_share,
                delay_orders=m.delay,
                mistake_cost=m.cost_per_mistake,
            )
        case "refund-clicks":
            orders = Orders(
                refund_clicks=k * share_found(m),
                honest_clicks=k * m.false_positive_share,
                delay_clicks=m.delay,
                mistake_cost=m.cost_per_mistake,
            )
        case "throttle":
            orders = Orders(
                throttle=k * share_found(m),
                throttle_honest=k * m.false_positive_share,
                mistake_cost=m.cost_per_mistake,
            )
        case "compensate-stores":
            orders = Orders(compensate=k * m.share, padding=m.padding_share)
        case "police-report":
            orders = Orders(sanction=k * m.sanction, punishment=k * m.backlash, police=True)
        case "punish-sellers":
            orders = Orders(
                sellers_checked=k * min(1.0, m.checked_per_day / 24),
                sellers_found=k * share_found(m),
                sellers_mistaken=k * m.false_positive_share,
                fine=m.fine,
                resentment=m.resentment,
                sanction=k * m.sanction,
                punishment=k * m.backlash,
            )
        case "close-channel":
            lost = k * m.lost_share if is_new else 0.0
            orders = Orders(close_channel=lost, punishment=k * m.backlash)
        case "statement":
            orders = Orders(answer=k * m.answer, statement=True)
        case "open-talks":
            orders = Orders(talks=k * m.contact_rate, talks_answer=k * m.answer)
        case "contact-merchants":
            calls = m.calls_per_day / 24
            orders = Orders(
                calls=k * calls,
                call_gain=m.persuasion,
                call_backfires=m.backfire_share,
                cost=k * (calls * m.cost_per_call),
            )
        case "regulator":
            orders = Orders(answer=k * m.answer, regulator=True)
        case _:
            part, amount = {
                "postpone": lambda: ("postponed_share", m.months / 12),
                "grandfather": lambda: ("grandfathered_share", m.covered_share),
                "roll-back": lambda: ("rolled_back_share", m.share),
                "halve-deposit": lambda: ("deposit_cut", m.share),
                "subsidise": lambda: ("subsidy", m.amount),
            }[m.kind]()
            orders = Orders(answer=k * m.answer, statement=True, concession={part: k * amount})
    orders.cost = orders.cost + k * m.cost_per_hour
    return orders


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
            self.orders.take(orders_of(measure, is_new=begun == hour))

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
        """Close the channel once: the queue goes, and some of the people."""
        if self.orders.close_channel <= 0.0:
            return
        self.model.organisers.queue = []
        for person in people:
            lost = self.model.dice.u(Stream.CHANNEL_LOST, person.row, hour)
            if person.is_in and lost < self.orders.close_channel:
                self.model.leaves(person)

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
        before, self.concession = self.concession, Concession(**self.orders.concession)
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
