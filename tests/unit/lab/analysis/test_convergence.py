"""How many runs are enough, from tables whose answer is known."""

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
from sim.lab.analysis.effects import half_width


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
