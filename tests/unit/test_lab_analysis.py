"""What is learned from tables whose answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sim.lab.convergence import convergence, running_means, siege_shares, wilson
from sim.lab.design import points_of, sample
from sim.lab.effects import half_width, main_effects, rank_correlations, variance_shares
from sim.lab.identity import run_key, scenario_identity
from sim.lab.listing import scenario_at
from sim.lab.sensitivity import morris, sobol
from sim.lab.spec import load


def grid(value, seeds=4):
    rows = [
        {"a": a, "b": b, "seed": s, "y": value(a, b, s)}
        for a, b, s in itertools.product((0.0, 1.0, 2.0), ("x", "y"), range(1, seeds + 1))
    ]
    return pd.DataFrame(rows)


def test_main_effects_are_paired_by_seed_so_that_what_seeds_share_cancels():
    table = main_effects(grid(lambda a, b, s: 10.0 * a + 1000.0 * s), ["a"], ["y"])
    assert table.difference.tolist() == pytest.approx([0, 10, 20])
    assert (table.difference_high - table.difference_low).tolist() == pytest.approx([0, 0, 0])
    assert ((table.high - table.low) > 1000).all()


def test_an_interval_of_a_mean_is_students():
    assert half_width(pd.Series([1.0, 2.0, 3.0])) == pytest.approx(4.302652729749464 / np.sqrt(3))
    assert np.isnan(half_width(pd.Series([1.0])))


def test_shares_of_the_variance_add_up_and_find_an_interaction():
    shares = variance_shares(
        grid(lambda a, b, s: a + (a - 1.0) * (5.0 if b == "x" else -5.0)), ["a", "b"], ["y"]
    ).set_index("source")
    assert shares.share.sum() == pytest.approx(1)
    assert shares.share["a"] == pytest.approx(1 / 26)
    assert shares.share["b"] == pytest.approx(0)
    assert shares.share["a × b"] == pytest.approx(25 / 26)
    assert shares.balanced.all()


def test_an_outcome_that_is_absent_in_some_runs_states_its_n_and_is_not_balanced():
    table = grid(lambda a, b, s: np.nan if a == 0 and s == 1 else a)
    assert main_effects(table, ["a"], ["y"]).n.tolist() == [6, 8, 8]
    shares = variance_shares(table, ["a", "b"], ["y"])
    assert not shares.balanced.any()
    assert (shares.n == 22).all()


def test_a_rank_correlation_has_its_sign_and_its_interval():
    x = np.linspace(0, 1, 50)
    runs = pd.DataFrame({"a": x, "b": np.sin(40 * x), "seed": 1, "y": -(x**3)})
    table = rank_correlations(runs, ["a", "b"], ["y"]).set_index("factor")
    assert table.correlation["a"] == pytest.approx(-1)
    assert table.low["b"] < 0 < table.high["b"]


def test_the_runs_needed_follow_from_the_spread():
    y = np.array([9.0, 11.0] * 10)
    runs = pd.DataFrame({"seed": np.arange(20), "y": y})
    (row,) = convergence(runs, [], ["y"]).itertuples()
    assert row.n == 20
    assert row.half_width == pytest.approx(half_width(pd.Series(y)))
    assert row.runs_needed == np.ceil((1.96 * y.std(ddof=1) / 10 / 0.1) ** 2)
    assert running_means(runs, "y").n.tolist() == list(range(2, 21))


def test_two_humps_are_flagged_and_shown_apart():
    runs = pd.DataFrame(
        {"a": [1.0] * 10 + [2.0] * 10, "seed": [*range(10)] * 2,
         "hours_attack": [0, 30] * 5 + [30] * 10, "y": [0.0, 8.0] * 5 + [9.0] * 10}
    )  # fmt: skip
    table = siege_shares(runs, ["a"], ["y"])
    assert table.share_siege.tolist() == [0.5, 1.0]
    assert table.bimodal.tolist() == [True, False]
    assert (table.y_with[0], table.y_without[0]) == (8, 0)
    assert np.isnan(table.y_without[1])


def test_the_interval_of_a_share_is_wilsons():
    # Brown, Cai and DasGupta (2001) have its centre and width
    low, high = wilson(5, 20)
    assert (low, high) == (pytest.approx(0.1119, abs=2e-4), pytest.approx(0.4687, abs=2e-4))
    assert wilson(0, 10)[0] == 0


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
