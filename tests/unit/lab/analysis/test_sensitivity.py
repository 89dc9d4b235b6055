"""Indices of Morris and Sobol, from functions whose answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sim.lab.analysis.sensitivity import morris, sobol
from sim.lab.design.identity import run_key, scenario_identity
from sim.lab.design.listing import scenario_at
from sim.lab.design.points import points_of, sample
from sim.lab.design.spec import load


def planned(kind, samples, **more):
    paths = ("mobilisation.noise", "mobilisation.join_rate", "attention.memory")
    return load(
        {"scenario": "small", "design": {"kind": kind, "samples": samples, **more},
         "factors": {p: {"around": 0.5} for p in paths}}
    )  # fmt: skip


def runs_by(plan, value):
    rows = {}
    for u, point in zip(sample(plan), points_of(plan), strict=True):
        key = run_key(scenario_identity(scenario_at(plan, point)), plan.spec.seed)
        rows[key] = {"key": key, "seed": 1, "y": value(u)}
    return pd.DataFrame(rows.values())


@pytest.mark.faces
def test_morris_finds_the_slopes_of_a_plane():
    plan = planned("morris", 6)
    table = morris(plan, runs_by(plan, lambda u: 3 * u[0] - 7 * u[1]), ["y"])
    assert table.mu_star.tolist() == pytest.approx([3, 7, 0], abs=1e-9)
    assert table.mu.tolist() == pytest.approx([3, -7, 0], abs=1e-9)
    assert table.sigma.tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert table.complete.all()


@pytest.mark.faces
def test_sobol_finds_the_indices_of_ishigamis_function():
    # Saltelli et al. (2008): a = 7, b = 0.1
    plan = planned("saltelli", 64, second_order=True)

    def ishigami(u):
        x = np.pi * (2 * u - 1)
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    table = sobol(plan, runs_by(plan, ishigami), ["y"])
    by = table.set_index(["index", "factor"]).value
    names = [f.path for f in plan.factors]
    assert [by["first", n] for n in names] == pytest.approx([0.314, 0.442, 0.0], abs=0.15)
    assert [by["total", n] for n in names] == pytest.approx([0.558, 0.442, 0.244], abs=0.15)
    assert by["second", f"{names[0]} × {names[2]}"] == pytest.approx(0.244, abs=0.2)
    assert (table.low <= table.value).all()


@pytest.mark.faces
def test_an_outcome_missing_at_a_point_has_no_indices():
    plan = planned("morris", 3)
    table = morris(plan, runs_by(plan, lambda u: u[0]).iloc[1:], ["y"])
    assert table.mu_star.isna().all()
    assert not table.complete.any()


ALMOST = [0.469, np.nextafter(0.469, 1.0)]
"""Two means of one number: they differ in the last digit."""


@pytest.mark.faces
@pytest.mark.parametrize(("analyse", "kind"), [(morris, "morris"), (sobol, "saltelli")])
def test_an_outcome_that_is_constant_but_for_rounding_has_no_indices(analyse, kind):
    plan = planned(kind, 4)
    digits = itertools.cycle(ALMOST)
    table = analyse(plan, runs_by(plan, lambda u: next(digits)), ["y"])
    assert table.low.isna().all()
    assert not table.complete.any()
    assert set(table.reason) == {"constant: the same in every run"}
