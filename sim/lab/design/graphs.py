"""The edge lists that a plan's scenarios name: a copy of each for the sweep's folder."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.lab.design.levels import Level
from sim.lab.design.listing import Planned
from sim.lab.design.spec import Plan, found_by
from sim.scenario.scenario import Scenario
from sim.scenario.schema import contents, is_table

_FIELDS = ("graph.path", "graph")
"""Paths of a scenario under which an edge list may be named."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Edge lists by the path under which the plan's scenarios name them: a name, what it holds.

    The name is told by the content, so that equal files are one copy, and shards of a sweep write
    the same.
    """

    files: dict[str, tuple[str, bytes]]

    @classmethod
    def of(cls, plan: Plan) -> "Copies":
        """Read every edge list of a plan; one that cannot be read is left out."""
        files = {}
        for path in dict.fromkeys(_named_in(plan)):
            try:
                content = Path(path).read_bytes()
            except (OSError, ValueError):
                continue
            digest = hashlib.sha256(content).hexdigest()[:16]
            files[path] = f"graph-{digest}.csv", content
        return cls(files)

    def place(self, path: str, value: Any, folder: Path | None = None) -> Any:
        """Return a field's value with the copy in place of the edge list that it names.

        Parameters
        ----------
        path
            Of the field.
        value
            As the plan's scenarios have it.
        folder
            Where the copies are; without it they are named as they stand beside ``spec.toml``.
        """
        if path == "graph.path" and value in self.files:
            name, _ = self.files[value]
            return name if folder is None else str(folder / name)
        if path == "graph" and (isinstance(value, dict) or is_table(type(value))):
            inner = contents(value)
            return {**inner, "path": self.place("graph.path", inner.get("path", ""), folder)}
        return value

    def level(self, path: str, level: Level) -> Any:
        """Return what stands in ``spec.toml`` for a level: the copy, labelled as the level was."""
        value = self.place(path, level.value)
        return level.value if value == level.value else {"label": level.label, "value": value}

    def constant(self, path: str, value: Any, home: Path) -> Any:
        """Return what stands in ``spec.toml`` for a constant of a plan of this home."""
        return self.place(path, found_by(path, value, home))

    def scenario(self, base: Scenario) -> Scenario:
        """Return a scenario that names the copy beside it."""
        name = self.place("graph.path", base.graph.path)
        return base if name == base.graph.path else base.replace({"graph.path": name})

    def in_folder(self, planned: Planned, folder: Path) -> Planned:
        """Return a run that names the copies in a folder."""
        named = {path: level for path, level in planned.point.items() if path in _FIELDS}
        if not (named and self.files):
            return planned
        moved = {
            path: replace(level, value=self.place(path, level.value, folder))
            for path, level in named.items()
        }
        scenario = planned.scenario.replace({path: level.value for path, level in moved.items()})
        return replace(planned, scenario=scenario, point={**planned.point, **moved})


def is_of_a_graph(path: str) -> bool:
    """Return whether an edge list may be named under a path of a scenario."""
    return path in _FIELDS


def _named_in(plan: Plan) -> Iterator[str]:
    if plan.base.graph.family == "file":
        yield plan.base.graph.path
    levels = [(f.path, level) for f in plan.factors for level in f.levels]
    levels += [item for point in plan.points for item in point.items()]
    for path, level in levels:
        if path == "graph.path":
            yield level.value
        elif path == "graph":
            yield contents(level.value).get("path", "")
