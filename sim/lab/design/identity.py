"""What tells a run from every other: scenario, seed, model version."""

import hashlib
import json
from types import FunctionType
from typing import Any

from sim.lab.design.sources import source_of
from sim.lab.design.spec import Plan
from sim.outcomes.outcomes import OUTCOMES, own_outcomes
from sim.responses import Measure
from sim.responses.measure import own_classes
from sim.scenario.scenario import Scenario
from sim.version import MODEL_VERSION


def scenario_identity(scenario: Scenario) -> str:
    """Return a scenario's fingerprint, with the source of measures that were made in Python."""
    own = [_measure_identity(m) for m in scenario.response.measures if is_made_in_python(m)]
    return scenario.fingerprint + (f"-{_digest(own)}" if own else "")


def identity_in(plan: Plan, scenario: Scenario) -> str:
    """Return a scenario's identity in a plan: its own outcomes count, and whether anybody shops."""
    own = f"-{_digest(plan.own_told)}" if plan.own else ""
    return scenario_identity(scenario) + own + ("-siege" if plan.need == "siege" else "")


def run_key(identity: str, seed: int) -> str:
    """Return the key of a run of a scenario with a seed, under this version of the model."""
    return _digest([identity, seed, MODEL_VERSION])


def is_made_in_python(measure: Measure) -> bool:
    """Return whether a measure is none of the library's."""
    return not measure.is_of_the_library


def has_own_measures(scenario: Scenario) -> bool:
    """Return whether a scenario holds what no file can."""
    return any(is_made_in_python(m) for m in scenario.response.measures)


def outcomes_identity() -> list[list[str]]:
    """Return the names of all outcomes that are measured, with the source of a user's own."""
    own = own_outcomes()
    return [[name, _source_of(o.work_out) if name in own else ""] for name, o in OUTCOMES.items()]


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:20]


def _measure_identity(measure: Measure) -> list[Any]:
    """Name, source and parameters; what its methods call elsewhere does not count."""
    sources = [
        [name, _source_of(value)]
        for c in own_classes(type(measure))
        for name, value in sorted(vars(c).items())
        if _is_own(name, value)
    ]
    return [type(measure).__qualname__, sources, measure.model_dump_json()]


def _is_own(name: str, value: Any) -> bool:
    is_plain = isinstance(value, (bool, int, float, str)) and not name.startswith("__")
    return is_plain or _function_in(value) is not None


def _function_in(value: Any) -> FunctionType | None:
    if isinstance(value, property):
        value = value.fget
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    return value if isinstance(value, FunctionType) else None


def _source_of(value: Any) -> str:
    function = _function_in(value)
    return repr(value) if function is None else source_of(function)
