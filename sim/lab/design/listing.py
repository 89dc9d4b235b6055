"""The runs of a plan, one by one, each with its key, its labels and what repeats it."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.core.quoting import format_value, quote
from sim.core.units import BesiegeError
from sim.lab.design.identity import has_own_measures, identity_in, run_key
from sim.lab.design.levels import Label
from sim.lab.design.points import Point, points_of
from sim.lab.design.spec import Plan
from sim.scenario.scenario import Scenario
from sim.scenario.schema import Nested, steps_of


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that a plan asks for."""

    key: str
    scenario: Scenario
    seed: int
    labels: dict[str, Label]
    point: Point


def scenario_at(plan: Plan, point: Point) -> Scenario:
    """Return the scenario of a point.

    Raises
    ------
    BesiegeError
        If its values are allowed one by one and not together.
    """
    changes = {path: level.value for path, level in point.items()}
    return plan.base.replace(changes) if changes else plan.base


def runs_of(plan: Plan) -> Iterator[Planned]:
    """Return every run of a plan once: all replicates of a point, then the next point.

    Points that come to the same scenario, as rounded ones may, are one.
    """
    seen: set[str] = set()
    for point in points_of(plan):
        scenario = scenario_at(plan, point)
        identity = identity_in(plan, scenario)
        labels = {path: level.label for path, level in point.items()}
        for r in range(plan.spec.runs):
            seed = plan.spec.seed + r
            key = run_key(identity, seed)
            if key not in seen:
                seen.add(key)
                yield Planned(key, scenario, seed, labels, point)


_SIZES = ("scale", "hours", "population", "graph")
"""Where a scenario says how large its world is."""


def largest_of(plan: Plan) -> list[Scenario]:
    """Return scenarios among which is one as large as the largest of a plan.

    What has no bearing on a world's size stays at the scenario's own value.
    """
    sizes = [f.path for f in plan.factors if steps_of(f.path)[0] in _SIZES]
    if not sizes:
        return [plan.base]
    found = {
        tuple(str(point[path].label) for path in sizes): {path: point[path] for path in sizes}
        for point in points_of(plan)
    }
    return [scenario_at(plan, point) for point in found.values()]


def find_run(plan: Plan, key: str) -> Planned:
    """Find a run of a plan by its key.

    Raises
    ------
    BesiegeError
        If the plan has no such run.
    """
    for planned in runs_of(plan):
        if planned.key == key:
            return planned
    raise BesiegeError(
        f"key: given {format_value(key)}, allowed the key of a run of {quote(plan.spec.name)}"
    )


def repeat_line(plan: Plan, planned: Planned, spec_name: str | None, scenario_file: str) -> str:
    """Say what repeats a run.

    A command where a command can say it; where a measure or an outcome was made in Python, the
    sweep's own command with the run's key, or the call from the session that holds the
    specification.
    """
    if has_own_measures(planned.scenario) or plan.own:
        if spec_name is not None:
            return f"besiege sweep {shlex.quote(spec_name)} --repeat {planned.key}"
        return f"sim.lab.repeat(spec, {planned.key!r})"
    words = ["besiege", "run", plan.given if plan.given is not None else scenario_file]
    for path, level in planned.point.items():
        words += ["--set", f"{path}={_setting(level.value, path, planned.scenario)}"]
    return shlex.join([*words, "--seed", str(planned.seed)])


def _setting(value: Nested, path: str, scenario: Scenario) -> str:
    """Write a value for ``--set``, on one line; a table as it stands in the scenario."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return value
    found: Any = scenario.to_dict()
    for step in steps_of(path):
        found = found[step]
    return _inline(found)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(str(k))} = {_inline(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, str) else repr(value)
