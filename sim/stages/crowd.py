"""Stages 1 to 3: the calendar, attention, and who joins, stays or quits."""

import numpy as np

from sim.core import calendar
from sim.core.units import F64, Phase, Role
from sim.rules import assembly, attention, crossing, mobilisation
from sim.world import diary
from sim.world.changes import begin, has_promised, is_awaited, is_mustering, prolong_truce
from sim.world.world import World

_PRESENCE = calendar.presence_shape()


def start_hour(world: World) -> None:
    """Stage 1: a new day restocks and refills budgets; phases that are due begin."""
    o = world.organisers
    if world.hour_of_day == 0:
        stores = world.stores
        stores.stock[:] = np.maximum(stores.opening_stock - _out_with_buyers(world), 0.0)
        stores.stock_twin[:] = stores.opening_stock
        stores.ad_left[:] = stores.ad_left_twin[:] = stores.ad_budget
        stores.actions_today[:] = 0.0
        o.top_today = 0.0
    if o.next_phase is not None and world.hour >= o.next_phase[0]:
        begin(world, o.next_phase[1])
        o.next_phase = None
    if o.phase == Phase.TRUCE and 0 <= o.deadline <= world.hour:
        p = world.scenario.channel
        then = assembly.at_deadline(world.platform.answer, is_awaited(world), p)
        if then == Phase.TRUCE:
            prolong_truce(world)
        else:
            o.stalled = world.hour
            begin(world, then)
    _call(world)


def _call(world: World) -> None:
    """Let the call to the next assembly go out, while people gather."""
    p, announced, o = world.scenario.channel, world.scenario.announced, world.organisers
    if announced is None or world.hour < announced or o.phase != Phase.GATHER:
        return
    if assembly.hours_to_assembly(world.hour, announced, p) == p.muster_hours > 0:
        o.called = world.hour


def _out_with_buyers(world: World) -> F64:
    """Items of false orders that have not come back by the start of the hour."""
    since = max(0, world.hour - world.scenario.stores.hold_hours)
    out: F64 = world.out[since : world.hour].sum(axis=0)
    return out


def pay_attention(world: World) -> None:
    """Stage 2: attention fades and rises with the news of the last hour."""
    p, media = world.scenario.attention, world.media
    media.attention = attention.next_attention(media.attention, _news(world), p)
    world.log(attention=media.attention)


def _news(world: World) -> float:
    p, h, platform = world.scenario.attention, world.hour, world.platform
    news = 0.0
    start = world.scenario.announced
    if start is not None and start <= h < start + p.announcement_hours:
        news += p.announcement * world.mean_hardship / p.announcement_hours
    if h > 0:
        n_in = max(1, int(world.census[0].sum()))
        share = int(world.census[0, Role.REPORTER]) / n_in
        fresh = attention.novelty(h - platform.first_attack, p)
        actions = float(world.books.actions[h - 1].sum())
        news += fresh * attention.attack_news(actions, share, p)
        if platform.first_attack == h - 1:
            news += p.first_attack
    once = [
        ("police", platform.orders.police, p.police),
        ("statement", platform.orders.statement, p.statement),
        ("regulator", platform.orders.regulator, p.regulator),
    ]
    for r, rival in enumerate(world.scenario.rivals):
        once.append((f"promise {r}", has_promised(world, rival.promise_after), p.stunt))
    for name, heard, size in once:
        if heard and name not in world.media.told:
            world.media.told.add(name)
            news += size
    return news


def mobilise(world: World) -> None:
    """Stage 3: people join, stay or quit; members are online or not."""
    p, crowd, o = world.scenario.mobilisation, world.crowd, world.organisers
    start = world.scenario.announced
    if start is None or world.hour < start:
        return
    platform = world.platform
    undone = min(1.0, platform.undone / platform.done) if platform.done > 0 else 0.0
    joining, sellers_quitting, onlookers_quitting = mobilisation.phase_factors(o.phase, p)
    cause = float(mobilisation.cause(world.mean_hardship, p))
    climate = mobilisation.Climate(
        float(world.media.attention),
        float(mobilisation.efficacy(world.last("online"), undone, p)),
        float(platform.sanction),
        float(platform.legitimacy_public),
        cause * joining,
        sellers_quitting,
        onlookers_quitting,
        mobilisation.presence(_PRESENCE, world.hour_of_day, p),
        mobilisation.freshness(world.hour - o.called, p) if o.called >= 0 else 0.0,
        p.muster_factor if is_mustering(world) else 1.0,
        world.inside.size,
    )
    world.climate = climate
    diary.note_people(world)
    n = crowd.role.size
    moves = crossing.Moves(np.empty(n, np.int32), np.empty(n, np.int32), world.census)
    n_inside = crossing.move_people(
        world.key, world.hour, crowd, world.sellers.legitimacy, world.ties, climate, p, moves
    )
    world.inside = moves.inside[:n_inside].copy()
    members, online = world.census * world.weight
    n_online = float(online.sum())
    world.log(
        online=n_online,
        online_sellers=online[Role.SELLER],
        n_sellers_in=members[Role.SELLER],
        n_onlookers_in=members.sum() - members[Role.SELLER],
    )
    o.top_today = max(o.top_today, n_online)
    o.top_ever = max(o.top_ever, o.top_today)
