"""A closed record: what several outcomes share is worked out once, and is never stale."""

import numpy as np
import pytest

from sim.core.units import Cause, Tactic
from sim.outcomes import closed
from sim.outcomes.closed import ClosedRecord, across, by_day
from sim.outcomes.outcomes import OUTCOMES, measure
from sim.running.loop import Loop
from tests.small_worlds import finished, small_scenario


@pytest.fixture
def record():
    return finished().record


def test_every_shared_sum_is_that_of_the_arrays(record):
    r, n = ClosedRecord.of(record), record.first
    clicks = record.actions[:, :, Tactic.CLICK]
    no_clicks = record.actions[:, :, : Tactic.CLICK].sum(axis=2)
    assert r.actions_by_store == pytest.approx(no_clicks + clicks)
    assert r.day_actions[0] == pytest.approx(no_clicks[:24].sum(axis=0))
    assert r.attacked.tolist() == [
        any(r.actions_by_store[d : d + 24, s].sum() >= 100 for d in range(0, r.hours, 24))
        for s in range(n)
    ]
    assert r.paid_to_stores == pytest.approx(record.ad_refund + record.compensation)
    losses = sum(record.loss[:, :, cause].sum(axis=0) for cause in Cause)
    assert r.store_loss == pytest.approx(losses - r.paid_to_stores.sum(axis=0))
    sold = (record.orders_twin - record.orders).sum(axis=0)[:n]
    assert r.store_sales_lost == pytest.approx(sold * record.price[:n], abs=1e-6)
    assert r.ad_loss == pytest.approx(clicks.sum(axis=0) * record.click_cost)


def test_sums_over_tactics_and_causes_are_those_of_numpy_to_the_last_bit():
    rng = np.random.default_rng(1)
    for shape in ((336, 60, 4), (1, 1, 4), (0, 5, 4), (7, 3, 2)):
        values = rng.normal(size=shape) * 10.0 ** rng.uniform(-6, 6, size=shape)
        assert np.array_equal(across(values), values.sum(axis=2))
        assert np.array_equal(across(values).sum(axis=0), values.sum(axis=(0, 2)))


def test_the_last_day_is_summed_as_far_as_it_goes():
    assert by_day(np.ones(30)).tolist() == [24.0, 6.0]
    assert by_day(np.ones((48, 2))).tolist() == [[24.0, 24.0], [24.0, 24.0]]


def test_the_accounts_are_drawn_up_once_for_all_outcomes(record, monkeypatch):
    balance, asked = closed.balance, []
    monkeypatch.setattr(closed, "balance", lambda r: asked.append(r.hours) or balance(r))
    assert measure(record)["platform_loss"] == balance(record).platform
    assert asked == [record.hours]


def test_a_closed_record_is_not_closed_again_and_shares_its_arrays(record):
    one = ClosedRecord.of(record)
    assert ClosedRecord.of(one) is one
    assert one.actions is record.actions
    assert type(record) is not ClosedRecord


def test_the_sums_of_a_cut_record_are_its_own(record):
    whole = ClosedRecord.of(record)
    assert whole.store_loss.sum() != 0
    cut = whole.until(24)
    assert cut.actions_by_store.shape == (24, record.first)
    assert cut.store_loss.sum() == 0.0
    assert whole.until(record.hours).accounts == whole.accounts


def test_outcomes_of_a_world_that_runs_on_are_those_of_its_hour():
    loop = Loop.begin(small_scenario(hours=60), 1)
    for hour in (20, 59):
        loop.run(hour)
        now = measure(loop.world.books)
        assert now == {name: o.value(loop.record) for name, o in OUTCOMES.items()}
    assert now["cum_actions"] > 0
