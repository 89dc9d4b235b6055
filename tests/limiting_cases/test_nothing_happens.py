"""No announcement and no response: no protest, no attack, no loss."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError

WORLDS = {
    "as it was": {},
    "another seed": {"seed": 2},
    "calm": {"scenario": "calm"},
    "eager people": {"mobilisation.join_rate": 1.0, "population.onlooker_threshold_mean": -5.0,
                     "population.seller_threshold_mean": -5.0, "channel.quorum": 0.0},
    "sold out shelves": {"stores.stock_days": 0.1},
}  # fmt: skip


@pytest.mark.parametrize("given", WORLDS.values(), ids=WORLDS)
def test_without_an_announcement_nobody_comes_and_no_store_loses_a_yuan(given):
    seen = limiting_cases.nothing_happens(**{"scale": 0.01, "hours": 200, **given})
    assert seen == (0.0, 0.0, 0.0)


def test_a_world_that_is_not_there_is_refused_in_one_line():
    with pytest.raises(BesiegeError, match="nowhere"):
        limiting_cases.nothing_happens("nowhere")
