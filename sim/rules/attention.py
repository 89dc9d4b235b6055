"""Stage 2: how much the media and the public look (docs/odd.md, 7.5)."""

import math
from typing import Annotated, NamedTuple

from sim.core.compiled import kernel
from sim.core.units import parameter


class AttentionParameters(NamedTuple):
    """What is news, and how fast it is forgotten."""

    memory: Annotated[float, parameter("time in which attention decays to 1/e", unit="h", source="prototype; Yasseri et al. (2017): 2 to 5 h", gt=0, le=1000, log_prior=(4, 60))] = 43.0  # fmt: skip
    announcement: Annotated[
        float,
        parameter(
            "attention from the announced increase, per unit of mean hardship",
            unit="1",
            source="prototype, moved by hand",
            ge=0,
            le=20,
            prior=(0.3, 2),
        ),
    ] = 0.85
    announcement_hours: Annotated[int, parameter("hours over which the announcement is news", unit="h", ge=1, le=240)] = 24  # fmt: skip
    first_attack: Annotated[float, parameter("attention from the first attack", unit="1", source="prototype", ge=0, le=10, prior=(0.1, 1.5))] = 0.5  # fmt: skip
    attack: Annotated[float, parameter("attention per hour from an attack of 5,000 actions", unit="1/h", source="prototype, moved by hand", ge=0, le=10, log_prior=(0.1, 1.2))] = 0.41  # fmt: skip
    attack_scale: Annotated[
        float,
        parameter(
            "actions per hour at which attention from attacks begins to saturate",
            unit="actions/h",
            source="prototype",
            ge=0.001,
            le=1e6,
            log_prior=(50, 2000),
        ),
    ] = 171.0
    reporters_bonus: Annotated[float, parameter("additional coverage of attacks, per tenfold share of reporters", unit="1", source="prototype", ge=0, le=50, prior=(0, 4))] = 2.2  # fmt: skip
    novelty: Annotated[
        float,
        parameter(
            "time from the first attack in which an attack's news value falls to 1/e; 0 makes every day as new as the first",
            unit="h",
            source="Yasseri et al. (2017); no reported fact of 2011 binds it",
            ge=0,
            le=10_000,
            log_prior=(20, 200),
        ),
    ] = 72.0
    statement: Annotated[float, parameter("attention from a statement or a concession by the platform", unit="1", ge=0, le=10)] = 0.05  # fmt: skip
    stunt: Annotated[
        float, parameter("attention from a rival's promise", unit="1", ge=0, le=10)
    ] = 0.05
    police: Annotated[float, parameter("attention from a report to the police", unit="1", ge=0, le=10)] = 0.1  # fmt: skip
    regulator: Annotated[float, parameter("attention from a statement by a regulator", unit="1", ge=0, le=10)] = 0.1  # fmt: skip


REFERENCE_ACTIONS = 5000.0
"""Actions an hour at which attack news equals its parameter (prototype)."""


@kernel
def attack_news(actions: float, share_reporters: float, p: AttentionParameters) -> float:
    """Tell of an hour's attack: a log that saturates, told louder when reporters are present.

    news = attack * ln(1 + a/a0) / ln(1 + 5000/a0) * (1 + bonus * min(1, 10 * reporters)).
    Source: prototype. Leaves out: which store was hit.
    """
    if actions <= 0.0:
        return 0.0
    volume = math.log(1.0 + actions / p.attack_scale) / math.log(
        1.0 + REFERENCE_ACTIONS / p.attack_scale
    )
    return p.attack * volume * (1.0 + p.reporters_bonus * min(1.0, 10.0 * share_reporters))


@kernel
def novelty(hours: float, p: AttentionParameters) -> float:
    """Give what is left of an attack's news value some hours after the first: exp(-hours/tau).

    Source: Yasseri et al. (2017). Leaves out: that a new target or tactic is news again.
    """
    return math.exp(-max(0.0, hours) / p.novelty) if p.novelty > 0.0 else 1.0


@kernel
def next_attention(attention: float, news: float, p: AttentionParameters) -> float:
    """Move attention by an hour: A <- A exp(-1/memory) + (1 - A)(1 - exp(-news)), in 0-1.

    Source: docs/odd.md, 7.5.
    """
    return attention * math.exp(-1.0 / p.memory) + (1.0 - attention) * (1.0 - math.exp(-news))
