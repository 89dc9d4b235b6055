"""Stage 4: the floor, its queue, what speakers ask for, and whom they call (docs/odd.md, 7.7)."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from sim.core.chance import Stream, poisson, uniform
from sim.core.compiled import kernel
from sim.core.state import Stores
from sim.core.units import F64, I32, Bool, Motion, parameter


class ChannelParameters(NamedTuple):
    """The voice channel, its queue and its committee."""

    slot_seconds: Annotated[float, parameter("length of a speaking slot", unit="s", source="facts.csv F08", ge=1, le=3600)] = 60.0  # fmt: skip
    queue_places: Annotated[int, parameter("largest number of people who may wait to speak", unit="people", source="facts.csv F07", ge=1, le=5000)] = 500  # fmt: skip
    request_rate: Annotated[float, parameter("q, rate at which a member who is online asks to speak", unit="1/h", source="prototype", ge=0, le=5, log_prior=(0.002, 0.06))] = 0.02  # fmt: skip
    balking: Annotated[
        float,
        parameter(
            "largest chance that who would ask to speak does not, once the queue is full; in proportion to the places taken",
            unit="share",
            source="second prototype; customers who balk: Haight (1957)",
            ge=0,
            le=1,
            prior=(0.6, 1),
        ),
    ] = 1.0
    support_kept: Annotated[
        float,
        parameter(
            "share of the support for a target that carries over to the next hour",
            unit="share",
            source="prototype",
            ge=0,
            le=1,
            prior=(0.85, 0.99),
        ),
    ] = 0.96
    tally_kept: Annotated[float, parameter("share of the tally of motions that carries over to the next hour", unit="share", ge=0, le=1)] = 0.9  # fmt: skip
    visibility: Annotated[float, parameter("initial visibility of a store with an average brand", unit="nominations", gt=0, le=1e4)] = 1.0  # fmt: skip
    contagion: Annotated[float, parameter("gamma, how strongly nominations follow existing support", unit="1", source="prototype, moved by hand", ge=0, le=5, prior=(1, 1.8))] = 1.45  # fmt: skip
    motion_noise: Annotated[float, parameter("noise in a speaker's choice of motion", unit="1", gt=0, le=10)] = 0.5  # fmt: skip
    motion_fervour: Annotated[float, parameter("how much more eager to act a speaker is than the utility U alone implies", unit="1", ge=-5, le=10)] = 2.0  # fmt: skip
    motion_talks: Annotated[float, parameter("how strongly an answer by the platform favours a pause", unit="1", ge=0, le=10)] = 4.0  # fmt: skip
    motion_unanswered: Annotated[float, parameter("how strongly silence favours escalation, per day without an answer", unit="1/day", ge=0, le=10)] = 0.2  # fmt: skip
    quorum: Annotated[float, parameter("people online that are needed to call an attack", unit="people", source="facts.csv F01", ge=0, le=1e6)] = 3000.0  # fmt: skip
    assembly_hour: Annotated[int, parameter("hour of the day at which the assembly meets", unit="hour", source="facts.csv F27", ge=0, le=23)] = 21  # fmt: skip
    muster_after: Annotated[
        int,
        parameter(
            "hours from the announcement before which nobody calls to an assembly",
            unit="h",
            source="facts-2011.csv N09: the call was seen the evening before the attack",
            ge=0,
            le=1000,
        ),
    ] = 24
    muster_hours: Annotated[
        int,
        parameter(
            "hours before an assembly at which the call to it goes out, while people gather; 0: nobody calls",
            unit="h",
            source="facts-2011.csv N05, N09",
            ge=0,
            le=24,
            prior=(2, 8),
        ),
    ] = 5
    first_targets: Annotated[
        int,
        parameter(
            "stores on the list for the first night, by how visible they are",
            unit="stores",
            source="facts-2011.csv N11",
            ge=1,
            le=100,
            prior=(1, 10),
        ),
    ] = 5
    targets: Annotated[
        int,
        parameter(
            "stores called at once after the first night, shared out among groups",
            unit="stores",
            source="facts-2011.csv N10",
            ge=1,
            le=100,
            prior=(1, 6),
        ),
    ] = 2
    attack_before_truce: Annotated[
        float,
        parameter(
            "shortest duration of an unanswered attack before a truce is called",
            unit="h",
            source="facts-2011.csv F40: any value from above 24 to 48 calls it on the third evening",
            ge=0,
            le=1000,
        ),
    ] = 30.0
    truce_hour: Annotated[int, parameter("hour of the following day at which a truce begins", unit="hour", ge=0, le=23)] = 9  # fmt: skip
    truce_days: Annotated[
        int,
        parameter(
            "calendar days after which the ultimatum expires, at midnight; the day on which the truce begins is the first",
            unit="days",
            source="facts.csv F16",
            ge=1,
            le=14,
        ),
    ] = 2
    answer_heard: Annotated[float, parameter("answer from which on more is awaited, and a truce goes on", unit="share", ge=0, le=1, prior=(0.1, 0.6))] = 0.3  # fmt: skip
    answer_accepted: Annotated[
        float,
        parameter(
            "answer from which on the protest is called off",
            unit="share",
            source="assumed; partial concessions ended none of three protests at once (Taobao 2011, Zomato 2019, Baemin 2020)",
            ge=0,
            le=1,
            prior=(0.5, 1),
        ),
    ] = 0.8
    dissolve_share: Annotated[float, parameter("share of its peak that attendance falls below when the protest ends; 0: it only fades", unit="share", ge=0, le=1, prior=(0, 0.05))] = 0.01  # fmt: skip
    await_hours: Annotated[
        float,
        parameter(
            "longest time for which a word is awaited: from a regulator's statement, the beginning of talks or an answer that is heard",
            unit="h",
            source="facts-2011.csv F31, F38: two days",
            ge=0,
            le=1000,
            log_prior=(12, 96),
        ),
    ] = 36.0
    divert_after: Annotated[
        float,
        parameter(
            "time from an answer that is not accepted, or from an unanswered deadline, to the call for another target than the stores",
            unit="h",
            source="facts-2011.csv F39: four days from the answer",
            ge=0,
            le=10_000,
            log_prior=(48, 336),
        ),
    ] = 96.0
    contact_rate: Annotated[float, parameter("rate at which the committee itself contacts the platform", unit="1/h", source="facts.csv F17", ge=0, le=1)] = 0.0  # fmt: skip


class Requests(NamedTuple):
    """Who asks for the floor in an hour, and when."""

    member: I32  # row of the crowd
    moment: F64  # seconds since hour 0
    patience: F64  # who balks: number of 0-1, met by the chance


class Queue(NamedTuple):
    """Who waits for the floor, in order of arrival."""

    member: I32
    asked: F64  # seconds since hour 0
    clock: F64  # shape (1,): the second from which the floor is free


class Speeches(NamedTuple):
    """Who speaks in an hour, in order."""

    speaker: I32
    wait: F64  # seconds


@kernel
def draw_requests(
    key: np.uint64, hour: int, inside: I32, online: Bool, rate: float, out: Requests
) -> int:
    """Draw who asks for the floor and when: Poisson(rate) requests a member online.

    Returns how many; more than there are places means: give larger arrays, nothing is lost.
    """
    n = 0
    for r in range(inside.size):
        i = inside[r]
        if not online[i]:
            continue
        times = poisson(key, Stream.N_REQUESTS, hour, i, rate)
        for d in range(times):
            if n < out.member.size:
                out.member[n] = i
                out.moment[n] = (hour + uniform(key, Stream.REQUEST_MOMENT, hour, i, d)) * 3600.0
                out.patience[n] = uniform(key, Stream.BALKING, hour, i, d)
            n += 1
    return n


@kernel
def balks(u: float, n_waiting: int, p: ChannelParameters) -> bool:
    """Do not queue: with the chance ``balking`` times the share of places taken.

    Source: Haight (1957), Queueing with balking; second prototype.
    """
    return u < p.balking * n_waiting / p.queue_places


@kernel
def serve(
    ends: float, asks: Requests, queue: Queue, n_waiting: int, p: ChannelParameters, out: Speeches
) -> tuple[int, int, int, int]:
    """Serve the floor up to second ``ends``: one speaker a slot, first come first served.

    Requests come in the order of their moments. Who finds the floor free speaks at once; who
    finds many waiting may not queue (`balks`), and who finds all places taken is turned away.
    Source: M/D/1/K, with balking.

    Returns
    -------
    tuple of int
        How many spoke, how many were turned away, how many still wait, and the longest queue met.
    """
    member, asked, clock = queue.member, queue.asked, queue.clock
    ask_member, ask_moment, slot = asks.member, asks.moment, p.slot_seconds
    n_spoke, n_refused, longest = 0, 0, n_waiting
    a = 0
    head = 0  # first of those who waited; the rest move up at the end
    tail = n_waiting
    capacity = member.size
    while True:
        next_ask = ask_moment[a] if a < ask_moment.size else np.inf
        n_now = tail - head
        next_slot = np.inf
        if n_now > 0:
            next_slot = max(clock[0], asked[head % capacity])
        if next_slot >= ends and next_ask >= ends:
            break
        if next_slot <= next_ask:
            out.speaker[n_spoke] = member[head % capacity]
            out.wait[n_spoke] = next_slot - asked[head % capacity]
            clock[0] = next_slot + slot
            head += 1
            n_spoke += 1
        elif n_now == 0 and next_ask >= clock[0]:
            out.speaker[n_spoke] = ask_member[a]
            out.wait[n_spoke] = 0.0
            clock[0] = next_ask + slot
            n_spoke += 1
            a += 1
        elif balks(asks.patience[a], n_now, p):
            a += 1
        elif n_now < p.queue_places:
            member[tail % capacity] = ask_member[a]
            asked[tail % capacity] = next_ask
            tail += 1
            a += 1
            longest = max(longest, tail - head)
        else:
            n_refused += 1
            a += 1
    n_left = tail - head
    kept_member = np.empty(n_left, np.int32)
    kept_asked = np.empty(n_left)
    for k in range(n_left):
        kept_member[k] = member[(head + k) % capacity]
        kept_asked[k] = asked[(head + k) % capacity]
    for k in range(n_left):
        member[k] = kept_member[k]
        asked[k] = kept_asked[k]
    return n_spoke, n_refused, n_left, longest


@kernel
def drop_absent(online: Bool, queue: Queue, n_waiting: int) -> int:
    """Take those who went offline out of the queue; returns how many still wait."""
    member, asked = queue.member, queue.asked
    kept = 0
    for k in range(n_waiting):
        if online[member[k]]:
            member[kept] = member[k]
            asked[kept] = asked[k]
            kept += 1
    return kept


@kernel
def pick(weights: F64, u: float) -> int:
    """Pick an index with probability proportional to its weight; -1 when all are 0."""
    total = 0.0
    for k in range(weights.size):
        total += weights[k]
    if total <= 0.0:
        return -1
    at = u * total
    last = -1
    for k in range(weights.size):
        if weights[k] > 0.0:
            last = k
            at -= weights[k]
            if at < 0.0:
                return k
    return last


@kernel
def nomination_weights(stores: Stores, contagion: float) -> F64:
    """Weight of each listed store for a nomination: (support + visibility) ** gamma."""
    out = np.zeros(stores.listed.size)
    for k in range(out.size):
        if stores.listed[k]:
            out[k] = (stores.support[k] + stores.visibility[k]) ** contagion
    return out


@kernel
def most_called(stores: Stores, n: int, by_list: bool) -> I32:
    """Find the ``n`` listed stores that are called most, the first of equals first.

    By the list of the first night (visibility alone) or by support and visibility. Fewer where
    fewer are above 0.
    """
    out = np.empty(n, np.int32)
    taken = np.zeros(stores.listed.size, np.bool_)
    for r in range(n):
        best, most = -1, 0.0
        for k in range(stores.listed.size):
            called = stores.visibility[k] + (0.0 if by_list else stores.support[k])
            if stores.listed[k] and not taken[k] and called > most:
                best, most = k, called
        if best < 0:
            return out[:r]
        taken[best] = True
        out[r] = best
    return out


@kernel
def motion(
    u: float, utility: float, answer: float, days_unanswered: float, p: ChannelParameters
) -> int:
    """Choose what a speaker asks for, by logit over four motions.

    With F = U + fervour: attack F; pause talks * answer; escalate F + unanswered * days - 1;
    dissolve answer - F.
    Leaves out: rhetoric, and what earlier speakers said.
    """
    fervour = utility + p.motion_fervour
    pause = p.motion_talks * answer
    escalate = fervour + p.motion_unanswered * days_unanswered - 1.0
    dissolve = answer - fervour
    top = max(fervour, pause, escalate, dissolve)
    v_attack = math.exp((fervour - top) / p.motion_noise)
    v_pause = math.exp((pause - top) / p.motion_noise)
    v_escalate = math.exp((escalate - top) / p.motion_noise)
    v_dissolve = math.exp((dissolve - top) / p.motion_noise)
    at = u * (v_attack + v_pause + v_escalate + v_dissolve)
    if at < v_attack:
        return Motion.ATTACK.value
    if at < v_attack + v_pause:
        return Motion.PAUSE.value
    if at < v_attack + v_pause + v_escalate:
        return Motion.ESCALATE.value
    return Motion.DISSOLVE.value


class Standing(NamedTuple):
    """How the platform stands with the protest, as speakers see it."""

    answer: float  # how far the demands are answered, 0-1
    days_unanswered: float  # since the first attack; 0 once there is an answer


@kernel
def hear(
    key: np.uint64, hour: int, speaker: I32, utility: F64, standing: Standing, stores: Stores,
    p: ChannelParameters, tally: F64,
) -> None:  # fmt: skip
    """Let the hour's speakers each nominate a store and ask for a motion.

    Stores are weighted once, as they are before the first speech; their column ``support``
    changes. The row of the draws is the speech's number in the hour.
    """
    if speaker.size == 0:
        return
    weights = nomination_weights(stores, p.contagion)
    for r in range(speaker.size):
        k = pick(weights, uniform(key, Stream.NOMINATION, hour, r, 0))
        if k >= 0:
            stores.support[k] += 1.0
        u = uniform(key, Stream.MOTION, hour, r, 0)
        asked = motion(u, utility[speaker[r]], standing.answer, standing.days_unanswered, p)
        tally[asked] += 1.0
