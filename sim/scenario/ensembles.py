"""Ensembles of the library: parameter sets that facts do not rule out, or priors alone."""

import logging
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.scenario.messages import unknown_name
from sim.scenario.toml import library_names, read
from sim.version import MODEL_VERSION

OLD_NAMES = {"assumed": "wide"}
"""What ensembles of the library were called before."""
_WARNED: set[str] = set()


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

    @property
    def warning(self) -> str | None:
        """What is wrong with using it in this version of the model; None if nothing."""
        made_for = self.made.get("model_version")
        if made_for == MODEL_VERSION:
            return None
        other = "of another, unnamed version" if made_for is None else f"version {made_for}"
        return (
            f"ensemble {self.name}: made with model {other}, and this is model version "
            f"{MODEL_VERSION}: its sets may no longer agree with the facts they were fitted to"
        )

    def member(self, k: int) -> dict[str, float]:
        """Return the k-th member's values by path; beyond the last one, from the first again."""
        row = self.members[k % len(self.members)]
        return dict(zip(self.parameters, row, strict=True))

    def of_seed(self, seed: int) -> dict[str, float]:
        """Return the member that goes with a seed: the first with seed 1, the second with 2."""
        return self.member(seed - 1)


def by_its_name(source: Any) -> Any:
    """Return an ensemble's present name for an old one; anything else as it is."""
    return OLD_NAMES.get(source, source) if isinstance(source, str) else source


def warn_of(ensemble: Ensemble) -> None:
    """Write one line on standard error, once a process, if an ensemble is another version's."""
    if (told := ensemble.warning) and told not in _WARNED:
        _WARNED.add(told)
        logging.getLogger("sim").warning(told)


def load_ensemble(name: str) -> Ensemble:
    """Load a calibrated ensemble of the library.

    Raises
    ------
    BesiegeError
        For an unknown name, or one that holds ranges and no members.
    """
    return ensemble_of(read(name, "ensembles"), name)


def named_in(data: Mapping[str, Any], source: str) -> Ensemble | None:
    """Return the ensemble that a scenario's document names by ``ensemble = "NAME"``, if it does.

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
    """Return those of a member's values, by path, that a document does not give itself."""
    return {path: value for path, value in values.items() if not _gives(data, path)}


def _gives(data: Any, path: str) -> bool:
    for step in path.split("."):
        if not isinstance(data, Mapping) or step not in data:
            return False
        data = data[step]
    return True


def ensemble_of(data: Mapping[str, Any], name: str) -> Ensemble:
    """Return the ensemble that a TOML document holds.

    Raises
    ------
    BesiegeError
        For a document without members, or one whose rows are not as many numbers as parameters.
    """
    paths, rows, best = (data.get(key) for key in ("parameters", "members", "best"))
    if not (isinstance(paths, list) and isinstance(rows, list) and paths and rows):
        raise BesiegeError(
            f"ensemble {name}: has no members, allowed an ensemble with parameters and members"
        )
    if wrong := [path for path in paths if not isinstance(path, str)]:
        raise BesiegeError(
            f"ensemble {name}: parameters: given {format_value(wrong[0])}, allowed names of parameters"
        )
    if twice := [path for path, n in Counter(paths).items() if n > 1]:
        raise BesiegeError(
            f"ensemble {name}: parameters: given {format_value(twice[0])} twice, allowed once"
        )
    for i, row in enumerate(rows):
        _check_member(row, f"ensemble {name}: member {i}", len(paths))
    if not isinstance(best, int) or isinstance(best, bool) or not 0 <= best < len(rows):
        raise BesiegeError(
            f"ensemble {name}: best: given {format_value(best)}, allowed 0 to {len(rows) - 1}"
        )
    made = data.get("made", {})
    if not isinstance(made, Mapping):
        raise BesiegeError(f"ensemble {name}: made: given {format_value(made)}, allowed a table")
    return Ensemble(
        name=name,
        scenario=str(data.get("scenario", "")),
        parameters=tuple(paths),
        members=tuple(zip(*map(_column, zip(*rows, strict=True)), strict=True)),
        best=best,
        made=made,
    )


def _column(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return a column's numbers: whole where the document has whole numbers only."""
    if all(type(v) is int for v in values):
        return values
    return tuple(float(v) for v in values)


def _check_member(row: Any, place: str, n: int) -> None:
    """Refuse what is no row of so many numbers."""
    if not isinstance(row, list):
        raise BesiegeError(f"{place}: given {format_value(row)}, allowed rows of numbers")
    if len(row) != n:
        raise BesiegeError(f"{place} has {len(row)} values, allowed {n}")
    if wrong := [v for v in row if not is_finite(v)]:
        raise BesiegeError(f"{place}: given {format_value(wrong[0])}, allowed rows of numbers")


def is_finite(value: Any) -> bool:
    """Return whether a value is a number that can be reckoned with: no switch, NaN or infinity."""
    try:
        return (
            isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(float(value))
        )
    except OverflowError:  # a whole number of more than 308 digits
        return False
