"""Inference from a table, where the answer is known."""

import numpy as np
import pytest

from sim.lab.analysis.inference import Posterior, infer, judge, uniformity


def test_inference_finds_what_the_data_tell_and_leaves_the_rest_as_it_was():
    rng = np.random.default_rng(3)
    x = rng.random((4000, 2))
    y = np.stack([x[:, 0] + rng.normal(0, 0.05, 4000), rng.normal(0, 1, 4000)], axis=1)
    found = infer(x, y, np.array([0.6, 0.0]), 300)
    assert found.mean()[0] == pytest.approx(0.6, abs=0.02)
    assert found.sd()[0] == pytest.approx(0.05, rel=0.3)
    assert found.sd()[1] * np.sqrt(12) == pytest.approx(1.0, rel=0.15)


def test_ranks_are_uniform_where_the_inference_is_right_and_not_where_it_is_not():
    rng = np.random.default_rng(4)
    x = rng.random((4000, 1))
    y = x + rng.normal(0, 0.1, x.shape)
    rows, u = np.arange(200), rng.random((200, 99))
    right = judge(x, y, rows, 300, 99, u)
    assert uniformity(right.ranks, 99)[0] > 0.01
    assert 0.83 < right.covered.mean() < 0.96
    # Data read with an error of their own: what is inferred is off to one side.
    wrong = y.copy()
    wrong[rows] += 0.1
    judged = judge(x, wrong, rows, 300, 99, u)
    assert uniformity(judged.ranks, 99)[0] < 1e-6
    assert judged.covered.mean() < 0.83


def test_quantiles_and_draws_of_a_posterior_go_by_its_weights():
    found = Posterior(np.array([[1.0], [3.0], [2.0]]), np.array([1.0, 8.0, 1.0]))
    assert (found.quantile(0.05)[0], found.quantile(0.5)[0]) == (1.0, 3.0)
    assert found.take(np.array([0.05, 0.5, 0.95]))[:, 0].tolist() == [1.0, 3.0, 2.0]
