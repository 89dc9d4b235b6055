"""Crowds of thresholds: Granovetter, Watts, Centola and Macy, Epstein.

Everybody is an onlooker in a world where nothing but the threshold and, as the case says, the
share of neighbours in the protest counts; whoever wants to joins within the hour, nobody quits.
An hour is a step, and the run ends when nobody joined in one.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import optimize, special

from sim.core.quoting import format_value
from sim.core.units import F64, BesiegeError, Stance
from sim.limiting_cases.settings import LONGEST, STILL, Estimate, number, still, whole
from sim.rules import mobilisation
from sim.rules.mobilisation import Climate
from sim.running.model import Siege
from sim.scenario.scenario import Scenario

MOST = 1_000_000
"""People in a case, at most."""


def granovetter(thresholds: Sequence[float] | F64, *, tie: bool = True) -> int:
    """Return how many join where everybody sees everybody: Granovetter's (1978) crowd.

    Parameters
    ----------
    thresholds
        One a person: people who must be in before it joins, any number (below 0 is as 0).
    tie
        Whether a threshold is met at equality.

    Returns
    -------
    int
        People in the protest when nobody joins any more.

    Raises
    ------
    BesiegeError
        If there are no thresholds, more than a million, or one is no number.

    Notes
    -----
    Switches: ``graph.family = "complete"``, ``mobilisation.weight_social = 1``, all other terms
    and the noise 0, ``quit_rate = 0``, ``tie_joins``. Thresholds are set by hand as shares.

    Examples
    --------
    >>> granovetter(range(100))
    100
    >>> granovetter([0, 2, *range(2, 100)])
    1
    """
    try:
        given = np.asarray([float(t) for t in thresholds])
    except (TypeError, ValueError):
        given = np.array([np.nan])
    if not 1 <= given.size <= MOST or np.isnan(given).any():
        raise BesiegeError(
            f"thresholds: given {format_value(thresholds)}, allowed 1 to {MOST} numbers of people"
        )
    siege = _crowd(given.size, tie=tie, graph__family="complete")
    siege.onlookers.threshold = given / given.size
    _spread(siege)
    return int(siege.world.inside.size)


def granovetter_normal(mean: float, sd: float, n: int = 100_000, *, tie: bool = True) -> float:
    """Return the share that joins where thresholds are normal, as shares of the population.

    Parameters
    ----------
    mean, sd
        Of the thresholds, shares of the population, -1 to 2 and 0 to 10; below 0 is as 0, above
        1 never joins.
    n
        People, 1 to 1,000,000: person i of them stands at the quantile (i - 1/2)/n, so that a
        large crowd is the infinite one.
    tie
        Whether a threshold is met at equality.

    Returns
    -------
    float
        Share in the protest when nobody joins any more.

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches and source: as `granovetter`, his second example.
    """
    middle = number("mean", mean, -1, 2)
    spread = number("sd", sd, 0, 10)
    size = whole("n", n, 1, MOST)
    siege = _crowd(size, tie=tie, graph__family="complete")
    siege.onlookers.threshold = middle + spread * special.ndtri((np.arange(size) + 0.5) / size)
    _spread(siege)
    return float(siege.world.inside.size / size)


def watts(
    n: int, z: float, phi: float, seeds_share: float = 0.01, seed: int = 1, *, tie: bool = True
) -> float:
    """Return the share that joins in a random graph with one threshold for all: Watts (2002).

    Parameters
    ----------
    n
        People, 2 to 1,000,000.
    z
        Mean number of neighbours, 0 to 200; there are exactly n z / 2 ties, drawn alike.
    phi
        Share of neighbours that must be in, 0 to 1.
    seeds_share
        Share of people who are in from the start, 0 to 1.
    seed
        0 to 2**64 - 1: which graph.
    tie
        Whether the threshold is met at equality; it is, exactly: 1 neighbour of 5 meets 0.2.

    Returns
    -------
    float
        Share in the protest when nobody joins any more, the first ones included.

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: ``graph.family = "random"``, ``graph.mean_degree = z``, ``mobilisation.weight_social
    = 1``, ``population.onlooker_threshold_mean = phi`` with standard deviation 0, all other terms
    and the noise 0, ``quit_rate = 0``, ``tie_joins``. The first ones are put in by hand.
    """
    size = whole("n", n, 2, MOST)
    siege = _crowd(
        size, tie=tie, seed=seed, graph__family="random",
        graph__mean_degree=number("z", z, 0, 200),
        population__onlooker_threshold_mean=number("phi", phi, 0, 1),
    )  # fmt: skip
    _put_in(siege, round(number("seeds_share", seeds_share, 0, 1) * size))
    _spread(siege)
    return float(siege.world.inside.size / size)


def watts_window(phi: float, *, tie: bool = True) -> tuple[float, float] | None:
    """Return the mean degrees between which one person can set off a cascade (Watts 2002).

    The generating-function condition sum over k of k (k - 1) rho_k p_k > z, with p_k the Poisson
    law of mean z and rho_k whether a person of k neighbours joins when one of them is in: the
    model's own joining rule is asked for each k.

    Parameters
    ----------
    phi
        Share of neighbours that must be in, 0.005 to 1.
    tie
        Whether the threshold is met at equality.

    Returns
    -------
    tuple of float or None
        Lowest and highest mean degree; ``None`` where no mean degree will do.

    Raises
    ------
    BesiegeError
        If ``phi`` is out of its range.
    """
    threshold = number("phi", phi, 0.005, 1)
    p = Scenario().replace(STILL).mobilisation._replace(weight_social=1.0, tie_joins=tie)
    still_air = Climate(0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0)

    def is_vulnerable(degree: int) -> bool:
        pull = mobilisation.social_pull(1, degree, 0, 0, False)
        utility = mobilisation.utility(0.0, 0.0, pull, 0.0, 0.0, threshold, still_air, p)
        return bool(mobilisation.joining_chance(utility, 1.0, p) > 0.0)

    # whom one neighbour moves has at most so many; from here on none is
    most = sum(1 for _ in itertools.takewhile(is_vulnerable, itertools.count(1)))
    if most < 2:
        return None

    def excess(z: float) -> float:
        """Sum of k (k - 1) p_k over k up to ``most``, over z, less 1: z P(N <= most - 2) - 1."""
        return float(z * special.pdtr(most - 2, z) - 1.0)

    top = optimize.minimize_scalar(lambda z: -excess(z), bounds=(0.0, most), method="bounded").x
    if excess(top) <= 0.0:
        return None
    return (
        float(optimize.brentq(excess, 0.0, top, xtol=1e-12)),
        float(optimize.brentq(excess, top, 10.0 * most + 100.0, xtol=1e-12)),
    )


def centola_macy(
    n: int, degree: int, a: int, n_seeds: int | None = None, *, tie: bool = True
) -> int | None:
    """Return the steps in which a contagion goes round a ring: Centola and Macy (2007).

    Parameters
    ----------
    n
        People in the ring, 3 to 1,000,000.
    degree
        Neighbours of each, the nearest ones: an even number of 2 to 200, below n.
    a
        Neighbours that must be in, 1 to 200: a count, which is the share a / degree.
    n_seeds
        People next to each other who are in from the start, 1 to n; ``a`` of them if absent.
    tie
        Whether ``a`` neighbours are enough.

    Returns
    -------
    int or None
        Steps until all are in; ``None`` if it stops before.

    Raises
    ------
    BesiegeError
        For an argument out of its range, or a contagion of more than 10,000 steps.

    Notes
    -----
    Switches: ``graph.family = "ring"``, ``graph.mean_degree = degree``, otherwise as `watts`.
    """
    size = whole("n", n, 3, MOST)
    near = whole("degree", degree, 2, 200)
    if near % 2 or near >= size:
        raise BesiegeError(
            f"degree: given {near}, allowed an even number from 2 to {min(200, (size - 1) // 2 * 2)}"
        )
    needed = whole("a", a, 1, 200)
    first = whole("n_seeds", needed if n_seeds is None else n_seeds, 1, size)
    siege = _crowd(size, tie=tie, graph__family="ring", graph__mean_degree=float(near))
    siege.onlookers.threshold = np.full(size, needed / near)
    _put_in(siege, first)
    steps = _spread(siege)
    return steps if siege.world.inside.size == size else None


def epstein(
    legitimacy: float, threshold: float = 0.1, sanction: float = 0.0, n: int = 100_000,
    seed: int = 1,
) -> Estimate:  # fmt: skip
    """Return the share that is active by Epstein's (2002) rule, H (1 - L) - R P > T.

    Parameters
    ----------
    legitimacy
        L, the same for all, 0 to 1.
    threshold
        T, -5 to 10.
    sanction
        P, perceived risk of arrest, 0 to 1; 0 is a world without officers.
    n
        People, 1 to 1,000,000, with hardship H and risk aversion R uniform in 0-1.
    seed
        0 to 2**64 - 1: which people.

    Returns
    -------
    Estimate
        Share active, with its standard error. Without officers the law says 1 - T/(1 - L).

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: ``mobilisation.weight_grievance = 1``, ``weight_risk = 1``, ``efficacy_floor = 1``,
    noise 0, ``tie_joins = false``, ``quit_rate = 1``; ``population.sympathiser_share = 1`` and
    ``sympathy_mean = 0.5`` make an onlooker's hardship uniform where a fee beyond all means
    makes the one seller's 1; ``beliefs.legitimacy_public = L``; a police report of sanction P
    that is believed at once and resented by nobody.
    """
    size = whole("n", n, 1, MOST)
    siege = _crowd(
        size, tie=False, seed=seed,
        population__n_sellers=1,
        population__sympathiser_share=1.0,
        population__reporter_share=0.0,
        population__sympathy_mean=0.5,
        population__onlooker_threshold_mean=number("threshold", threshold, -5, 10),
        fees__new__standard=1e7,
        fees__new__premium=1e7,
        fees__new__refunds=[],
        population__turnover_median=1.0,
        mobilisation__weight_grievance=1.0,
        mobilisation__weight_social=0.0,
        mobilisation__weight_risk=1.0,
        mobilisation__quit_rate=1.0,
        mobilisation__quit_factor_gather=1.0,
        mobilisation__return_factor=1.0,
        beliefs__legitimacy_public=number("legitimacy", legitimacy, 0, 1),
        beliefs__sanction_speed=1.0,
        beliefs__backlash=0.0,
        response={"name": "police", "measures": [{
            "kind": "police-report", "trigger": {"hour": 0}, "backlash": 0.0,
            "sanction": number("sanction", sanction, 0, 1),
        }]},
    )  # fmt: skip
    siege.run_for(2)  # the report of the first hour is believed in the second
    share = float(siege.hours.n_onlookers_in.iloc[-1]) / size
    return Estimate(share, np.sqrt(share * (1.0 - share) / size))


def _crowd(n: int, *, tie: bool, seed: int = 1, **changes: Any) -> Siege:
    given = {
        "announced": 0,
        "hours": LONGEST,
        "population__n_onlookers": n,
        "population__onlooker_threshold_sd": 0.0,
        "mobilisation__weight_social": 1.0,
        "mobilisation__tie_joins": bool(tie),
    }
    return still(seed, **{**given, **changes})


def _put_in(siege: Siege, n: int) -> None:
    """Put the first ones into the protest; rows of a ring stand next to each other."""
    siege.onlookers.select(at_most=n).stance = Stance.MEMBER


def _spread(siege: Siege) -> int:
    """Run until all are in or nobody joins in an hour; returns the hours in which somebody did."""
    n_in, everybody = siege.world.inside.size, len(siege.onlookers)
    for steps in range(LONGEST):
        if n_in == everybody:
            return steps
        siege.step()
        if siege.world.inside.size == n_in:
            return steps
        n_in = siege.world.inside.size
    if n_in == everybody:
        return LONGEST
    raise BesiegeError(f"steps: still spreading after {LONGEST}, allowed only cases that end")
