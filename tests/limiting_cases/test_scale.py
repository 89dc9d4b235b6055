"""Sums and means do not depend on the share of people simulated."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from sim.limiting_cases.worlds import FREE_OF_SCALE

BIASED = ("peak_online", "n_stores_attacked", "max_store_day_actions", "top5_store_loss")
SCALES = (0.05, 0.1, 0.5, 1.0)
SEEDS = range(40)


def test_small_worlds_at_two_scales_agree_within_their_noise():
    ratios = limiting_cases.scale(
        scales=(0.01, 0.02), seeds=range(16), hours=100,
        **{"population.n_consumers": 1_000_000, "population.n_stores": 60},
    )  # fmt: skip
    assert set(ratios) == set(FREE_OF_SCALE)
    for name, (found,) in ratios.items():
        assert found.n == 16
        assert found.low < found.ratio < found.high < found.low + 0.6, name
        assert found.low < 1.02, name
        assert found.high > 0.98, name


@pytest.mark.slow
def test_sums_and_means_of_forty_seeds_are_those_of_the_whole_mall(capsys):
    ratios = limiting_cases.scale((*FREE_OF_SCALE, *BIASED), SCALES, SEEDS)
    with capsys.disabled():
        print()
        for name, found in ratios.items():
            for s, r in zip(SCALES, found, strict=False):
                print(f"{name:24} s = {s:g}: {r.ratio:.3f} ({r.low:.3f} to {r.high:.3f})")
    for name in FREE_OF_SCALE:
        for found in ratios[name]:
            assert 0.95 < found.low, name
            assert found.high < 1.05, name


def test_arguments_out_of_range_are_refused_in_one_line():
    for given, said in (
        ({"scales": (0.1,)}, "scales: given 1, allowed at least two"),
        ({"seeds": [1]}, "seeds: given 1, allowed at least two"),
        ({"scales": (0.01, 7)}, "scale: given 7"),
        ({"outcomes": ["cum_action"]}, "cum_action"),
    ):
        with pytest.raises(BesiegeError) as error:
            limiting_cases.scale(**{"scenario": "small", "hours": 2, "seeds": [1, 2], **given})
        assert said in str(error.value)
