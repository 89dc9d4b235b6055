"""The channel and its committee (7.4, 7.7)."""

import math
from dataclasses import dataclass

import mesa
import numpy as np

from sim.core.chance import Stream
from sim.core.units import Motion, Phase
from tests.reference.crowd import Person
from tests.reference.dice import running_sums


@dataclass(frozen=True)
class Request:
    """Somebody who asked for the floor, and the second at which."""

    person: Person
    asked: float
    patience: float


class Organisers(mesa.Agent):
    """The committee: phase, call, ultimatum, tallies, and the queue for the floor."""

    def __init__(self, model):
        super().__init__(model)
        self.phase, self.phase_since = Phase.GATHER, 0
        self.next_phase: Phase | None = None
        self.next_phase_at = -1
        self.targets: list[int] = []
        self.ultimatum = self.deadline = self.pause_again = -1
        self.called = self.awaited = self.stalled = -1
        self.heard, self.words = 0.0, set()
        self.tally = [0.0] * len(Motion)
        self.top_today = self.top_ever = 0.0
        self.queue: list[Request] = []
        self.clock = 0.0  # second from which the floor is free

    @property
    def has_protest(self):
        """Tell whether there is something to answer."""
        return self.calls_to_act or self.phase == Phase.TRUCE

    @property
    def calls_to_act(self):
        """Tell whether people are called to act."""
        return self.phase in (Phase.ATTACK, Phase.ESCALATE, Phase.DIVERT)

    def awaits_a_word(self, hour):
        """Tell whether a word of a regulator or the platform is awaited (7.7)."""
        wait = self.model.parameters.channel.await_hours
        return self.awaited >= 0 and hour - self.awaited < wait

    def begin(self, phase, hour):
        """Begin a phase; a truce names an ultimatum and its deadline."""
        self.phase, self.phase_since = phase, hour
        if phase == Phase.TRUCE:
            if self.ultimatum >= 0 and self.pause_again < 0:
                self.pause_again = hour
            self.ultimatum = hour
            self.deadline = (hour // 24 + self.model.parameters.channel.truce_days) * 24

    def begin_what_is_due(self, hour, answer):
        """Begin the next phase when its hour has come; end a truce at its deadline (7.4)."""
        p = self.model.parameters.channel
        if self.next_phase is not None and hour >= self.next_phase_at:
            phase, self.next_phase = self.next_phase, None
            self.begin(phase, hour)
        if self.phase == Phase.TRUCE and self.deadline >= 0 and hour >= self.deadline:
            accepted = answer >= p.answer_accepted
            if not accepted and self.awaits_a_word(hour):
                self.deadline += 24
                if self.pause_again < 0:
                    self.pause_again = hour
            else:
                self.stalled = hour
                self.begin(Phase.DISSOLVE if accepted else Phase.ESCALATE, hour)

    def call_to_assembly(self, hour):
        """Let the call go out, so many hours before the next assembly (7.4)."""
        p, announced = self.model.parameters.channel, self.model.parameters.announced
        if announced is None or hour < announced or self.phase != Phase.GATHER:
            return

        def assembly_from(hour):
            return hour + (p.assembly_hour - hour) % 24

        following = max(assembly_from(announced + p.muster_after), assembly_from(hour))
        if following - hour == p.muster_hours > 0:
            self.called = hour

    def count_heads(self, online):
        """Remember the highest attendance of the day and of all days."""
        self.top_today = max(self.top_today, online)
        self.top_ever = max(self.top_ever, online)

    # The floor

    def forget(self, stores):
        """Let support and tallies fade."""
        p = self.model.parameters.channel
        for store in stores:
            store.support = store.support * p.support_kept
        self.tally = [tally * p.tally_kept for tally in self.tally]

    def requests(self, people, hour):
        """Let members online ask for the floor, each at its own second."""
        dice, mean = self.model.dice, self.model.parameters.channel.request_rate * self.model.weight
        asked = [
            Request(
                person,
                (hour + dice.u(Stream.REQUEST_MOMENT, person.row, hour, d)) * 3600.0,
                dice.u(Stream.BALKING, person.row, hour, d),
            )
            for person in people
            if person.is_in and person.online
            for d in range(dice.poisson(Stream.N_REQUESTS, person.row, hour, mean))
        ]
        return sorted(asked, key=lambda request: request.asked)

    def listen(self, hour, platform):
        """Note from when a word is awaited, by what was decided in the last hour (7.7)."""
        for word, is_said in (("regulator", platform.orders.regulator), ("talks", platform.talks)):
            if is_said and word not in self.words:
                self.words.add(word)
                self.awaited = hour
        answer = platform.answer
        if answer > self.heard and answer >= self.model.parameters.channel.answer_heard:
            self.heard, self.awaited, self.stalled = answer, hour, hour

    def hold_the_floor(self, people, hour):
        """Serve the queue for an hour; give those who spoke, their waits, and how many left."""
        p = self.model.parameters.channel
        self.queue = [request for request in self.queue if request.person.online]
        asking = self.requests(people, hour)
        speakers, waits, refused = [], [], 0
        end = (hour + 1) * 3600
        while True:
            next_ask = asking[0].asked if asking else math.inf
            next_slot = max(self.clock, self.queue[0].asked) if self.queue else math.inf
            if next_ask >= end and next_slot >= end:
                return speakers, waits, refused
            if next_slot <= next_ask:
                first = self.queue.pop(0)
                speakers.append(first.person)
                waits.append(next_slot - first.asked)
                self.clock = next_slot + p.slot_seconds
            elif not self.queue and next_ask >= self.clock:
                speakers.append(asking.pop(0).person)
                waits.append(0.0)
                self.clock = next_ask + p.slot_seconds
            elif asking[0].patience < p.balking * len(self.queue) / p.queue_places:
                asking.pop(0)
            elif len(self.queue) < p.queue_places:
                self.queue.append(asking.pop(0))
            else:
                asking.pop(0)
                refused += 1

    def hear(self, speakers, stores, hour, answer, days_unanswered):
        """Hear every speaker's target and motion."""
        gamma = self.model.parameters.channel.contagion
        weights = [
            (store.support + store.visibility) ** gamma if store.listed else 0.0 for store in stores
        ]
        for r, speaker in enumerate(speakers):
            store = self._nominated(stores, weights, hour, r)
            if store is not None:
                store.support = store.support + 1.0
            motion = self._motion(speaker, hour, r, answer, days_unanswered)
            self.tally[motion] = self.tally[motion] + 1.0

    def _nominated(self, stores, weights, hour, r):
        total = running_sums(weights)[-1]
        if total <= 0.0:
            return None
        at = self.model.dice.u(Stream.NOMINATION, r, hour) * total
        chosen = None
        for store, weight in zip(stores, weights, strict=True):
            if weight > 0.0:
                chosen = store
                at = at - weight
                if at < 0.0:
                    break
        return chosen

    def _motion(self, speaker, hour, r, answer, days_unanswered):
        p = self.model.parameters.channel
        fervent = speaker.utility + p.motion_fervour
        pause = p.motion_talks * answer
        escalate = fervent + p.motion_unanswered * days_unanswered - 1.0
        dissolve = answer - fervent
        top = max(fervent, pause, escalate, dissolve)
        v_attack, v_pause, v_escalate, v_dissolve = (
            math.exp((x - top) / p.motion_noise) for x in (fervent, pause, escalate, dissolve)
        )
        at = self.model.dice.u(Stream.MOTION, r, hour) * (
            v_attack + v_pause + v_escalate + v_dissolve
        )
        if at < v_attack:
            return Motion.ATTACK
        if at < v_attack + v_pause:
            return Motion.PAUSE
        if at < v_attack + v_pause + v_escalate:
            return Motion.ESCALATE
        return Motion.DISSOLVE

    # The assembly

    def meet(self, hour, online, answer):
        """Decide on the next phase."""
        new = self._resolved(hour, online, answer)
        if new == self.phase:
            return
        if new != Phase.TRUCE:
            self.next_phase = None
            self.begin(new, hour)
        elif self.next_phase is None:
            self.next_phase = Phase.TRUCE
            self.next_phase_at = (hour // 24 + 1) * 24 + self.model.parameters.channel.truce_hour

    def _resolved(self, hour, online, answer):
        p = self.model.parameters.channel
        leading = Motion(int(np.argmax(self.tally))) if any(self.tally) else None
        if self.phase == Phase.DISSOLVE:
            return Phase.DISSOLVE
        if self.phase == Phase.GATHER:
            called = online >= p.quorum and leading not in (Motion.PAUSE, Motion.DISSOLVE)
            return Phase.ATTACK if called else Phase.GATHER
        if answer >= p.answer_accepted or leading == Motion.DISSOLVE:
            return Phase.DISSOLVE
        if self.phase == Phase.TRUCE:
            return Phase.TRUCE
        if self.top_today < p.dissolve_share * self.top_ever:
            return Phase.DISSOLVE
        if self.awaits_a_word(hour) or leading == Motion.PAUSE:
            return Phase.TRUCE
        if self.phase == Phase.DIVERT or 0 <= self.stalled <= hour - p.divert_after:
            return Phase.DIVERT
        return self._attacked_on(hour, leading)

    def _attacked_on(self, hour, leading):
        """Escalate, or rest, or go on as before."""
        since = hour - self.phase_since
        if self.phase == Phase.ATTACK and leading == Motion.ESCALATE:
            return Phase.ESCALATE
        if (
            self.phase == Phase.ATTACK
            and since >= self.model.parameters.channel.attack_before_truce
        ):
            return Phase.TRUCE
        return self.phase

    def call(self, stores, hour, first_attack):
        """Call the leading targets; in the first night those of a list."""
        p = self.model.parameters.channel
        by_list = first_attack < 0 or hour // 24 == first_attack // 24

        def called(store):
            return store.visibility if by_list else store.support + store.visibility

        able = [store for store in stores if store.listed and called(store) > 0.0]
        able.sort(key=called, reverse=True)  # keeps the order of equals
        self.targets = [store.row for store in able[: p.first_targets if by_list else p.targets]]
