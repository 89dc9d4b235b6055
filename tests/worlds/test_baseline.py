"""Tiny worlds whose numbers are written down: no change moves a result unnoticed.

The numbers say what the model gave, not what is right: tests/limiting_cases and the contracts
tell that. Renewed on purpose only, with a new MODEL_VERSION:

    uv run python tests/worlds/test_baseline.py
"""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.running.model import Siege
from sim.scenario.scenario import Scenario
from tests.small_worlds import arrays_of, one_measure

BASELINE = Path(__file__).with_name("baseline.json")

TINY = {
    "scale": 0.02,
    "population.n_sellers": 2_500,
    "population.n_onlookers": 12_000,
    "population.n_consumers": 30_000,
    "population.n_stores": 30,
    "mobilisation.efficacy_half": 1_000.0,
    "channel.quorum": 250.0,
    "attention.attack_scale": 17.0,
    "stores.hit_actions": 10.0,
    "stores.stock_days": 3.0,
    "shopping.favourite_share": 0.4,
}
PUNISHING = {
    "name": "punishing",
    "measures": [
        {"kind": "punish-sellers", "checked_per_day": 12.0, "false_positive_share": 0.1,
         "trigger": {"hours_after_first_attack": 3}},
        {"kind": "throttle", "false_positive_share": 0.2, "trigger": {"hours_after_first_attack": 8}},
        {"kind": "close-channel", "trigger": {"hours_after_first_attack": 20}},
    ],
}  # fmt: skip
WORLDS = {
    "everybody knows everybody": {
        "response": one_measure("contact-merchants", trigger={"hour": 30}),
        "graph.family": "complete", "hours": 60, "mobilisation.noise": 0.0,
        "mobilisation.tie_joins": False, "population.onlooker_threshold_mean": 0.6, "rivals": [],
    },
    "punishment": {
        "response": PUNISHING, "hours": 90, "rivals.0.promise_after": 5,
        "population.n_sellers": 5_000, "population.n_onlookers": 8_000,
        "population.seller_threshold_mean": 1.0, "population.onlooker_threshold_mean": 0.9,
    },
    "a third of them are sellers": {
        "response": "silence", "hours": 84, "population.n_sellers": 5_000,
        "population.n_onlookers": 10_000, "beliefs.legitimacy_sellers": 0.3,
        "poaching.move_rate_per_day": 0.5, "channel.contagion": 0.5, "shopping.nest": 1.0,
        "population.seller_threshold_mean": 1.0,
    },
    "talks and protection": {
        "response": "protect-and-talk", "hours": 130, "stores.delist_half": 200.0,
        "stores.relist_protected": 0.2,
    },
    "nobody answers": {
        "response": "silence", "hours": 130, "announced": 2, "channel.attack_before_truce": 20,
        "channel.truce_days": 2, "channel.queue_places": 4, "channel.request_rate": 0.1,
        "stores.delist_half": 500.0, "attack.discipline": 0.3,
    },
    "as it happened": {"response": "as-happened", "hours": 150, "announced": 2, "stores.delist_half": 200.0},
}  # fmt: skip


def weighted(values):
    """Return a sum that also moves when the same numbers stand elsewhere."""
    flat = np.nan_to_num(np.asarray(values, np.float64).ravel(), nan=-1.0)
    return float(flat @ (1.0 + np.arange(flat.size) * 0.6180339887 % 1.0))


def summary(world):
    """Return some hundred numbers that tell a run: what was booked, and how everybody ended."""
    siege = Siege(Scenario.load("taobao-2011").replace({**TINY, **world}), seed=11).run()
    told = {name: weighted(values) for name, values in arrays_of(siege.record).items()}
    w, renewal = siege.world, siege.record.renewal
    for kind, names in (
        ("crowd", "hardship stance utility hours_in neighbours_in ever_attacked ever_acted"),
        ("sellers", "legitimacy legitimacy_twin second_shop second_shop_twin sales_gained fined"),
        ("stores", "stock stock_twin listed cod_on quiet quiet_cod n_honest n_bad support ad_left"),
        ("consumers", "favourite loyalty n_failed hit"),
    ):
        for name in names.split():
            told[f"{kind} {name}"] = weighted(getattr(getattr(w, kind), name))
    told |= {f"renewal {k}": v for k, v in renewal.run._asdict().items()}
    told |= {f"renewal twin {k}": v for k, v in renewal.twin._asdict().items()}
    told["renewal choices"] = weighted(renewal.choice) + 10.0 * weighted(renewal.choice_twin)
    return told


@pytest.mark.parametrize("name", WORLDS)
def test_a_tiny_world_gives_the_numbers_that_are_written_down(name):
    written = json.loads(BASELINE.read_text("utf-8"))[name]
    found = summary(WORLDS[name])
    # the libraries' logarithms differ in the last digit from one processor to the next
    assert found == pytest.approx(written, rel=1e-9, abs=1e-9)
    assert found["series new_purchases"] + found["series new_clicks"] > 0


if __name__ == "__main__":
    numbers = {name: summary(world) for name, world in WORLDS.items()}
    BASELINE.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
