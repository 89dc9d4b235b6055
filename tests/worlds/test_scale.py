"""Sums and means do not depend on the share of people that is simulated."""

import numpy as np
import pytest

from sim.core.calendar import shopping_shape
from sim.core.units import Stance
from tests.small_worlds import begun, finished

PAIR = (0.01, 0.02)
FULL = {"sellers": 49_500, "onlookers": 300_000, "consumers": 1_000_000}


def siege_at(scale, name="taobao-2011", hours=60, **changes):
    return finished(1, name, scale=scale, hours=hours, **changes)


@pytest.mark.parametrize("scale", PAIR)
@pytest.mark.parametrize("kind", FULL)
def test_rows_times_their_weight_are_the_full_number_of_people(scale, kind):
    siege = siege_at(scale)
    assert len(getattr(siege, kind)) * siege.world.weight == pytest.approx(FULL[kind], rel=1e-3)


@pytest.mark.parametrize("scale", PAIR)
def test_stores_places_and_seconds_are_never_scaled(scale):
    siege = siege_at(scale)
    assert len(siege.stores) == 60
    assert siege.world.floor.queue.member.size == 500
    other = siege_at(0.03 - scale)
    assert siege.stores.price.tolist() == other.stores.price.tolist()
    assert siege.stores.opening_stock.tolist() == other.stores.opening_stock.tolist()
    assert siege.stores.orders_an_hour.tolist() == other.stores.orders_an_hour.tolist()


@pytest.mark.parametrize("scale", PAIR)
def test_counts_of_people_are_whole_multiples_of_the_weight(scale):
    siege = siege_at(scale)
    for name in ("online", "n_sellers_in", "n_onlookers_in", "n_attackers"):
        rows = siege.hours[name] * scale
        assert rows.to_numpy() == pytest.approx(rows.round().to_numpy(), abs=1e-6)
        assert rows.max() >= 1
    assert siege.hours.online.max() < FULL["sellers"] + FULL["onlookers"]


def test_a_larger_population_begins_with_the_smaller_one():
    small, large = siege_at(PAIR[0]), siege_at(PAIR[1])
    for kind, names in {
        "sellers": ("turnover", "margin", "category", "rating", "threshold", "risk"),
        "onlookers": ("role", "curiosity", "threshold", "risk", "sympathy"),
        "consumers": ("favourite", "needs_cod"),
    }.items():
        few, many = getattr(small, kind), getattr(large, kind)
        for name in names:
            assert getattr(few, name).tolist() == getattr(many, name)[: len(few)].tolist()


@pytest.mark.parametrize("scale", PAIR)
def test_orders_on_a_calm_day_are_those_of_the_full_mall(scale):
    calm = siege_at(scale, "calm", hours=48)
    p = calm.scenario.shopping
    an_hour = (
        FULL["consumers"] * p.visits_per_day / 24 * p.buy_mall * np.resize(shopping_shape(), 48)
    )
    error = np.sqrt(an_hour.sum() / scale)  # of a Poisson number, each worth 1/scale
    assert calm.record.series["wanted"].sum() == pytest.approx(an_hour.sum(), abs=4 * error)
    rivals = an_hour.sum() * p.buy_rivals / p.buy_mall
    sold = calm.record.rival_orders.sum()
    assert sold == pytest.approx(rivals, abs=4 * np.sqrt(rivals / scale))
    stores = calm.record.orders[:, :60].sum()
    expected = calm.stores.orders_an_hour.sum() * np.resize(shopping_shape(), 48).sum()
    assert stores == pytest.approx(expected, abs=4 * np.sqrt(expected / scale))


@pytest.mark.parametrize("scale", PAIR)
def test_actions_of_those_who_act_come_at_their_full_rate(scale):
    siege = siege_at(scale)
    p = siege.scenario.attack
    rate = p.purchase_rate + p.review_rate + p.refusal_rate + p.click_rate
    tried = sum(a.actor.size for a in siege.world.actions)
    expected = siege.hours.n_attackers.sum() * rate
    assert expected > 5000
    assert tried == pytest.approx(expected, abs=4 * np.sqrt(expected))


@pytest.mark.parametrize("scale", PAIR)
def test_people_who_ever_acted_are_counted_one_by_one_and_not_in_bundles(scale):
    rates = {f"attack__{t}_rate": 0.05 for t in ("purchase", "review", "refusal", "click")}
    siege = begun(1, scale=scale, hours=70, population__sympathiser_share=0.3, **rates)
    hours_acting = np.zeros(siege.world.crowd.role.size)
    while siege.running:
        siege.step()
        hours_acting += siege.world.crowd.stance == Stance.ATTACKING
    # Each acts in an hour with probability 1 - exp(-rate), whatever the share simulated.
    chance = 1 - np.exp(-0.2 * hours_acting)
    error = np.sqrt((chance * (1 - chance)).sum()) / scale
    assert chance.sum() > 15
    assert siege.outcomes["cum_attackers"] == pytest.approx(chance.sum() / scale, abs=4 * error)


def test_fees_of_the_coming_year_do_not_depend_on_the_scale():
    fees = [begun(s, "calm", scale=scale, hours=1).run().outcomes["fee_revenue_next_year"]
            for scale in PAIR for s in (1, 2, 3)]  # fmt: skip
    assert np.mean(fees[:3]) == pytest.approx(np.mean(fees[3:]), rel=0.06)
