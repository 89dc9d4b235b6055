"""Stage 3: joining, staying, quitting, and being online (docs/odd.md, 7.6)."""

from typing import Annotated, NamedTuple

import numpy as np

from sim.core.chance import LANES, Block, unit, words_in_lanes
from sim.core.compiled import kernel
from sim.core.curves import sigmoid
from sim.core.state import Crowd, Ties
from sim.core.units import F32, F64, I32, I64, U8, Phase, Role, Stance, parameter


class MobilisationParameters(NamedTuple):
    """What makes a person join or quit the protest."""

    weight_grievance: Annotated[float, parameter("alpha_G, weight of grievance", unit="1", source="prototype", ge=0, le=10, prior=(0.9, 2))] = 1.46  # fmt: skip
    weight_social: Annotated[float, parameter("alpha_S, weight of the share of neighbours who protest", unit="1", source="prototype", ge=0, le=10, prior=(0.5, 2))] = 1.43  # fmt: skip
    weight_attention: Annotated[float, parameter("alpha_A, weight of attention for the curious", unit="1", source="prototype", ge=0, le=10, prior=(1.2, 2.2))] = 1.69  # fmt: skip
    weight_risk: Annotated[float, parameter("alpha_R, weight of perceived sanction", unit="1", source="prototype, raised", ge=0, le=10, prior=(0, 0.8))] = 0.2  # fmt: skip
    noise: Annotated[float, parameter("tau, noise of the decision; at 0 the decision is a step function", unit="1", source="prototype", ge=0, le=5, prior=(0.15, 0.32))] = 0.23  # fmt: skip
    join_rate: Annotated[float, parameter("lambda_J, largest probability of joining within an hour", unit="1/h", source="prototype", ge=0, le=1, prior=(0.018, 0.04))] = 0.027  # fmt: skip
    quit_rate: Annotated[float, parameter("lambda_Q, largest probability of quitting within an hour", unit="1/h", source="prototype", ge=0, le=1, prior=(0.014, 0.035))] = 0.023  # fmt: skip
    return_factor: Annotated[float, parameter("rate at which people who quit return, relative to the joining rate", unit="1", source="prototype", ge=0, le=1, prior=(0, 0.3))] = 0.1  # fmt: skip
    cause_full: Annotated[
        float,
        parameter(
            "mean hardship of sellers from which on everybody sees a cause; below it, fewer people join; 0 switches this off",
            unit="0-1",
            ge=0,
            le=1,
            prior=(0.2, 0.4),
        ),
    ] = 0.3
    join_factor_truce: Annotated[float, parameter("factor applied to joining during a truce", unit="1", source="prototype", ge=0, le=1, prior=(0, 0.2))] = 0.08  # fmt: skip
    join_factor_dissolve: Annotated[float, parameter("factor applied to joining after the protest was called off", unit="1", ge=0, le=1)] = 0.02  # fmt: skip
    quit_factor_gather: Annotated[float, parameter("factor applied to quitting while people gather", unit="1", source="prototype", ge=0, le=10, prior=(0.2, 0.8))] = 0.44  # fmt: skip
    quit_factor_truce: Annotated[
        float,
        parameter(
            "factor applied to quitting by onlookers during a truce (boredom)",
            unit="1",
            source="prototype, moved by hand",
            ge=0,
            le=20,
            prior=(2.5, 8),
        ),
    ] = 5.2
    quit_factor_dissolve: Annotated[float, parameter("factor applied to quitting after the protest was called off", unit="1", ge=0, le=40)] = 8.0  # fmt: skip
    efficacy_floor: Annotated[float, parameter("e_0, efficacy that the first participants perceive", unit="1", source="prototype", ge=0, le=1, prior=(0.1, 0.45))] = 0.28  # fmt: skip
    efficacy_half: Annotated[
        float,
        parameter(
            "N_half, people online at which efficacy has risen half way",
            unit="people",
            source="prototype",
            gt=0,
            le=1e7,
            prior=(10_000, 40_000),
        ),
    ] = 20_000.0
    presence_top: Annotated[float, parameter("share of members online at the busiest hour of the day", unit="share", source="prototype", ge=0, le=1, prior=(0.75, 0.95))] = 0.85  # fmt: skip
    presence_power: Annotated[float, parameter("k, how strongly attendance falls at night", unit="1", source="prototype", ge=0, le=5, prior=(0.4, 0.75))] = 0.57  # fmt: skip
    undone_memory: Annotated[float, parameter("time in which the memory of undone actions decays to 1/e", unit="h", gt=0, le=1000, prior=(8, 72))] = 24.0  # fmt: skip
    substeps: Annotated[
        int,
        parameter(
            "number of times per hour that people decide, at correspondingly smaller rates",
            unit="1",
            source="design: 1; larger values test the time step",
            ge=1,
            le=60,
        ),
    ] = 1
    tie_joins: Annotated[bool, parameter("whether a person with a utility of exactly 0 joins when the noise is 0", unit="switch")] = True  # fmt: skip


class Climate(NamedTuple):
    """What all persons see alike in an hour."""

    attention: float
    efficacy: float
    sanction: float
    legitimacy_public: float
    join_factor: float
    quit_factor_sellers: float
    quit_factor_onlookers: float
    presence: float
    n_in: int = 0  # rows in the protest before the hour; counts in a complete graph only


@kernel
def efficacy(online: float, share_undone: float, p: MobilisationParameters) -> float:
    """E = [e_0 + (1 - e_0) online/(online + N_half)] (1 - share undone), in 0-1.

    Source: docs/odd.md, 7.6.
    """
    crowd = online / (online + p.efficacy_half)
    return (p.efficacy_floor + (1.0 - p.efficacy_floor) * crowd) * (1.0 - share_undone)


@kernel
def cause(mean_hardship: float, p: MobilisationParameters) -> float:
    """Factor on joining: min(1, mean hardship / cause_full); 1 where no cause is asked for.

    Nobody joins over nothing. Without it the noise of the decision alone would gather a quorum
    over fees that do not rise.
    """
    if p.cause_full <= 0.0:
        return 1.0
    return min(1.0, mean_hardship / p.cause_full)


class Terms(NamedTuple):
    """The terms of a utility, with their signs."""

    grievance: float
    social: float
    attention: float
    risk: float
    threshold: float


@kernel
def utility_terms(
    hardship: float, legitimacy: float, social: float, curiosity: float, risk: float,
    threshold: float, climate: Climate, p: MobilisationParameters,
) -> Terms:  # fmt: skip
    """Give the terms of U = a_G H (1 - L) E + a_S z + a_A A curiosity - a_R R P - threshold.

    Source: Epstein (2002) for grievance, Granovetter (1978) and Siegel (2009) for social pull,
    docs/odd.md, 7.6. Leaves out: learning from one's own past protests.
    """
    return Terms(
        p.weight_grievance * hardship * (1.0 - legitimacy) * climate.efficacy,
        p.weight_social * social,
        p.weight_attention * climate.attention * curiosity,
        -p.weight_risk * risk * climate.sanction,
        -threshold,
    )


@kernel
def utility(
    hardship: float, legitimacy: float, social: float, curiosity: float, risk: float,
    threshold: float, climate: Climate, p: MobilisationParameters,
) -> float:  # fmt: skip
    """Add the terms up, from the left."""
    t = utility_terms(hardship, legitimacy, social, curiosity, risk, threshold, climate, p)
    return t.grievance + t.social + t.attention + t.risk + t.threshold


@kernel
def joining_chance(utility: float, factor: float, p: MobilisationParameters) -> float:
    """Probability to join at once: lambda_J / substeps * sigma(U/tau) times the phase's factor."""
    return p.join_rate / p.substeps * factor * sigmoid(utility, p.noise, p.tie_joins)


@kernel
def quitting_chance(utility: float, factor: float, p: MobilisationParameters) -> float:
    """Probability to quit at once: min(1, lambda_Q / substeps * factor) sigma(-U/tau)."""
    return min(1.0, p.quit_rate / p.substeps * factor) * sigmoid(-utility, p.noise, not p.tie_joins)


@kernel
def joins(u: float, utility: float, factor: float, p: MobilisationParameters) -> bool:
    """Join when the person's number of the hour lies below `joining_chance`."""
    return u < joining_chance(utility, factor, p)


@kernel
def quits(u: float, utility: float, factor: float, p: MobilisationParameters) -> bool:
    """Quit when the person's number of the hour lies below `quitting_chance`."""
    return u < quitting_chance(utility, factor, p)


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
        or is_open(quitting * climate.quit_factor_sellers)
        or is_open(quitting * climate.quit_factor_onlookers)
        or is_open(climate.presence)
    )


@kernel
def social_pull(neighbours_in: int, degree: int, n_in: int, n: int, complete: bool) -> float:
    """Give z, the share of neighbours in the protest; in a complete graph, of everybody.

    A quotient, not a threshold times a degree: k/n and a threshold written as k/n are the same
    nearest number, so equality is exact (1/5 is 0.2, while 0.1 * 3 is more than 0.3). A count
    of a among d neighbours is the threshold a/d.
    """
    if complete:
        return n_in / n if n > 0 else 0.0
    return neighbours_in / degree if degree > 0 else 0.0


@kernel
def is_in(stance: int) -> bool:
    """Say whether a stance is that of a member of the channel."""
    return (stance != Stance.OUTSIDE) & (stance != Stance.QUIT)


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
    changed, inside, census = moves.changed, moves.inside, moves.census
    n, n_in = role.size, climate.n_in
    most = p.join_rate / p.substeps * climate.join_factor
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
                    factor = quit_factor(seller, climate)
                    if u < most_quit * factor and quits(u, utilities[i], factor, p):
                        stance[i] = Stance.QUIT
                        online[i] = False
                        changed[n_changed] = i
                        n_changed += 1
                        continue
                else:
                    back = p.return_factor if stance[i] == Stance.QUIT else 1.0
                    if not joins(u, utilities[i], climate.join_factor * back, p):
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
def quit_factor(seller: bool, climate: Climate) -> float:
    """Return the phase's factor on quitting, of a seller or an onlooker."""
    return climate.quit_factor_sellers if seller else climate.quit_factor_onlookers


@kernel
def tell_neighbours(changed: I32, ties: Ties, stance: U8, out: I32) -> None:
    """Update each neighbour's count of neighbours in the protest."""
    offsets, neighbours = ties.offsets, ties.neighbours
    for c in range(changed.size):
        i = changed[c]
        step = 1 if is_in(stance[i]) else -1
        for e in range(offsets[i], offsets[i + 1]):
            out[np.uint32(neighbours[e])] += step


def phase_factors(phase: Phase, p: MobilisationParameters) -> tuple[float, float, float]:
    """Give the factors on joining, on sellers' quitting and on onlookers' quitting."""
    if phase == Phase.GATHER:
        return 1.0, p.quit_factor_gather, p.quit_factor_gather
    if phase == Phase.TRUCE:
        return p.join_factor_truce, 1.0, p.quit_factor_truce
    if phase == Phase.DISSOLVE:
        return p.join_factor_dissolve, p.quit_factor_dissolve, p.quit_factor_dissolve
    return 1.0, 1.0, 1.0


def presence(shape: F64, hour_of_day: int, p: MobilisationParameters) -> float:
    """Give the probability that a member is online, presence_top * shape**k."""
    return float(p.presence_top * shape[hour_of_day] ** p.presence_power)
