"""Changes of a world that more than one stage makes, and what several of them read off it."""

import numpy as np

from sim.core import calendar
from sim.core.units import CALLED, F64, I32, U8, Bool, Phase, Stance, Tactic
from sim.rules import attack, crossing
from sim.rules.attack import Occasion
from sim.rules.stores import rate_all
from sim.world.world import World


def begin(world: World, phase: Phase) -> None:
    """Let a phase begin in this hour; a truce names its ultimatum and deadline."""
    o = world.organisers
    o.phase, o.phase_since = phase, world.hour
    if phase == Phase.TRUCE:
        if o.ultimatum >= 0:
            _pause_again(world)
        days = world.scenario.channel.truce_days
        o.ultimatum = world.hour
        o.deadline = (calendar.day_of(world.hour) + days) * calendar.HOURS_A_DAY
        world.books.ultimatum, world.books.deadline = o.ultimatum, o.deadline


def prolong_truce(world: World) -> None:
    """Let a truce go on for another day."""
    o = world.organisers
    o.deadline += calendar.HOURS_A_DAY
    world.books.deadline = o.deadline
    _pause_again(world)


def _pause_again(world: World) -> None:
    """Book when activities were first suspended again, or for longer."""
    if world.books.pause_again < 0:
        world.books.pause_again = world.hour


def is_awaited(world: World) -> bool:
    """Return whether a word of a regulator or the platform is awaited."""
    o = world.organisers
    return o.awaited >= 0 and world.hour - o.awaited < world.scenario.channel.await_hours


def is_mustering(world: World) -> bool:
    """Return whether the hour lies between a call and the assembly that it calls to."""
    o = world.organisers
    return o.called >= 0 and world.hour - o.called <= world.scenario.channel.muster_hours


def occasion_of(world: World) -> Occasion:
    """Return what the hour asks of those who act."""
    p, phase = world.scenario.attack, world.organisers.phase
    if phase not in CALLED:
        return Occasion(0.0)
    rate = sum(attack.rate_of(int(t), phase == Phase.ESCALATE, p) for t in Tactic)
    return Occasion(rate, attack.held_back(phase, is_awaited(world), p))


def has_promised(world: World, promise_after: int | None) -> bool:
    """Return whether a rival has promised by now to freeze its fee."""
    first = world.platform.first_attack
    return promise_after is not None and 0 <= first <= world.hour - promise_after


def set_membership(world: World, rows: I32, before: U8) -> None:
    """Let the others see who was put into the protest, or out of it, by hand.

    Parameters
    ----------
    rows
        Different rows of the crowd whose stance was set.
    before
        Their stances as they were.
    """
    outside = (Stance.OUTSIDE, Stance.QUIT)
    now_out = np.isin(world.crowd.stance[rows], outside)
    changed = rows[now_out != np.isin(before, outside)]
    world.inside = np.union1d(np.setdiff1d(world.inside, rows[now_out]), rows[~now_out])
    _tell_neighbours(world, changed)


def expel(world: World, rows: I32) -> None:
    """Let people quit outside of their own decision; who is not in the protest is passed over."""
    crowd = world.crowd
    rows = rows[np.isin(rows, world.inside)]
    if not rows.size:
        return
    for row in rows:
        world.census[0, crowd.role[row]] -= 1
        world.census[1, crowd.role[row]] -= crowd.online[row]
    crowd.stance[rows], crowd.online[rows] = Stance.QUIT, False
    world.inside = world.inside[~np.isin(world.inside, rows)]
    _tell_neighbours(world, rows)


def _tell_neighbours(world: World, changed: I32) -> None:
    crowd = world.crowd
    if not world.ties.complete:
        crossing.tell_neighbours(changed, world.ties, crowd.stance, crowd.neighbours_in)


def ratings(world: World) -> F64:
    """Return every store's rating now, 1-5."""
    stores = world.stores
    out = np.empty(stores.listed.size)
    rate_all(stores.quality, stores.n_honest, stores.n_bad, out)
    return out


def advertises(world: World) -> Bool:
    """Return which stores have money left for a click, or have as little in the quiet twin."""
    x = world.stores
    out: Bool = (x.ad_left >= x.click_cost) | (x.ad_left_twin < x.click_cost)
    return out
