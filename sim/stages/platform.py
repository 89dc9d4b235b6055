"""Stage 6: the platform's measures act; what is due is undone."""

import math

import numpy as np

from sim.core import chance
from sim.core.chance import Stream
from sim.core.units import DEMANDING, Cause, Stance, Tactic
from sim.responses import Orders, PlatformView, merge
from sim.rules import detection, persuasion
from sim.world import diary
from sim.world.changes import expel
from sim.world.world import World, weigh_fees


def respond(world: World) -> None:
    """Stage 6: collect the orders of every measure in force, and carry them out."""
    h, platform = world.hour, world.platform
    view = view_of(world)
    ordered: list[Orders] = []
    in_force: list[str] = []
    begun = world.books.begun
    for m, measure in enumerate(world.scenario.response.measures):
        if m not in begun and measure.strength > 0 and measure.trigger.is_met(view):
            begun[m] = h
        if m in begun and measure.in_force(h, begun[m]):
            ordered.append(measure.orders_at(view._replace(begun=begun[m])))
            in_force.append(measure.kind)
    platform.orders = orders = merge(tuple(ordered))
    world.log(response_cost=orders.cost)
    if orders.calls > 0:
        _call_sellers(world, orders)
    if orders.sellers_checked > 0:
        _punish(world, orders)
    _let_return(world)
    if orders.close_channel > 0:
        _close_the_channel(world, orders)
    _meet_the_committee(world, orders)
    platform.answer = max(orders.answer, orders.talks_answer if platform.talks else 0.0)
    if orders.concession != platform.concession:
        platform.concession = orders.concession
        weigh_fees(world)
    diary.note_platform(world, in_force)
    fade = math.exp(-1.0 / world.scenario.mobilisation.undone_memory)
    orders_and_reviews = world.books.actions[h, :, : Tactic.CLICK]  # not clicks, the last
    platform.done = platform.done * fade + float(orders_and_reviews.sum())
    platform.undone *= fade
    _undo(world, orders)


def view_of(world: World) -> PlatformView:
    """Return what the platform sees at the start of its stage."""
    o = world.organisers
    return PlatformView(
        hour=world.hour,
        online=float(world.books.series["online"][world.hour]),
        first_attack=world.platform.first_attack,
        ultimatum=o.ultimatum,
        deadline=o.deadline,
        n_closed=float(world.stores.listed.size - np.count_nonzero(world.stores.listed)),
    )


def _meet_the_committee(world: World, orders: Orders) -> None:
    """Let talks begin: the platform finds the committee, or the committee calls.

    Each has its own number an hour. The committee calls in the phases ATTACK, TRUCE and
    ESCALATE; its call leads to talks only if the platform is open to them.
    """
    platform, phase = world.platform, world.organisers.phase
    rate = world.scenario.channel.contact_rate
    protest = phase in DEMANDING
    called = protest and rate > 0 and _number(world, Stream.CONTACT) < rate
    if called:
        world.log(new_contacts=1.0)
    if not platform.talks and orders.talks > 0 and protest:
        platform.talks = called or _number(world, Stream.TALKS) < orders.talks
        if platform.talks:
            world.books.talks_began = world.hour
            world.log(new_contacts=1.0)


def _call_sellers(world: World, orders: Orders) -> None:
    """Call the next sellers in the order of their lottery numbers, each once."""
    platform, x = world.platform, world.sellers
    everybody = world.n_sellers * world.weight
    before, platform.calls = platform.calls, min(everybody, platform.calls + orders.calls)
    world.log(new_calls=platform.calls - before)
    if platform.calls == before:
        return
    persuasion.call(
        world.key, before / everybody, platform.calls / everybody, orders.call_gain,
        orders.call_backfires, x.legitimacy,
    )  # fmt: skip


def _punish(world: World, orders: Orders) -> None:
    """Look at sellers' accounts and fine those taken for attackers, each once; they go."""
    x, n = world.sellers, world.n_sellers
    caught = np.zeros(n, np.bool_)
    detection.check_sellers(
        world.key, world.hour, orders.sellers_checked, orders.sellers_found,
        orders.sellers_mistaken, world.crowd.ever_attacked[:n], x.punished, caught,
    )  # fmt: skip
    honest = caught & ~world.crowd.ever_attacked[:n]
    x.punished[:] |= caught
    x.fined[caught] = orders.fine
    views = x.legitimacy[caught].astype(np.float64)  # stored single, worked out double
    x.legitimacy[caught] = views * (1.0 - orders.resentment)
    world.log(
        fines=orders.fine * caught.sum() * world.weight,
        new_punished=caught.sum() * world.weight,
        new_punished_honest=honest.sum() * world.weight,
    )
    expel(world, np.flatnonzero(caught).astype(np.int32))


def _close_the_channel(world: World, orders: Orders) -> None:
    """Close the channel: the queue is gone, and part of the members with it for a while."""
    platform = world.platform
    world.floor.n = 0
    lost = np.zeros(world.inside.size, np.bool_)
    share = orders.close_channel * (1.0 - orders.fades) ** platform.closings
    detection.lose_members(world.key, world.hour, share, world.inside, lost)
    rows = world.inside[lost]
    expel(world, rows)
    platform.closings += 1
    if orders.away > 0:
        platform.away.append((world.hour + orders.away, rows))


def _let_return(world: World) -> None:
    """Let those lost by a closing who have found the next channel join as others do."""
    platform, stance = world.platform, world.crowd.stance
    for hour, rows in platform.away:
        if hour == world.hour:
            stance[rows[stance[rows] == Stance.QUIT]] = Stance.OUTSIDE
    platform.away = [(hour, rows) for hour, rows in platform.away if hour > world.hour]


def _number(world: World, stream: Stream) -> float:
    return float(chance.uniform(world.key, int(stream), world.hour, 0, 0))


def _undo(world: World, orders: Orders) -> None:
    """Look through the actions that are due and undo what is found, each hour's once.

    An hour's actions are looked through when they are as old as the delay, or when the measure
    begins if that is later. A false purchase can be voided while the item is still on its way:
    it goes back on the shelf and its handling is saved.
    """
    h, stores, p = world.hour, world.stores, world.scenario.stores
    for share, delay, tactic, stream in (
        (orders.restore_reviews, orders.delay_reviews, Tactic.BAD_REVIEW, Stream.DETECT_REVIEW),
        (orders.void_orders, orders.delay_orders, Tactic.PURCHASE, Stream.DETECT_ORDER),
        (orders.refund_clicks, orders.delay_clicks, Tactic.CLICK, Stream.DETECT_CLICK),
    ):
        if share <= 0:
            continue
        start = world.platform.examined.get(tactic, 0)
        if tactic == Tactic.PURCHASE:
            start = max(start, h - p.hold_hours + 1)
        found = np.empty(stores.price.size)
        for past in range(start, h - delay + 1):
            done = world.books.actions[past, :, tactic]
            if not done.any():
                continue
            detection.find_false(world.key, int(stream), past, done, share, found)
            if tactic == Tactic.CLICK:
                world.books.ad_refund[h] += found * stores.click_cost
                continue
            forgotten = math.exp(-(h - past) / world.scenario.mobilisation.undone_memory)
            world.platform.undone += float(found.sum()) * forgotten
            if tactic == Tactic.BAD_REVIEW:
                stores.n_bad[:] -= found
            else:
                world.out[past] -= found
                stores.stock[:] += found
                world.books.loss[h, :, Cause.HANDLING] -= found * p.handling_purchase
        world.platform.examined[tactic] = max(start, h - delay + 1)
