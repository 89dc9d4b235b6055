"""Calibrated ensembles: parameter sets that facts do not rule out, kept in the library."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

from sim.messages import unknown_name
from sim.reading import library_names, read
from sim.units import BesiegeError


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Parameter sets in a fixed shuffled order.

    Attributes
    ----------
    scenario
        Name of the scenario that was calibrated.
    parameters
        Paths of the parameters.
    members
        A row a member, values in the order of ``parameters``.
    best
        Which member fits best.
    made
        How it was made: version, command, seeds, date, facts.
    """

    name: str
    scenario: str
    parameters: tuple[str, ...]
    members: tuple[tuple[float, ...], ...]
    best: int
    made: Mapping[str, Any]

    def member(self, k: int) -> dict[str, float]:
        """Give the k-th member's values by path; beyond the last one, from the first again."""
        row = self.members[k % len(self.members)]
        return dict(zip(self.parameters, row, strict=True))

    def of_seed(self, seed: int) -> dict[str, float]:
        """Give the member that goes with a seed: the first with seed 1, the second with 2."""
        return self.member(seed - 1)


def load_ensemble(name: str) -> Ensemble:
    """Load a calibrated ensemble of the library.

    Raises
    ------
    BesiegeError
        For an unknown name, or one that holds ranges and no members.
    """
    return ensemble_of(read(name, "ensembles"), name)


def named_in(data: Mapping[str, Any], source: str) -> Ensemble | None:
    """Give the ensemble that a scenario's document names by ``ensemble = "NAME"``, if it does.

    Raises
    ------
    BesiegeError
        For a name that the library does not have.
    """
    name = data.get("ensemble")
    if name is None:
        return None
    if not isinstance(name, str) or name not in library_names("ensembles"):
        known = library_names("ensembles")
        raise BesiegeError(f"{source}: {unknown_name('ensemble', str(name), known)}")
    return _of_the_library(name)


@cache
def _of_the_library(name: str) -> Ensemble:
    """Read an ensemble once a process: its rows take as long to parse as a tenth of a small run."""
    return load_ensemble(name)


def left_open(data: Mapping[str, Any], values: Mapping[str, float]) -> dict[str, float]:
    """Give those of a member's values, by path, that a document does not give itself."""
    return {path: value for path, value in values.items() if not _gives(data, path)}


def _gives(data: Any, path: str) -> bool:
    for step in path.split("."):
        if not isinstance(data, Mapping) or step not in data:
            return False
        data = data[step]
    return True


def ensemble_of(data: Mapping[str, Any], name: str) -> Ensemble:
    """Give the ensemble that a TOML document holds.

    Raises
    ------
    BesiegeError
        For a document without members, or with rows of another length than its parameters.
    """
    paths, rows, best = (data.get(key) for key in ("parameters", "members", "best"))
    if not (isinstance(paths, list) and isinstance(rows, list) and rows):
        raise BesiegeError(
            f"ensemble {name}: has no members, allowed is one with parameters and members"
        )
    if not all(isinstance(row, list) and all(isinstance(v, Real) for v in row) for row in rows):
        raise BesiegeError(f"ensemble {name}: members: allowed are rows of numbers")
    if wrong := [i for i, row in enumerate(rows) if len(row) != len(paths)]:
        raise BesiegeError(
            f"ensemble {name}: member {wrong[0]} has {len(rows[wrong[0]])} values, allowed {len(paths)}"
        )
    if not isinstance(best, int) or not 0 <= best < len(rows):
        raise BesiegeError(f"ensemble {name}: best: given {best}, allowed 0 to {len(rows) - 1}")
    return Ensemble(
        name=name,
        scenario=str(data.get("scenario", "")),
        parameters=tuple(paths),
        members=tuple(tuple(float(v) for v in row) for row in rows),
        best=best,
        made=data.get("made", {}),
    )
