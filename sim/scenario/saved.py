"""A scenario in a folder: its file, and beside it the ties of a user's own graph."""

from pathlib import Path

import numpy as np

from sim.core.units import BesiegeError
from sim.scenario.scenario import Scenario
from sim.setup.graph import Graph, build, identity_of

GRAPH_FILE = "graph.csv"
"""The edge list of a user's own graph, beside the scenario that names it."""


def ties_of(scenario: Scenario) -> Graph | None:
    """Return the ties of the edge list that a scenario names; None if it names none that fits."""
    if scenario.graph.family != "file":
        return None
    try:
        return build(scenario.graph, sum(scenario.n_crowd), np.zeros(0, np.int32), seed=0)
    except BesiegeError:
        return None


def told_ties(scenario: Scenario) -> str | None:
    """Return what tells the ties of a scenario's edge list (`identity_of`); None without one."""
    if scenario.graph.family != "file":
        return None
    return identity_of(scenario.graph, sum(scenario.n_crowd))


class TiesAtFirst:
    """What told the ties of edge lists when each was first asked for (`told_ties`)."""

    def __init__(self) -> None:
        self._known: dict[object, str | None] = {}

    def __call__(self, scenario: Scenario) -> str | None:
        """Return what tells the ties that a scenario's edge list had; None if it names none."""
        asked = (scenario.graph, sum(scenario.n_crowd))
        if asked not in self._known:
            self._known[asked] = told_ties(scenario)
        return self._known[asked]


def write_scenario(scenario: Scenario, folder: Path, ties: Graph | None) -> None:
    """Write ``scenario.toml``, so that whoever gets the folder can run it.

    Parameters
    ----------
    scenario
        What was run.
    folder
        Where to.
    ties
        Those of a user's own graph, as they were read when it was run: they are written beside
        the scenario, which names them. None for any other graph.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    if ties is not None:
        ties.write(folder / GRAPH_FILE)
        scenario = scenario.replace({"graph.family": "file", "graph.path": GRAPH_FILE})
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
