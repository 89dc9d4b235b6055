"""Whole worlds: without an announcement, with an idle measure, and at several scales."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.outcomes.expressions import evaluate
from sim.outcomes.record import Record
from sim.responses import Measure, Response, Trigger, measures
from sim.running.model import Siege
from sim.running.run import RunResult, result_of
from sim.scenario.scenario import Scenario


class Nothing(NamedTuple):
    """What should all be exactly 0."""

    protesters: float  # people, most in the protest in any hour
    actions: float  # false actions in all
    store_loss: float  # yuan, largest loss or gain of any store in any hour by any cause


class Ratio(NamedTuple):
    """A ratio of means over the same seeds, with its 95 % interval."""

    ratio: float
    low: float
    high: float
    n: int  # seeds in which the outcome exists at both scales


FREE_OF_SCALE = (
    "cum_actions",
    "cum_purchases",
    "cum_mall_sales_loss",
    "cum_store_loss",
    "mean(online, 60, 100)",
)
"""Sums and means that do not depend on the share of people that is simulated."""


def nothing_happens(
    scenario: Scenario | str = "taobao-2011", seed: int = 1, **changes: Any
) -> Nothing:
    """Run a world without an announcement and with the response ``silence``.

    Parameters
    ----------
    scenario
        A scenario, its name in the library, or a TOML file.
    seed
        0 to 2**64 - 1.
    **changes
        Fields of the scenario to change, such as ``scale=0.01``.

    Returns
    -------
    Nothing
        Protesters, actions, and the largest loss of any store: each exactly 0.

    Raises
    ------
    BesiegeError
        For a scenario, field or seed that is not allowed.

    Notes
    -----
    Switches: ``announced`` absent, ``response = "silence"``.
    """
    world = _load(scenario, {**changes, "announced": None, "response": "silence"})
    record = Siege(world, seed=seed).run().record
    inside = record.series["n_sellers_in"] + record.series["n_onlookers_in"]
    return Nothing(
        float(inside.max(initial=0.0)),
        float(record.actions.sum()),
        float(np.abs(record.loss).max(initial=0.0)),
    )


def idle_policy(
    measure: str | dict[str, Any] | Measure, scenario: Scenario | str = "small", seed: int = 1,
    *, idle: Literal["strength", "trigger"] = "strength", **changes: Any,
) -> list[str]:  # fmt: skip
    """Say in what a run with an idle measure differs from the run without it: in nothing.

    Parameters
    ----------
    measure
        A measure, its kind, or its fields with the kind; its own trigger counts only if
        ``idle`` is ``strength`` (hour 0 if it has none).
    scenario
        A scenario, its name in the library, or a TOML file; its response is not taken.
    seed
        0 to 2**64 - 1.
    idle
        ``strength``: of strength 0. ``trigger``: with a trigger that is never met.
    **changes
        Fields of the scenario to change, such as ``hours=100``.

    Returns
    -------
    list of str
        Names of everything booked by the hour, every outcome and every table that is not equal
        bit for bit; empty if nothing differs.

    Raises
    ------
    BesiegeError
        For a measure, scenario, field or seed that is not allowed.

    Notes
    -----
    Switches: ``response = "silence"`` against a response of this one measure.
    """
    if idle not in {"strength", "trigger"}:
        raise BesiegeError(f"idle: given {format_value(idle)}, allowed strength or trigger")
    fields: Any = {"kind": measure} if isinstance(measure, str) else measure
    if isinstance(fields, dict):
        kind = fields.get("kind")
        if kind not in measures():
            raise BesiegeError(
                f"measure: given {format_value(kind)}, allowed {', '.join(sorted(measures()))}"
            )
        fields = {"trigger": {"hour": 0}, **fields}
        response: Any = {"name": "idle", "measures": [fields]}
        response = Scenario(response=response).response
    else:
        response = Response(name="idle", measures=(fields,))
    still = {"strength": {"strength": 0.0}, "trigger": {"trigger": Trigger()}}[idle]
    taken = tuple(m.model_copy(update=still) for m in response.measures)
    world = _load(scenario, changes)
    quiet, with_it = (
        result_of(Siege(world.replace(response=r), seed=seed).run())
        for r in (Response(), response.model_copy(update={"measures": taken}))
    )
    return [*differing(quiet.record, with_it.record), *_differing_results(quiet, with_it)]


def scale(
    outcomes: Iterable[str] = FREE_OF_SCALE, scales: Sequence[float] = (0.05, 0.5),
    seeds: Sequence[int] = range(40), scenario: Scenario | str = "taobao-2011", **changes: Any,
) -> dict[str, tuple[Ratio, ...]]:  # fmt: skip
    """Return the ratios of means at several scales to those at the last, over the same seeds.

    Parameters
    ----------
    outcomes
        Outcomes or expressions, such as ``mean(online, 60, 100)``.
    scales
        Shares of people simulated, 0.001 to 1, at least two.
    seeds
        At least two; the worlds of a seed share their numbers, so they are paired.
    scenario
        A scenario, its name in the library, or a TOML file.
    **changes
        Fields of the scenario to change.

    Returns
    -------
    dict of str to tuple of Ratio
        By outcome, for each scale but the last: the ratio of the means, and its 95 % interval by
        the delta method.

    Raises
    ------
    BesiegeError
        For an outcome, scale, scenario or seed that is not allowed.

    Notes
    -----
    Switches: ``scale``. A run takes half a second at s = 0.05 and five at s = 1.
    """
    names, shares, of = list(outcomes), list(scales), list(seeds)
    for what, given in (("scales", shares), ("seeds", of)):
        if len(given) < 2:
            raise BesiegeError(f"{what}: given {len(given)}, allowed at least two")
    worlds = [_load(scenario, {**changes, "scale": share}) for share in shares]
    sampled = [
        np.array([_values(names, Siege(world, seed=seed).run().record) for seed in of])
        for world in worlds
    ]
    return {
        name: tuple(_ratio(few[:, c], sampled[-1][:, c]) for few in sampled[:-1])
        for c, name in enumerate(names)
    }


def differing(one: Record, other: Record) -> list[str]:
    """Name what two records of the same length have booked differently, bit for bit."""
    named = {f"series {name}": (one.series[name], other.series[name]) for name in one.series}
    for name in Record.__dataclass_fields__:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, np.ndarray):
            named[name] = (a, b)
    return [name for name, (a, b) in named.items() if a.tobytes() != b.tobytes()]


def _differing_results(one: RunResult, other: RunResult) -> list[str]:
    apart = [name for name, value in one.outcomes.items() if value != other.outcomes[name]]
    for name in ("hours", "stores", "rivals", "sellers"):
        if not getattr(one, name).equals(getattr(other, name)):
            apart.append(f"table {name}")
    return apart


def _load(scenario: Scenario | str, changes: dict[str, Any]) -> Scenario:
    world = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    return world.replace(changes)


def _values(names: Sequence[str], record: Record) -> list[float]:
    found = [evaluate(name, record) for name in names]
    return [np.nan if value is None else float(value) for value in found]


def _ratio(x: np.ndarray, y: np.ndarray) -> Ratio:
    there = ~np.isnan(x) & ~np.isnan(y)
    a, b = x[there], y[there]
    if a.size < 2 or b.mean() == 0.0:
        return Ratio(float("nan"), float("nan"), float("nan"), int(a.size))
    ratio = float(a.mean() / b.mean())
    error = float((a - ratio * b).std(ddof=1) / np.sqrt(a.size) / abs(b.mean()))
    return Ratio(ratio, ratio - 1.96 * error, ratio + 1.96 * error, int(a.size))
