"""The parameter ensemble: what is not known, drawn once for all policies alike."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import qmc

from sim.core.quoting import format_value, quote
from sim.core.units import BesiegeError, Prior
from sim.io import parquet
from sim.io.csv_tables import read_csv
from sim.scenario.ensembles import (
    Ensemble,
    by_its_name,
    ensemble_of,
    is_finite,
    load_ensemble,
    warn_of,
)
from sim.scenario.messages import allowed, path_of, unknown_path
from sim.scenario.scenario import Scenario
from sim.scenario.schema import Field, contents, describe, fields_of, follow, is_table, steps_of
from sim.scenario.toml import library_names, meant_file, prepare, read

type EnsembleLike = str | Path | pd.DataFrame | Mapping[str, Sequence[float]] | None
"""A name of the library, a file, a table with a draw a row, or ranges by parameter."""
_RANGES = '"attention.memory" = [30, 60]'


class _Row(NamedTuple):
    """A row of a table of draws, and what messages call it."""

    place: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Draws:
    """A table of draws: ``name`` is what messages call it."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[_Row]


@dataclass(frozen=True, slots=True)
class _Ranges:
    """A table of ranges by parameter: ``name`` is what messages call it."""

    name: str
    ranges: Any


@dataclass(frozen=True, slots=True)
class _Priors:
    """An ensemble that has no values of its own: every parameter lies where its prior says."""

    name: str


def draws_of(
    ensemble: EnsembleLike, scenario: Scenario, runs: int, seed: int
) -> list[dict[str, Any]]:
    """Return what each run's parameters are: nothing to change where no ensemble is given.

    Ranges are drawn as a Latin hypercube of as many points as runs, and so are priors (the
    library's ``wide``: every parameter that declares one); of a table of draws rows are taken in
    order and again from the first. Of a calibrated ensemble each run takes the member of its
    seed. A parameter at which the scenario stands elsewhere than the best member, or for priors
    elsewhere than at a value of the library, was set by somebody, and stays. All that is given is
    tried in the scenario before any run. One line warns of an ensemble that was made with
    another version of the model.

    Raises
    ------
    BesiegeError
        For a name, file or parameter that is not there, or a value that is not allowed; the
        message names the file and its row.
    """
    if ensemble is None or (isinstance(ensemble, str) and ensemble == "none"):
        return [{} for _ in range(runs)]
    found = _read(ensemble)
    if isinstance(found, Ensemble):
        warn_of(found)
        return _of_seeds(found, scenario, range(seed, seed + runs))
    if isinstance(found, _Draws):
        return _of_rows(found, scenario, runs)
    if isinstance(found, _Priors):
        return _of_priors(found, scenario, runs, seed)
    return _of_ranges(found, scenario, runs, seed)


def warning_of(ensemble: EnsembleLike) -> str | None:
    """Return what there is to be warned of in an ensemble; None if nothing.

    Raises
    ------
    BesiegeError
        For a name or file that is not there or cannot be read.
    """
    if not isinstance(ensemble, (str, Path)) or ensemble == "none":
        return None
    found = _read(ensemble)
    return found.warning if isinstance(found, Ensemble) else None


def drawn_from(source: str | Path) -> tuple[str, Mapping[str, Any], Ensemble | dict[str, Prior]]:
    """Return what an ensemble of the library or a TOML file draws from.

    Returns
    -------
    tuple
        Its kind (members, ranges or priors), its document, and its members, or by path between
        which two values a parameter is drawn.

    Raises
    ------
    BesiegeError
        For what is not there, or is no ensemble.
    """
    source = by_its_name(source)
    told, found = read(source, "ensembles"), _read(source)
    if isinstance(found, Ensemble):
        return "members", told, found
    if isinstance(found, _Priors):
        every = [*fields_of(Scenario()), *_of_measures()]
        return "priors", told, {f.path: f.prior for f in every if f.prior}
    if isinstance(found, _Ranges):
        fields, within = _within(found, Scenario())
        return "ranges", told, {f.path: p for f, p in zip(fields, within, strict=True)}
    raise BesiegeError(f"{quote(str(source))}: is a table of draws, allowed a name or a TOML file")


def _read(source: Any) -> _Draws | _Ranges | _Priors | Ensemble:
    if isinstance(source, pd.DataFrame):
        return _of_frame(source, "ensemble")
    if not isinstance(source, (str, Path)):
        return _Ranges("ensemble", source)
    source = by_its_name(source)
    path, name = Path(source), quote(str(source))
    ending = path.suffix.lower()
    if ending == ".csv":
        table = read_csv(path)
        rows = [_Row(table.at(row), row.cells) for row in table.rows]
        return _Draws(f"{table.name} line 1", table.columns, rows)
    if ending == ".parquet":
        try:
            return _of_frame(parquet.read(path), name)
        except (OSError, ValueError, RuntimeError) as error:
            why = " ".join(str(error).split())
            raise BesiegeError(f"{name}: cannot be read ({format_value(why)})") from None
    if ending != ".toml" and str(source) not in library_names("ensembles"):
        names = ", ".join(["none", *library_names("ensembles")])
        meant = meant_file(path)
        raise BesiegeError(
            f"ensemble: given {format_value(str(source))}, allowed {names}, or a TOML, CSV or Parquet file"
            + (f"; did you mean {quote(meant)}?" if meant else "")
        )
    data = read(path if ending == ".toml" else source, "ensembles")
    given = [key for key in ("members", "ranges", "priors") if key in data]
    if len(given) > 1:
        raise BesiegeError(
            f"{name}: given both {given[0]} and {given[1]}, allowed only one of them"
        )
    if given == ["priors"]:
        if data["priors"] is not True:
            raise BesiegeError(
                f"{name}: priors: given {format_value(data['priors'])}, allowed true"
            )
        return _Priors(name)
    return ensemble_of(data, name) if "members" in data else _Ranges(name, data.get("ranges", {}))


def _of_frame(frame: pd.DataFrame, name: str) -> _Draws:
    columns = [str(column) for column in frame.columns]
    rows: list[dict[str, Any]] = frame.set_axis(range(len(columns)), axis=1).to_dict("records")  # type: ignore[assignment]
    named = [
        _Row(f"{name} row {i}", dict(zip(columns, row.values(), strict=True)))
        for i, row in enumerate(rows)
    ]
    return _Draws(name, tuple(columns), named)


def _of_rows(table: _Draws, scenario: Scenario, runs: int) -> list[dict[str, Any]]:
    fields = _fields_of(table.columns, table.name)
    if not table.rows:
        raise BesiegeError(f"{table.name}: given a table without rows, allowed at least one row")
    values = [
        {
            field.path: _value(cell, field, f"{row.place}: {field.path}")
            for field, cell in zip(fields, row.cells.values(), strict=True)
        }
        for row in table.rows
    ]
    for row, draw in list(zip(table.rows, values, strict=True))[:runs]:
        _try(scenario, draw, row.place)
    return [values[i % len(values)] for i in range(runs)]


def _of_ranges(table: _Ranges, scenario: Scenario, runs: int, seed: int) -> list[dict[str, Any]]:
    fields, within = _within(table, scenario)
    return _hypercube(fields, within, runs, seed)


def _within(table: _Ranges, scenario: Scenario) -> tuple[list[Field], list[Prior]]:
    """Return the parameters of a table of ranges, and between which values each lies."""
    name, ranges = table.name, table.ranges
    if not isinstance(ranges, Mapping) or not ranges:
        raise BesiegeError(f"{name}: ranges: missing, required: a table such as {_RANGES}")
    fields = _fields_of(map(str, ranges), f"{name}: ranges")
    within = []
    for field, pair in zip(fields, ranges.values(), strict=True):
        if isinstance(pair, np.ndarray):
            pair = pair.tolist()
        is_pair = isinstance(pair, (list, tuple)) and len(pair) == 2
        if not (is_pair and all(map(is_finite, pair)) and pair[0] < pair[1]):
            raise BesiegeError(
                f"{name}: ranges.{field.path}: given {format_value(pair)}, allowed [low, high] with low below high"
            )
        if not field.is_numeric:
            raise BesiegeError(
                f"{name}: ranges.{field.path}: given a range, allowed only for numbers, and this is a {field.type}"
            )
        for end in pair:
            _try(scenario, {field.path: _number(end, field)}, f"{name}: ranges")
        within.append(Prior(float(pair[0]), float(pair[1])))
    return fields, within


def _of_priors(ensemble: _Priors, scenario: Scenario, runs: int, seed: int) -> list[dict[str, Any]]:
    usual = _values_of_the_library(scenario)
    fields = [
        f for f in fields_of(scenario)
        if f.prior and "[" not in f.path and f.default in [values.get(f.path) for values in usual]
    ]  # fmt: skip
    fields += _of_measures()
    draws = _hypercube(fields, [f.prior for f in fields if f.prior], runs, seed)
    for k, draw in enumerate(draws):
        _try(scenario, draw, f"{ensemble.name}: draw {k}")
    return draws


def _of_measures() -> list[Field]:
    """Return the parameters of measures that have a prior, by kind: alike in all policies."""
    every = fields_of(Scenario)
    return [f for f in every if f.prior and f.path.startswith("response.measures[")]


def _values_of_the_library(scenario: Scenario) -> list[Mapping[str, Any]]:
    """Return tables of values, by path, at which nobody has set a parameter by hand.

    They are the model's own, those of the library's scenario of this one's name, and those of the
    best member of each calibrated ensemble.
    """
    known = scenario.name in library_names("scenarios")
    whole = [Scenario(), *([Scenario.load(scenario.name)] if known else [])]
    found: list[Mapping[str, Any]] = [{f.path: f.default for f in fields_of(s)} for s in whole]
    for name in library_names("ensembles"):
        if "members" in read(name, "ensembles"):
            calibrated = load_ensemble(name)
            found.append(calibrated.member(calibrated.best))
    return found


def _hypercube(
    fields: list[Field], within: list[Prior], runs: int, seed: int
) -> list[dict[str, Any]]:
    """Draw a Latin hypercube of as many points as runs."""
    if not fields:
        return [{} for _ in range(runs)]
    points = qmc.LatinHypercube(d=len(fields), rng=seed).random(runs)
    return [
        {f.path: _number(prior.at(u), f) for f, prior, u in zip(fields, within, row, strict=True)}
        for row in points.tolist()
    ]


def _of_seeds(ensemble: Ensemble, scenario: Scenario, seeds: Sequence[int]) -> list[dict[str, Any]]:
    name = f"ensemble {ensemble.name}"
    fields = _fields_of(ensemble.parameters, f"{name}: parameters")
    now = {f.path: {f.default} for f in fields_of(scenario) if f.type != "list"}
    for measure in scenario.response.measures:  # of a kind that it has none of, nothing is set
        for part, value in contents(measure).items():
            if is_finite(value):
                now.setdefault(f"response.measures[{measure.kind}].{part}", set()).add(value)
    best = ensemble.members[ensemble.best]
    free = [
        i for i, field in enumerate(fields)
        if now.get(field.path, {best[i]} if "measures[" in field.path else set()) == {best[i]}
    ]  # fmt: skip
    draws, n = {}, len(ensemble.members)
    for k in dict.fromkeys((seed - 1) % n for seed in seeds):
        member = ensemble.members[k]
        draws[k] = {fields[i].path: _number(member[i], fields[i]) for i in free}
        _try(scenario, draws[k], f"{name}: member {k}")
    return [draws[(seed - 1) % n] for seed in seeds]


def _fields_of(paths: Iterable[str], place: str) -> list[Field]:
    """Find what paths name: a single parameter each, and none twice."""
    found: dict[str, Field] = {}
    for given in paths:
        trail = follow(Scenario, steps_of(given))
        if not trail.is_whole:
            raise BesiegeError(f"{place}: {unknown_path(Scenario, trail)}")
        path = path_of(trail.steps)
        field = None if trail.info is None else describe(path, trail.info, None)
        if field is None or field.type == "list" or is_table(trail.kinds[0]):
            raise BesiegeError(f"{place}: {path}: is a table or a list, allowed a single parameter")
        if path in found:
            raise BesiegeError(f"{place}: {path}: given twice, allowed once")
        found[path] = field
    return list(found.values())


def _value(cell: Any, field: Field, place: str) -> Any:
    """Return what stands in a cell, as the scenario takes it; the scenario says what is allowed.

    Text is read as its field asks: a file has nothing else. What is missing is refused, but for
    a parameter that may be absent: there a table in memory may have no value, a file ``none``.
    """
    is_text = isinstance(cell, str)
    if (is_text and not cell) or (not is_text and pd.isna(cell)):
        if field.optional and not is_text:
            return None
        more = " (none stands for no value)" if field.optional else ""
        raise BesiegeError(f"{place}: given nothing, allowed {allowed(field)}{more}")
    if is_text and cell == "none" and field.optional:
        return None
    if is_text and field.type == "switch":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if is_text and field.is_numeric:
        with contextlib.suppress(ValueError):
            cell = float(cell)
    cell = prepare(cell, Scenario, [object], steps_of(field.path))
    return _number(cell, field) if field.is_numeric and is_finite(cell) else cell


def _number(value: float, field: Field) -> float | int:
    return round(value) if field.type == "whole number" else float(value)


def _try(scenario: Scenario, draw: dict[str, Any], place: str) -> None:
    """Refuse a draw that the scenario does not allow, before any run is done."""
    try:
        scenario.replace(draw)
    except BesiegeError as error:
        raise BesiegeError(f"{place}: {error}") from None
