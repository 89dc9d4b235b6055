"""The speaking floor alone: M/D/1, M/D/1/K, and a floor at which people balk.

A fixed number of members are always online, and each asks for the floor at a constant rate, so
that requests are a Poisson process; slots last 60 seconds. Of the hour's stages only joining and
the channel run. Several worlds are averaged: waits on a busy floor are seldom and then very long,
so that the error of one world alone is told too small.
"""

from typing import NamedTuple

import numpy as np

from sim.core.units import F64, BesiegeError
from sim.limiting_cases.settings import LONGEST, Estimate, number, ratio_of_sums, still, whole
from sim.stages.channel import speak
from sim.stages.crowd import mobilise

MEMBERS = 100
SLOTS_AN_HOUR = 60
BATCHES = 10
"""Stretches of a world that are taken for independent."""
OTHER_WORLD = 2**32
"""Between the seeds of the worlds of a case."""


class Line(NamedTuple):
    """What a floor with limited places does."""

    share_refused: Estimate  # of those who asked
    wait_seconds: Estimate  # mean, of those who spoke


def md1(rho: float, hours: int = 5000, runs: int = 4, seed: int = 1) -> Estimate:
    """Return the mean wait for the floor where nobody is turned away: M/D/1.

    Parameters
    ----------
    rho
        Requests over slots, above 0 to 0.97.
    hours
        Length of a world, 400 to 10,000; the first tenth is not counted.
    runs
        Worlds, 1 to 100.
    seed
        0 to 2**32 - 1: of the first world; the others follow at distances of 2**32.

    Returns
    -------
    Estimate
        Mean wait (seconds) of those who spoke, with its standard error from 10 batches
        a world. The law
        (Pollaczek and Khinchine) says 60 rho / (2 (1 - rho)).

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: ``channel.request_rate = 60 rho / 100`` for 100 members who are always online
    (``mobilisation.presence_top = 1``, ``presence_power = 0``), ``channel.queue_places = 5000``.
    """
    return _hold(number("rho", rho, 0, 0.97, above=True), 5000, hours, runs, seed).wait_seconds


def md1k(rho: float, k: int, hours: int = 5000, runs: int = 4, seed: int = 1) -> Line:
    """Return refusals and the mean wait on a floor with ``k`` places in all: M/D/1/K.

    Parameters
    ----------
    rho
        Requests over slots, above 0 to 5; may exceed 1.
    k
        Places in all, the speaker's included, 2 to 5001.
    hours
        Length of a world, 400 to 10,000; the first tenth is not counted.
    runs
        Worlds, 1 to 100.
    seed
        0 to 2**32 - 1: of the first world; the others follow at distances of 2**32.

    Returns
    -------
    Line
        ``share_refused`` of those who asked and mean ``wait_seconds`` of those who spoke, each
        with its standard error from 10 batches a world.

    Raises
    ------
    BesiegeError
        For an argument out of its range, or a line that has not settled when counting begins.

    Notes
    -----
    Switches: as `md1`, with ``channel.queue_places = k - 1``.
    """
    load, places = number("rho", rho, 0, 5, above=True), whole("k", k, 2, 5001) - 1
    slack = max(abs(load - 1.0), 1.0 / places)
    # a line that grows fills its places; one that does not forgets in 1 / slack**2 slots
    slots = places / slack if load >= 1.0 else min(places / slack, 5.0 / slack**2)
    settles = slots / SLOTS_AN_HOUR
    if settles > whole("hours", hours, 400, LONGEST) / 10:
        raise BesiegeError(
            f"hours: given {hours}, allowed at least 10 times the {settles:.0f} hours in which the queue settles"
        )
    return _hold(load, places, hours, runs, seed)


def md1_balking(
    rho: float, k: int, hours: int = 1000, runs: int = 2, seed: int = 1
) -> Estimate:  # fmt: skip
    """Return the share of waiting places taken where people balk in proportion to it.

    Parameters
    ----------
    rho
        Requests over slots, if nobody balked, above 1 to 5.
    k
        Waiting places, 50 to 5000.
    hours
        Length of a world, 400 to 10,000; the first tenth is not counted.
    runs
        Worlds, 1 to 100.
    seed
        0 to 2**32 - 1: of the first world; the others follow at distances of 2**32.

    Returns
    -------
    Estimate
        Mean share of the places taken at the ends of hours, with its standard error from 10
        batches a world. Where many can wait, as many join as are served: rho (1 - x) = 1, so that
        the law says x = 1 - 1/rho, up to terms of 1/k.

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: as `md1`, with ``channel.queue_places = k`` and ``channel.balking = 1``.
    """
    load, places = number("rho", rho, 1, 5, above=True), whole("k", k, 50, 5000)
    *_others, waiting = _in_worlds(load, places, hours, runs, seed, balking=1.0)
    return ratio_of_sums(waiting, np.full(waiting.size, float(places)), BATCHES * runs)


def _hold(rho: float, places: int, hours: int, runs: int, seed: int) -> Line:
    asked, refused, spoke, waited, _waiting = _in_worlds(rho, places, hours, runs, seed)
    batches = BATCHES * runs
    return Line(ratio_of_sums(refused, asked, batches), ratio_of_sums(waited, spoke, batches))


def _in_worlds(
    rho: float, places: int, hours: int, runs: int, seed: int, *, balking: float = 0.0
) -> F64:  # fmt: skip
    """Return what `_of_a_world` does for several worlds, one after the other."""
    whole("hours", hours, 400, LONGEST)
    first = whole("seed", seed, 0, OTHER_WORLD - 1)
    seeds = [first + OTHER_WORLD * r for r in range(whole("runs", runs, 1, 100))]
    return np.concatenate([_of_a_world(rho, places, hours, s, balking) for s in seeds], axis=1)


def _of_a_world(rho: float, places: int, hours: int, seed: int, balking: float) -> F64:
    """Return who asked, was refused and spoke, seconds waited and who waits, by counted hour."""
    world = still(
        seed,
        announced=0,
        hours=hours,
        population__n_onlookers=MEMBERS,
        population__onlooker_threshold_mean=-1.0,
        population__onlooker_threshold_sd=0.0,
        channel__request_rate=SLOTS_AN_HOUR * rho / MEMBERS,
        channel__queue_places=places,
        channel__balking=balking,
    ).world
    for hour in range(hours):
        world.hour = hour
        mobilise(world)
        speak(world)
    series = world.books.series
    spoke, refused = series["new_speakers"], series["new_refused"]
    asked = spoke + refused + np.diff(series["n_queue"], prepend=0.0)
    waited = np.nan_to_num(series["queue_wait"]) * 3600.0 * spoke
    counted = (hours - hours // 10) // BATCHES * BATCHES
    out: F64 = np.stack([asked, refused, spoke, waited, series["n_queue"]])[:, hours - counted :]
    return out
