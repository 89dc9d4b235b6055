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


class Organisers(mesa.Agent):
    """The committee: phase, call, ultimatum, tallies, and the queue for the floor."""

    def __init__(self, model):
        super().__init__(model)
        self.phase, self.phase_since = Phase.GATHER, 0
        self.next_phase: Phase | None = None
        self.next_phase_at = -1
        self.focal = -1
        self.ultimatum = self.deadline = -1
        self.tally = [0.0] * len(Motion)
        self.top_today = self.top_ever = 0.0
        self.queue: list[Request] = []
        self.clock = 0.0  # second from which the floor is free

    @property
    def has_protest(self):
        """Tell whether there is something to answer."""
        return self.phase in (Phase.ATTACK, Phase.TRUCE, Phase.ESCALATE)

    def begin(self, phase, hour):
        """Begin a phase; a truce names an ultimatum and its deadline."""
        self.phase, self.phase_since = phase, hour
        if phase == Phase.TRUCE:
            self.ultimatum = hour
            self.deadline = (hour // 24 + self.model.parameters.channel.truce_days) * 24

    def begin_what_is_due(self, hour, answer):
        """Begin the next phase when its hour has come; end a truce at its deadline (7.4)."""
        p = self.model.parameters.channel
        if self.next_phase is not None and hour >= self.next_phase_at:
            phase, self.next_phase = self.next_phase, None
            self.begin(phase, hour)
        if self.phase == Phase.TRUCE and self.deadline >= 0 and hour >= self.deadline:
            if answer >= p.answer_accepted:
                self.begin(Phase.DISSOLVE, hour)
            elif answer >= p.answer_heard:
                self.deadline += 24
            else:
                self.begin(Phase.ESCALATE, hour)

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
            )
            for person in people
            if person.is_in and person.online
            for d in range(dice.poisson(Stream.N_REQUESTS, person.row, hour, mean))
        ]
        return sorted(asked, key=lambda request: request.asked)

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
        if leading == Motion.PAUSE:
            return Phase.TRUCE
        if self.phase == Phase.ATTACK:
            if leading == Motion.ESCALATE:
                return Phase.ESCALATE
            if hour - self.phase_since >= p.attack_before_truce:
                return Phase.TRUCE
        return self.phase

    def call(self, stores):
        """Call the leading target."""
        listed = [store for store in stores if store.listed]
        best = max(listed, key=lambda s: s.support + s.visibility, default=None)
        self.focal = -1 if best is None else best.row
