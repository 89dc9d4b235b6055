"""Stage 9: legitimacy and perceived sanction (docs/odd.md, 7.12)."""

from typing import Annotated, NamedTuple

from sim.core.compiled import kernel
from sim.core.state import Ties
from sim.core.units import F32, parameter


class BeliefParameters(NamedTuple):
    """How people see the platform, and how fast that changes."""

    legitimacy_sellers: Annotated[float, parameter("mean legitimacy of the platform among sellers at hour 0", unit="share", source="prototype", ge=0, le=1)] = 0.5  # fmt: skip
    legitimacy_spread: Annotated[float, parameter("standard deviation of legitimacy among sellers at hour 0", unit="share", ge=0, le=0.5)] = 0.1  # fmt: skip
    legitimacy_public: Annotated[float, parameter("legitimacy of the platform in the eyes of the public at hour 0", unit="share", source="prototype", ge=0, le=1)] = 0.6  # fmt: skip
    unanswered: Annotated[
        float,
        parameter(
            "legitimacy lost per hour while demands are unanswered; gained if below 0",
            unit="1/h",
            source="open in sign: being ignored lowers hope and anger too (survey experiment, Argentina, doi 10.1177/01925121261419630)",
            ge=-0.1,
            le=0.1,
            prior=(-0.002, 0.003),
        ),
    ] = 0.001
    backlash: Annotated[
        float,
        parameter(
            "legitimacy lost per hour through punishment",
            unit="1/h",
            source="repression raises sympathy (Curtice and Behlendorf 2020; Lawrence 2017; Aytaç et al. 2018); the size is open",
            ge=0,
            le=0.5,
            prior=(0.001, 0.012),
        ),
    ] = 0.004
    answered: Annotated[float, parameter("legitimacy gained per hour when the demands are fully met", unit="1/h", ge=0, le=0.5, prior=(0.003, 0.03))] = 0.01  # fmt: skip
    innocents: Annotated[
        float,
        parameter(
            "public legitimacy gained per hour through attacks on uninvolved stores",
            unit="1/h",
            source="harm to others lowered support in six of six experiments (Feinberg et al. 2020)",
            ge=0,
            le=0.1,
            prior=(0.0003, 0.003),
        ),
    ] = 0.001
    neighbours: Annotated[float, parameter("w, weight of the views of neighbouring sellers", unit="1/h", source="DeGroot (1974)", ge=0, le=1)] = 0.02  # fmt: skip
    sanction_speed: Annotated[float, parameter("eta_P, speed at which the perceived sanction follows the signal", unit="1/h", ge=0, le=1, prior=(0.03, 0.3))] = 0.1  # fmt: skip


class Events(NamedTuple):
    """What happened in the hour, each 0-1."""

    unanswered: float
    punishment: float
    answer: float
    innocents: float


@kernel
def next_legitimacy(seen: float, gain_innocents: float, e: Events, p: BeliefParameters) -> float:
    """Move legitimacy: L <- L(1 - u - b) + (1 - L)(a + i), clipped to 0-1.

    u unanswered demands, b backlash to punishment, a the answer, i attacks on innocents (the
    public's eye only). Source: docs/odd.md, 7.12.
    """
    loss = p.unanswered * e.unanswered + p.backlash * e.punishment
    gain = p.answered * e.answer + gain_innocents * e.innocents
    return min(1.0, max(0.0, seen * (1.0 - loss) + (1.0 - seen) * gain))


@kernel
def next_sanction(sanction: float, signal: float, p: BeliefParameters) -> float:
    """Move perceived sanction: P <- P + eta (signal - P), in 0-1. Source: docs/odd.md, 7.12."""
    return sanction + p.sanction_speed * (signal - sanction)


@kernel
def mixed_view(own: float, neighbours_mean: float, p: BeliefParameters) -> float:
    """Mix one's view with one's neighbours': (1 - w) L + w mean (DeGroot 1974)."""
    return (1.0 - p.neighbours) * own + p.neighbours * neighbours_mean


@kernel
def move_views(before: F32, ties: Ties, events: Events, p: BeliefParameters, out: F32) -> None:
    """Move every seller's legitimacy: the mix with neighbouring sellers first, then the events.

    ``ties`` are those among sellers alone. A seller without such a neighbour keeps its own view;
    in a complete graph the mean is that of all.
    """
    offsets, neighbours = ties.offsets, ties.neighbours
    n = before.size
    mean_all = 0.0
    for i in range(n):
        mean_all += float(before[i])
    mean_all = mean_all / n if n > 0 else 0.0
    for i in range(n):
        view = float(before[i])
        if ties.complete:
            view = mixed_view(view, mean_all, p)
        elif offsets[i + 1] > offsets[i]:
            total = 0.0
            for e in range(offsets[i], offsets[i + 1]):
                total += float(before[neighbours[e]])
            view = mixed_view(view, total / (offsets[i + 1] - offsets[i]), p)
        out[i] = next_legitimacy(view, 0.0, events, p)
