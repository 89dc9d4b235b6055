"""A plan in words: its specification as TOML, its columns with unit and meaning."""

import re
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel

from sim.lab.design.graphs import Copies, is_of_a_graph
from sim.lab.design.spec import Plan
from sim.responses import Response
from sim.running.tables import HOURS, describe_columns
from sim.scenario.scenario import Scenario
from sim.scenario.schema import is_table

_RUN = {
    "key": ("text", "hash of the scenario, the seed and the model version"),
    "seed": ("1", "seed of the run"),
    "version": ("text", "version of Besiege"),
    "model_version": (
        "1",
        "model version; it increases when the same scenario and seed give different results",
    ),
    "repeat": ("text", "command or call that repeats the run"),
}
_FAILED = {
    "scenario": ("text", "name of the scenario"),
    "stage": ("text", "stage that failed; outside an hour: setup, outcomes or worker"),
    "hour": ("hour", "hour that failed, -1 before the first"),
    "error": ("text", "type and message of the error"),
    "where": ("text", "file and line that raised the error"),
}
_TIMING = {
    "key": ("text", "key of the run"),
    "wall_seconds": ("seconds", "duration of the run, including the creation of the world"),
    "host": ("text", "machine"),
    "worker": ("1", "number of the process"),
    "finished": ("seconds", "since 1970"),
}


LONGEST_FILE_NAME = 200
"""Bytes of a folder's name; file systems take 255."""
_TABLES = {"factor": "factors", "lever": "levers", "uncertainty": "uncertainties"}


def spec_toml(plan: Plan, copies: Copies | None = None) -> str:
    """Write the specification as TOML, with the copies of edge lists in place of the files.

    Measures made in Python stand in it by their name alone: they are in no file of the folder.
    """
    copies = Copies.of(plan) if copies is None else copies
    given = plan.spec.model_dump(exclude_defaults=True)
    for name in ("levers", "uncertainties", "factors", "constants"):
        table = getattr(plan.spec, name)
        if table:
            given[name] = {path: _levels(value) for path, value in table.items()}
    if plan.spec.design.points:
        given["design"]["points"] = [
            {path: _levels(value) for path, value in point.items()}
            for point in plan.spec.design.points
        ]
        for point, levels in zip(given["design"]["points"], plan.points, strict=True):
            point |= {
                path: _levels(copies.level(path, level))
                for path, level in levels.items()
                if is_of_a_graph(path)
            }
    for factor in filter(lambda factor: is_of_a_graph(factor.path) and factor.levels, plan.factors):
        table = _TABLES[factor.role]
        given[table][factor.path] = _levels([copies.level(factor.path, v) for v in factor.levels])
    for path, value in plan.spec.constants.items():
        if is_of_a_graph(path):
            given["constants"][path] = _levels(copies.constant(path, value, plan.home))
    is_library = isinstance(plan.spec.scenario, str) and not plan.spec.scenario.endswith(".toml")
    given["scenario"] = plan.spec.scenario if is_library else "scenario.toml"
    if plan.modules:  # the folder has a copy of each
        given["modules"] = [module.path.name for module in plan.modules]
    if not is_library:
        given.pop("constants", None)  # they are in scenario.toml
    return tomli_w.dumps({k: v for k, v in given.items() if v not in ({}, None)})


def file_name(name: str) -> str:
    """Make a name one that a folder may have."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    return plain.encode()[:LONGEST_FILE_NAME].decode(errors="ignore") or "sweep"


def _levels(value: Any) -> Any:
    """Write levels in plain values; TOML has no null, so a field that is left out is "none"."""
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)) and not is_table(type(value)):
        return [_levels(level) for level in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Response):
        if any(not m.is_of_the_library for m in value.measures):
            return value.name
        return Scenario(response=value).to_dict()["response"]
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if is_table(type(value)):
        return {k: _plain(v) for k, v in value._asdict().items() if v is not None}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple, range)):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    return value.item() if hasattr(value, "item") else value


def columns_of(plan: Plan) -> dict[str, dict[str, dict[str, str]]]:
    """Describe every column of every table: unit, meaning, when it is null."""
    factors = {
        f.path: _column(
            (f.field.unit or "1", f.field.description) if f.field else ("text", "name of the setting that is varied"),
            "absent" if f.field and f.field.optional else "never",
        )
        for f in plan.factors
    }  # fmt: skip
    known = describe_columns(plan.measured)
    run = {name: _column(told) for name, told in _RUN.items()}
    hours = {name: known["hours"][name] for name in plan.spec.keep.hours if name in HOURS}
    return {
        "runs": {**factors, **run, **known["outcomes"]},
        "failed": {**factors, **run, **{n: _column(told) for n, told in _FAILED.items()}},
        "hours": {"key": run["key"], "hour": known["hours"]["hour"], **hours},
        "timing": {name: _column(told) for name, told in _TIMING.items()},
    }


def _column(told: tuple[str, str], null: str = "never") -> dict[str, str]:
    return {"unit": told[0], "meaning": told[1], "null": null}
