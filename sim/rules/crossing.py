"""Stage 3: all persons cross the line or do not, in one pass (docs/odd.md, 7.6)."""

from typing import NamedTuple

import numpy as np

from sim.core.chance import LANES, Block, unit, words_in_lanes
from sim.core.compiled import kernel
from sim.core.state import Crowd, Ties
from sim.core.units import F32, I32, I64, U8, Role, Stance
from sim.rules.mobilisation import (
    Climate,
    MobilisationParameters,
    is_in,
    joining_factor,
    joins,
    quits,
    quitting_factor,
    social_pull,
    utility,
)


@kernel
def is_open(probability: float) -> bool:
    """Say whether a probability leaves both ends open."""
    return 0.0 < probability < 1.0


@kernel
def left_to_chance(climate: Climate, p: MobilisationParameters) -> bool:
    """Say whether anybody's number can matter in this hour.

    It cannot where the decision is a step (no noise) and rates and presence are 0 or 1.
    """
    joining = p.join_rate / p.substeps * climate.join_factor
    quitting = p.quit_rate / p.substeps
    return (
        p.noise > 0.0
        or is_open(joining)
        or is_open(joining * p.return_factor)
        or p.staying_shape > 0.0
        or is_open(quitting * climate.quit_factor_sellers)
        or is_open(quitting * climate.quit_factor_onlookers)
        or is_open(climate.presence)
    )


class Moves(NamedTuple):
    """What comes of an hour's decisions."""

    changed: I32  # rows of those who joined or quit, in the last part of the hour
    inside: I32  # rows of all who are in the protest afterwards
    census: I64  # shape (2, roles): in the protest, and online


@kernel
def move_people(
    key: np.uint64, hour: int, crowd: Crowd, legitimacy: F32, ties: Ties, climate: Climate,
    p: MobilisationParameters, moves: Moves,
) -> int:  # fmt: skip
    """Let every person join, stay or quit, in each of the hour's parts, and draw who is online.

    A person far from joining is passed over by its own number alone: no utility can make the
    probability exceed ``join_rate * factor``, so the result is the same and the hour cheap. In
    the same way most members' numbers say that they stay before any exponential is taken. Where
    nothing is left to chance no number is drawn.

    Parameters
    ----------
    crowd
        Its columns ``stance``, ``online``, ``utility``, ``hours_in`` and ``neighbours_in`` change;
        ``utility`` takes the utility of every member, by which speaking and acting go for the hour.
    legitimacy
        Of the platform, by seller.
    moves
        Out.

    Returns
    -------
    int
        How many rows of ``moves.inside`` are filled.
    """
    stance, online, utilities, hours_in = crowd.stance, crowd.online, crowd.utility, crowd.hours_in
    role, hardship, curiosity, risk = crowd.role, crowd.hardship, crowd.curiosity, crowd.risk
    threshold, neighbours_in = crowd.threshold, crowd.neighbours_in
    restlessness = crowd.restlessness
    changed, inside, census = moves.changed, moves.inside, moves.census
    n, n_in = role.size, climate.n_in
    most = p.join_rate / p.substeps * climate.join_factor * climate.muster_factor
    most_quit = p.quit_rate / p.substeps
    w0, w1 = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    w2, w3 = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    lanes = np.empty(LANES, np.uint64)  # unsigned: no test for an index below 0
    chance = left_to_chance(climate, p)
    w0[:] = w1[:] = 0
    for part in range(p.substeps):
        n_changed, n_inside = 0, 0
        census[:, :] = 0
        for first in range(0, n, LANES):
            if chance:
                words_in_lanes(key, Block.PERSON, hour, first, part, (w0, w1, w2, w3))
            n_kept = 0
            for lane in range(min(LANES, n - first)):
                lanes[n_kept] = lane
                n_kept += is_in(stance[first + lane]) | (unit(w0[lane]) < most)
            for kept in range(n_kept):
                i = np.uint64(first) + lanes[kept]
                was_in = is_in(stance[i])
                u = unit(w0[lanes[kept]])
                seller = role[i] == Role.SELLER
                utilities[i] = utility(
                    float(hardship[i]),
                    float(legitimacy[i]) if seller else climate.legitimacy_public,
                    social_pull(neighbours_in[i], ties.degree[i], n_in, n, ties.complete),
                    float(curiosity[i]), float(risk[i]), float(threshold[i]), climate, p,
                )  # fmt: skip
                if was_in:
                    factor = quitting_factor(seller, float(restlessness[i]), climate)
                    if u < most_quit * factor and quits(u, utilities[i], factor, p):
                        stance[i] = Stance.QUIT
                        online[i] = False
                        changed[n_changed] = i
                        n_changed += 1
                        continue
                else:
                    factor = joining_factor(stance[i], role[i], climate, p)
                    if not joins(u, utilities[i], factor, p):
                        continue
                    stance[i] = Stance.MEMBER
                    changed[n_changed] = i
                    n_changed += 1
                online[i] = unit(w1[lanes[kept]]) < climate.presence
                hours_in[i] += part == p.substeps - 1
                inside[n_inside] = i
                n_inside += 1
                census[0, role[i]] += 1
                census[1, role[i]] += online[i]
        if not ties.complete:
            tell_neighbours(changed[:n_changed], ties, stance, neighbours_in)
        n_in = n_inside
    return n_inside


@kernel
def tell_neighbours(changed: I32, ties: Ties, stance: U8, out: I32) -> None:
    """Update each neighbour's count of neighbours in the protest."""
    offsets, neighbours = ties.offsets, ties.neighbours
    for c in range(changed.size):
        i = changed[c]
        step = 1 if is_in(stance[i]) else -1
        for e in range(offsets[i], offsets[i + 1]):
            out[np.uint32(neighbours[e])] += step
