"""Sums and means do not depend on the share of people simulated (docking.md, row scale)."""

from functools import cache

import numpy as np
import pytest

from sim.expressions import evaluate
from sim.model import Siege

FREE_OF_SCALE = (
    "cum_actions",
    "cum_purchases",
    "cum_mall_sales_loss",
    "cum_store_loss",
    "mean(online, 60, 100)",
)
BIASED = ("peak_online", "n_stores_attacked", "max_store_day_actions", "top5_store_loss")
SEEDS = range(40)


@cache
def sampled(scale):
    """Give the outcomes by seed and name, with an outbreak as the last column."""
    rows = []
    for seed in SEEDS:
        record = Siege("taobao-2011", seed=seed, scale=scale).run().record
        values = [evaluate(name, record) for name in (*FREE_OF_SCALE, *BIASED)]
        rows.append([np.nan if v is None else v for v in values])
    return np.array(rows)


def ratio_of_means(x, y):
    """Give the ratio of paired means and half of its 95 % interval (delta method)."""
    ratio = x.mean() / y.mean()
    error = (x - ratio * y).std(ddof=1) / np.sqrt(len(x)) / abs(y.mean())
    return ratio, 1.96 * error


@pytest.mark.slow
def test_sums_and_means_do_not_depend_on_the_scale(capsys):
    few, many = sampled(0.05), sampled(0.5)
    broke_out = [(s[:, 0] > 0) for s in (few, many)]
    both = broke_out[0] & broke_out[1]
    with capsys.disabled():
        print(f"\nbroke out: {broke_out[0].mean():.2f} and {broke_out[1].mean():.2f} of the seeds")
        for c, name in enumerate((*FREE_OF_SCALE, *BIASED)):
            ratio, half = ratio_of_means(few[both, c], many[both, c])
            print(f"{name:24} {ratio:.3f} +- {half:.3f}")
    for c, name in enumerate(FREE_OF_SCALE):
        ratio, half = ratio_of_means(few[both, c], many[both, c])
        assert 0.95 < ratio - half, name
        assert ratio + half < 1.05, name


def test_a_larger_world_begins_with_the_smaller_one_and_weighs_less():
    small, large = (Siege("taobao-2011", seed=4, scale=s, hours=1) for s in (0.01, 0.02))
    assert np.array_equal(small.sellers.turnover, large.sellers.turnover[:495])
    assert np.array_equal(small.consumers.favourite, large.consumers.favourite[:100_000])
    assert np.array_equal(small.stores.brand, large.stores.brand)
    assert small.world.weight == 2 * large.world.weight
    assert len(small.sellers) * small.world.weight == len(large.sellers) * large.world.weight
