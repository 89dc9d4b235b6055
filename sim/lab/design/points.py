"""The points of a design: SALib and scipy sample, nothing is sampled by hand."""

import itertools
import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from sim.core.units import F64, BesiegeError
from sim.lab.design.levels import Level
from sim.lab.design.spec import Factor, Plan

type Point = dict[str, Level]
"""A level of each factor, by its path."""


def points_of(plan: Plan) -> Iterator[Point]:
    """Return the points of a plan in order, one by one."""
    kind = plan.spec.design.kind
    if kind == "grid":
        for levels in itertools.product(*(f.levels for f in plan.factors)):
            yield dict(zip((f.path for f in plan.factors), levels, strict=True))
    elif kind == "list":
        for point in plan.points:
            yield {f.path: point.get(f.path, f.base) for f in plan.factors}
    else:
        for row in sample(plan).tolist():
            yield {f.path: place(f, u) for f, u in zip(plan.factors, row, strict=True)}


def count_points(plan: Plan) -> int:
    """Return how many points there are, without making them."""
    design, k = plan.spec.design, len(plan.factors)
    n = design.samples or 0
    if design.kind == "grid":
        return math.prod(len(f.levels) for f in plan.factors)
    return {
        "list": len(plan.points),
        "latin": n,
        "sobol": n,
        "morris": n * (k + 1),
        "saltelli": n * (2 * k + 2 if design.second_order else k + 2),
    }[design.kind]


def place(factor: Factor, u: float) -> Level:
    """Return a factor's level at a share of the way through its range or its levels."""
    if factor.range is not None:
        value = factor.range.at(u)
        return Level(value, value)
    return factor.levels[min(int(u * len(factor.levels)), len(factor.levels) - 1)]


def problem_of(plan: Plan) -> dict[str, Any]:
    """Describe the factors for SALib, each from 0 to 1."""
    names = [f.path for f in plan.factors]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def sample(plan: Plan) -> F64:
    """Draw the design in the unit cube, a row a point, a column a factor."""
    from scipy.stats import qmc

    design, k = plan.spec.design, len(plan.factors)
    seed = design.seed if design.seed is not None else plan.spec.seed % 2**31
    n = design.samples or 0
    if design.kind == "latin":
        drawn = qmc.LatinHypercube(k, rng=seed).random(n)
    elif design.kind == "sobol":
        drawn = qmc.Sobol(k, rng=seed).random(n)
    elif design.kind == "morris":
        drawn = salib("sample.morris").sample(problem_of(plan), n, num_levels=design.levels, seed=seed)  # fmt: skip
    else:
        drawn = salib("sample.sobol").sample(problem_of(plan), n, calc_second_order=design.second_order, seed=seed)  # fmt: skip
    out: F64 = np.asarray(drawn, np.float64)
    return out


def salib(module: str) -> Any:
    """Import a part of SALib.

    Raises
    ------
    BesiegeError
        If it is not installed.
    """
    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        raise BesiegeError(
            "SALib: missing, required for morris and saltelli; uv run --extra analysis besiege …"
        ) from None
