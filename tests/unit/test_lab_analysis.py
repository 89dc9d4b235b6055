"""What is learned from tables whose answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.lab.analysis.convergence import (
    convergence,
    running_means,
    runs_needed,
    siege_shares,
    wilson,
)
from sim.lab.analysis.effects import half_width, main_effects, rank_correlations, variance_shares
from sim.lab.analysis.sensitivity import morris, sobol
from sim.lab.design.identity import run_key, scenario_identity
from sim.lab.design.listing import scenario_at
from sim.lab.design.points import points_of, sample
from sim.lab.design.spec import load


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
    assert (row.runs_needed, row.reason) == (7, "")
    t = stats.t.ppf(0.975, [5, 6]) * y.std(ddof=1) / 10 / np.sqrt([6, 7])
    assert t[0] > 0.1 >= t[1]  # six runs of this spread would not do, seven do
    assert running_means(runs, "y").n.tolist() == list(range(2, 21))


@given(st.lists(st.floats(1.0, 100.0), min_size=10, max_size=40))
def test_fewer_runs_are_needed_than_there_are_just_where_the_interval_is_narrow(values):
    (row,) = convergence(pd.DataFrame({"seed": 1, "y": values}), [], ["y"]).itertuples()
    if row.reason:
        assert len(set(values)) == 1 or np.ptp(values) <= 1e-12 * max(values)
    elif abs(row.relative - 0.1) > 1e-9:
        assert (row.runs_needed <= row.n) == (row.relative < 0.1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([100.0, 110.0], "too few runs: 2, at least 10 are needed"),
        ([100.0] * 9, "too few runs: 9, at least 10 are needed"),
        ([0.469 + 5.6e-17 * i for i in range(10)], "constant"),
        ([-1.0, 1.0] * 5, "the mean is 0"),
        ([0.1, 0.2, -0.3] * 4, "the mean is 0"),
        ([0.0] * 10, "the mean is 0"),
        ([np.nan] * 10, "not defined in any run"),
    ],
)
def test_what_the_runs_cannot_tell_is_no_number_but_a_reason(values, reason):
    runs = pd.DataFrame({"seed": np.arange(len(values)), "y": values})
    (row,) = convergence(runs, [], ["y"]).itertuples()
    assert np.isnan(row.runs_needed)
    assert row.reason.startswith(reason)


def test_the_runs_needed_are_found_for_any_spread_at_once():
    assert [runs_needed(s) for s in (0.0, 1e-9, 0.1, 1.0)] == [2, 2, 7, 387]
    assert runs_needed(1e12) == pytest.approx(1.959963984540054**2 * 1e26)


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


ALMOST = [0.469, np.nextafter(0.469, 1.0)]
"""Two means of one number: they differ in the last digit."""


def test_rounding_is_no_spread_in_shares_and_ranks():
    table = grid(lambda a, b, s: ALMOST[s % 2])
    shares = variance_shares(table, ["a", "b"], ["y"])
    assert shares.source.tolist() == ["a", "b", "a × b", "rest"]
    assert shares.share.isna().all()
    assert set(shares.reason) == {"constant: the same in every run"}
    x = np.linspace(0, 1, 50)
    runs = pd.DataFrame({"a": x, "b": 2.0, "seed": 1, "y": np.resize(ALMOST, 50), "z": x**2})
    ranks = rank_correlations(runs, ["a", "b"], ["y", "z"]).set_index(["outcome", "factor"])
    assert ranks.correlation.isna().tolist() == [True, True, False, True]
    assert ranks.reason["y", "a"].startswith("constant")
    assert ranks.reason["z", "b"] == "the factor has the same value at every point"
    few = rank_correlations(runs.iloc[:9], ["a"], ["z"])
    assert few.reason.tolist() == ["too few points: 9, at least 10 are needed"]


@pytest.mark.faces
@pytest.mark.parametrize(("analyse", "kind"), [(morris, "morris"), (sobol, "saltelli")])
def test_an_outcome_that_is_constant_but_for_rounding_has_no_indices(analyse, kind):
    plan = planned(kind, 4)
    digits = itertools.cycle(ALMOST)
    table = analyse(plan, runs_by(plan, lambda u: next(digits)), ["y"])
    assert table.low.isna().all()
    assert not table.complete.any()
    assert set(table.reason) == {"constant: the same in every run"}
