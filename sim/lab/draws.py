"""The parameter ensemble: what is not known, drawn once for all policies alike."""

from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import qmc

from sim import parquet
from sim.declared import fields_of
from sim.ensembles import Ensemble as Calibrated
from sim.ensembles import ensemble_of
from sim.messages import show
from sim.reading import library_names, read
from sim.scenario import Scenario
from sim.units import BesiegeError

type Ensemble = str | Path | pd.DataFrame | Mapping[str, Sequence[float]] | None
"""A name of the library, a file, a table with a draw a row, or ranges by parameter."""
_RANGES = '"attention.memory" = [30, 60]'


def draws_of(ensemble: Ensemble, scenario: Scenario, runs: int, seed: int) -> list[dict[str, Any]]:
    """Give what each run's parameters are: nothing to change where no ensemble is given.

    Ranges are drawn as a Latin hypercube of as many points as runs; of a table of draws rows are
    taken in order and again from the first. Of a calibrated ensemble each run takes the member
    of its seed; a parameter at which the scenario stands elsewhere than the best member was set
    by somebody, and stays.

    Raises
    ------
    BesiegeError
        For a name, file or parameter that is not there.
    """
    if ensemble is None or (isinstance(ensemble, str) and ensemble == "none"):
        return [{} for _ in range(runs)]
    found = _read(ensemble) if isinstance(ensemble, (str, Path)) else ensemble
    if isinstance(found, Calibrated):
        return _of_seeds(found, scenario, range(seed, seed + runs))
    if isinstance(found, pd.DataFrame):
        if found.empty:
            raise BesiegeError("ensemble: given a table without rows, allowed is at least one")
        rows: list[dict[str, Any]] = found.to_dict("records")  # type: ignore[assignment]
        draws = [rows[i % len(rows)] for i in range(runs)]
    else:
        _check_ranges(found, str(ensemble) if isinstance(ensemble, (str, Path)) else "ensemble")
        paths = list(found)
        low, high = [float(found[p][0]) for p in paths], [float(found[p][1]) for p in paths]
        points = qmc.LatinHypercube(d=len(paths), rng=seed).random(runs)
        draws = [
            dict(zip(paths, row, strict=True)) for row in qmc.scale(points, low, high).tolist()
        ]
    whole = {f.path for f in fields_of(scenario) if f.type == "whole number"}
    return [{p: round(v) if p in whole else v for p, v in draw.items()} for draw in draws]


def _of_seeds(
    ensemble: Calibrated, scenario: Scenario, seeds: Sequence[int]
) -> list[dict[str, Any]]:
    now = {f.path: f.default for f in fields_of(scenario)}
    best = ensemble.member(ensemble.best)
    free = {path for path, value in best.items() if now.get(path) == value}
    return [{p: v for p, v in ensemble.of_seed(s).items() if p in free} for s in seeds]


def _read(source: str | Path) -> pd.DataFrame | dict[str, Sequence[float]] | Calibrated:
    path = Path(source)
    if path.suffix in {".parquet", ".csv"}:
        try:
            return parquet.read(path) if path.suffix == ".parquet" else pd.read_csv(path)
        except (OSError, ValueError, RuntimeError) as error:
            raise BesiegeError(f"ensemble: given {source}, cannot be read ({error})") from None
    if path.suffix != ".toml" and str(source) not in library_names("ensembles"):
        names = ", ".join(["none", *library_names("ensembles")])
        raise BesiegeError(
            f"ensemble: given {str(source)!r}, allowed {names}, or a TOML, CSV or Parquet file"
        )
    data = read(source, "ensembles")
    if "members" in data:
        return ensemble_of(data, str(source))
    ranges: dict[str, Any] = data.get("ranges", {})
    return ranges


def _check_ranges(ranges: Any, name: str) -> None:
    """Refuse what is no table of low and high by parameter."""
    if not isinstance(ranges, Mapping) or not ranges:
        raise BesiegeError(f"{name}: ranges: missing, required is a table such as {_RANGES}")
    for path, pair in ranges.items():
        is_pair = isinstance(pair, (list, tuple)) and len(pair) == 2
        if not (is_pair and all(isinstance(v, Real) for v in pair) and pair[0] < pair[1]):
            raise BesiegeError(
                f"{name}: ranges.{path}: given {show(pair)}, allowed is [low, high], low below high"
            )
