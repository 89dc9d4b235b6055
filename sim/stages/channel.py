"""Stage 4: the queue moves, speakers speak, the organisers decide."""

import numpy as np

from sim.core import calendar
from sim.core.units import I32, Phase
from sim.rules import assembly, channel
from sim.world import diary
from sim.world.changes import begin, is_awaited
from sim.world.world import World


def speak(world: World) -> None:
    """Stage 4: support fades, the floor is held, the assembly meets, a target is called."""
    p, h, o, stores = world.scenario.channel, world.hour, world.organisers, world.stores
    stores.support[:] *= p.support_kept
    o.tally *= p.tally_kept
    world.log(queue_wait=np.nan)
    _listen(world)
    online = float(world.books.series["online"][h])
    if online > 0:
        _hold_the_floor(world, online)
    else:
        world.floor.n = 0
    if world.hour_of_day == p.assembly_hour and o.top_ever > 0:
        _meet(world, online)
    o.targets = _targets(world)
    world.log(phase=float(o.phase), n_queue=world.floor.n)


def _listen(world: World) -> None:
    """Note from when a word is awaited: a ministry speaks, talks begin, an answer is heard.

    Each counts once, an answer whenever it is better than the best so far; what was decided in
    the last hour is heard in this one. An answer that is heard leads to something or stalls.
    """
    o, platform, h = world.organisers, world.platform, world.hour
    for heard, name in ((platform.orders.regulator, "regulator"), (platform.talks, "talks")):
        if heard and name not in o.words:
            o.words.add(name)
            o.awaited = h
    if platform.answer > o.heard and platform.answer >= world.scenario.channel.answer_heard:
        o.heard = platform.answer
        o.awaited = o.stalled = h


def _targets(world: World) -> I32:
    """Return the stores called: in the first night those of a list, then those called most."""
    p, first = world.scenario.channel, world.platform.first_attack
    first_night = first < 0 or calendar.day_of(world.hour) == calendar.day_of(first)
    n = p.first_targets if first_night else p.targets
    return channel.most_called(world.stores, n, first_night)


def _hold_the_floor(world: World, online: float) -> None:
    p, h, floor, crowd = world.scenario.channel, world.hour, world.floor, world.crowd
    queue = floor.queue
    floor.n = channel.drop_absent(crowd.online, queue, floor.n)
    rate = p.request_rate * world.weight
    size = int(p.request_rate * online * 1.5) + 200
    while True:
        asks = channel.Requests(np.empty(size, np.int32), np.empty(size), np.empty(size))
        n = channel.draw_requests(world.key, h, world.inside, crowd.online, rate, asks)
        if n <= size:
            break
        size = n
    order = np.argsort(asks.moment[:n], kind="stable")
    asks = channel.Requests(asks.member[order], asks.moment[order], asks.patience[order])
    slots = int(3600 / p.slot_seconds) + 2
    speeches = channel.Speeches(np.empty(slots, np.int32), np.empty(slots))
    n_spoke, refused, floor.n, _longest = channel.serve(
        (h + 1) * 3600.0, asks, queue, floor.n, p, speeches
    )
    world.log(new_refused=refused, new_speakers=n_spoke)
    if not n_spoke:
        return
    wait = speeches.wait[:n_spoke]
    world.log(queue_wait=wait.mean() / 3600, longest_wait=wait.max() / 3600)
    platform = world.platform
    unanswered = platform.first_attack >= 0 and platform.answer == 0
    days = (h - platform.first_attack) / calendar.HOURS_A_DAY if unanswered else 0.0
    channel.hear(
        world.key, h, speeches.speaker[:n_spoke], crowd.utility,
        channel.Standing(float(platform.answer), days), world.stores, p, world.organisers.tally,
    )  # fmt: skip


def _meet(world: World, online: float) -> None:
    p, h, o = world.scenario.channel, world.hour, world.organisers
    tidings = assembly.AssemblyInputs(
        hour=h,
        online=online,
        top_today=o.top_today,
        top_ever=o.top_ever,
        hours_in_phase=h - o.phase_since,
        answer=world.platform.answer,
        leading=int(o.tally.argmax()) if o.tally.sum() > 0 else -1,
        awaited=is_awaited(world),
        hours_stalled=h - o.stalled if o.stalled >= 0 else -1,
    )
    then = assembly.decide(o.phase, tidings, p)
    diary.note_assembly(world, tidings, then)
    if then == Phase.TRUCE and o.phase != Phase.TRUCE:
        if o.next_phase is not None:  # called by an earlier assembly, and not begun yet
            return
        tomorrow = (calendar.day_of(h) + 1) * calendar.HOURS_A_DAY
        o.next_phase = (tomorrow + p.truce_hour, Phase.TRUCE)
    elif then != o.phase:
        o.next_phase = None  # a truce called before and not begun: the later word counts
        begin(world, then)
