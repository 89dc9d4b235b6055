"""Stage 3: joining, staying, quitting, and being online (docs/odd.md, 7.6)."""

import math
from typing import Annotated, NamedTuple

from sim.core.compiled import kernel
from sim.core.curves import sigmoid
from sim.core.units import F64, Phase, Role, Stance, parameter


class MobilisationParameters(NamedTuple):
    """What makes a person join or quit the protest."""

    weight_grievance: Annotated[float, parameter("alpha_G, weight of grievance", unit="1", source="prototype", ge=0, le=10, prior=(0.6, 2.4))] = 1.46  # fmt: skip
    weight_social: Annotated[float, parameter("alpha_S, weight of the share of neighbours who protest", unit="1", source="prototype", ge=0, le=10, prior=(0.3, 2.5))] = 1.43  # fmt: skip
    weight_attention: Annotated[float, parameter("alpha_A, weight of attention for the curious", unit="1", source="prototype", ge=0, le=10, prior=(0.8, 3))] = 1.69  # fmt: skip
    weight_risk: Annotated[
        float,
        parameter(
            "alpha_R, weight of perceived sanction beyond its threshold",
            unit="1",
            source="prototype, raised; that it is small: panel studies (Paternoster 1987)",
            ge=0,
            le=10,
            prior=(0, 0.6),
        ),
    ] = 0.2
    risk_threshold: Annotated[
        float,
        parameter(
            "perceived sanction up to which nobody is deterred",
            unit="0-1",
            source="Loughran et al. (2012): deterrence begins between 0.3 and 0.4",
            ge=0,
            le=0.99,
            prior=(0.2, 0.4),
        ),
    ] = 0.3
    weight_call: Annotated[
        float,
        parameter(
            "weight of a call that is still fresh, times hardship: who is not hurt is not called",
            unit="1",
            source="second prototype",
            ge=0,
            le=10,
            prior=(0, 2),
        ),
    ] = 0.8
    call_memory: Annotated[float, parameter("time in which a call fades to 1/e", unit="h", source="second prototype: within a day", gt=0, le=1000, prior=(6, 24))] = 12.0  # fmt: skip
    muster_factor: Annotated[
        float,
        parameter(
            "factor on joining by sellers and sympathisers in the hours of a muster",
            unit="1",
            source="second prototype",
            ge=1,
            le=100,
            log_prior=(2, 25),
        ),
    ] = 8.0
    noise: Annotated[float, parameter("tau, noise of the decision; at 0 the decision is a step function", unit="1", source="prototype", ge=0, le=5, prior=(0.12, 0.4))] = 0.23  # fmt: skip
    join_rate: Annotated[float, parameter("lambda_J, largest probability of joining within an hour", unit="1/h", source="prototype", ge=0, le=1, log_prior=(0.01, 0.12))] = 0.027  # fmt: skip
    quit_rate: Annotated[float, parameter("lambda_Q, largest probability of quitting within an hour", unit="1/h", source="prototype", ge=0, le=1, log_prior=(0.008, 0.2))] = 0.023  # fmt: skip
    staying_shape: Annotated[
        float,
        parameter(
            "shape of the gamma distribution of how restless persons are, with mean 1: the smaller, the more a core stays; 0 makes all alike",
            unit="1",
            source="second prototype; N06, N22 to N24 report a heavy tail",
            ge=0,
            le=100,
            log_prior=(0.3, 3),
        ),
    ] = 0.8
    return_factor: Annotated[float, parameter("rate at which people who quit return, relative to the joining rate", unit="1", source="prototype", ge=0, le=1, prior=(0, 0.3))] = 0.1  # fmt: skip
    cause_full: Annotated[
        float,
        parameter(
            "mean hardship of sellers from which on everybody sees a cause; below it, fewer people join; 0 switches this off",
            unit="0-1",
            ge=0,
            le=1,
            prior=(0.1, 0.5),
        ),
    ] = 0.3
    join_factor_truce: Annotated[float, parameter("factor applied to joining during a truce", unit="1", source="prototype", ge=0, le=1, prior=(0, 0.2))] = 0.08  # fmt: skip
    join_factor_dissolve: Annotated[float, parameter("factor applied to joining after the protest was called off", unit="1", ge=0, le=1)] = 0.02  # fmt: skip
    quit_factor_gather: Annotated[float, parameter("factor applied to quitting while people gather", unit="1", source="prototype", ge=0, le=10, prior=(0.2, 1))] = 0.44  # fmt: skip
    quit_factor_truce: Annotated[
        float,
        parameter(
            "factor applied to quitting by onlookers during a truce (boredom)",
            unit="1",
            source="prototype, moved by hand",
            ge=0,
            le=20,
            log_prior=(1, 15),
        ),
    ] = 5.2
    quit_factor_dissolve: Annotated[float, parameter("factor applied to quitting after the protest was called off", unit="1", ge=0, le=40, log_prior=(1, 15))] = 8.0  # fmt: skip
    efficacy_floor: Annotated[float, parameter("e_0, efficacy that the first participants perceive", unit="1", source="prototype", ge=0, le=1, prior=(0.1, 0.6))] = 0.28  # fmt: skip
    efficacy_half: Annotated[
        float,
        parameter(
            "N_half, people online at which efficacy has risen half way",
            unit="people",
            source="prototype",
            gt=0,
            le=1e7,
            log_prior=(5_000, 60_000),
        ),
    ] = 20_000.0
    turnout_effect: Annotated[
        float,
        parameter(
            "what others' turnout does to efficacy: 1 brings it to 1, 0 leaves it, below 0 it falls",
            unit="1",
            source="Cantoni et al. (2019): others' turnout is a substitute for one's own",
            ge=-1,
            le=1,
            prior=(-0.5, 1),
        ),
    ] = 1.0
    presence_top: Annotated[float, parameter("share of members online at the busiest hour of the day", unit="share", source="prototype", ge=0, le=1, prior=(0.6, 0.98))] = 0.85  # fmt: skip
    presence_power: Annotated[float, parameter("k, how strongly attendance falls at night", unit="1", source="prototype", ge=0, le=5, prior=(0.3, 1))] = 0.57  # fmt: skip
    presence_knee: Annotated[
        float,
        parameter(
            "shape of the day from which on attendance is at its top: below 1 it is flat by day",
            unit="1",
            source="trade press of 2011-10-15: 20,000 to 50,000 online all day",
            ge=0.1,
            le=1,
            prior=(0.6, 1),
        ),
    ] = 0.8
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
    call: float = 0.0  # how fresh the last call is, 0-1
    muster_factor: float = 1.0  # on joining by sellers and sympathisers
    n_in: int = 0  # rows in the protest before the hour; counts in a complete graph only


@kernel
def efficacy(online: float, share_undone: float, p: MobilisationParameters) -> float:
    """E = [e_0 + w room online/(online + N_half)] (1 - share undone), in 0-1.

    w is the effect of turnout; the room is 1 - e_0 where others encourage (w > 0) and e_0 where
    their turnout makes one's own seem less needed. Source: docs/odd.md, 7.6; Cantoni et al. (2019).
    """
    crowd = online / (online + p.efficacy_half)
    floor = p.efficacy_floor
    room = 1.0 - floor if p.turnout_effect > 0.0 else floor
    return (floor + p.turnout_effect * room * crowd) * (1.0 - share_undone)


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
    call: float
    risk: float
    threshold: float


@kernel
def deterrence(sanction: float, p: MobilisationParameters) -> float:
    """Give what deters of a perceived sanction: nothing up to a threshold, then rising to 1.

    (P - P_0)+ / (1 - P_0). Source: Loughran et al. (2012).
    """
    return max(0.0, sanction - p.risk_threshold) / (1.0 - p.risk_threshold)


@kernel
def utility_terms(
    hardship: float, legitimacy: float, social: float, curiosity: float, risk: float,
    threshold: float, climate: Climate, p: MobilisationParameters,
) -> Terms:  # fmt: skip
    """Give the terms of U = a_G H (1 - L) E + a_S z + a_A A curiosity + a_C H c - a_R R D - theta.

    c is how fresh the last call is, D the `deterrence` of the perceived sanction.

    Source: Epstein (2002) for grievance, Granovetter (1978) and Siegel (2009) for social pull,
    docs/odd.md, 7.6. Leaves out: learning from one's own past protests.
    """
    return Terms(
        p.weight_grievance * hardship * (1.0 - legitimacy) * climate.efficacy,
        p.weight_social * social,
        p.weight_attention * climate.attention * curiosity,
        p.weight_call * hardship * climate.call,
        -p.weight_risk * risk * deterrence(climate.sanction, p),
        -threshold,
    )


@kernel
def utility(
    hardship: float, legitimacy: float, social: float, curiosity: float, risk: float,
    threshold: float, climate: Climate, p: MobilisationParameters,
) -> float:  # fmt: skip
    """Add the terms up, from the left."""
    t = utility_terms(hardship, legitimacy, social, curiosity, risk, threshold, climate, p)
    return t.grievance + t.social + t.attention + t.call + t.risk + t.threshold


@kernel
def joining_chance(utility: float, factor: float, p: MobilisationParameters) -> float:
    """Probability to join at once: min(1, lambda_J / substeps * factor) sigma(U/tau)."""
    return min(1.0, p.join_rate / p.substeps * factor) * sigmoid(utility, p.noise, p.tie_joins)


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


@kernel
def is_partisan(role: int) -> bool:
    """Say whether people of a role take sides: sellers and sympathisers are called and attack."""
    return (role == Role.SELLER) | (role == Role.SYMPATHISER)


@kernel
def joining_factor(stance: int, role: int, climate: Climate, p: MobilisationParameters) -> float:
    """Return the factor on joining: the phase's, of who comes back, and of a muster."""
    factor = climate.join_factor
    if stance == Stance.QUIT:
        factor *= p.return_factor
    if is_partisan(role):
        factor *= climate.muster_factor
    return factor


@kernel
def quitting_factor(seller: bool, restlessness: float, climate: Climate) -> float:
    """Return the factor on quitting: the phase's, of a seller or an onlooker, times one's own."""
    phase = climate.quit_factor_sellers if seller else climate.quit_factor_onlookers
    return phase * restlessness


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
    """Give the probability that a member is online, presence_top * min(1, shape/knee)**k."""
    busy = min(1.0, shape[hour_of_day] / p.presence_knee)
    return float(p.presence_top * busy**p.presence_power)


def freshness(hours: int, p: MobilisationParameters) -> float:
    """Give how fresh a call is after some hours: exp(-hours/memory), 0-1; negative: no call yet.

    Source: second prototype. A call that ignored grievance would start sieges over next to
    nothing, so its weight is times hardship (`utility_terms`).
    """
    return math.exp(-hours / p.call_memory) if hours >= 0 else 0.0
