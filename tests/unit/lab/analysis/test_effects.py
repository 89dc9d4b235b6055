"""Effects and ranks, from tables whose answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sim.lab.analysis.effects import half_width, main_effects, rank_correlations, variance_shares


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
