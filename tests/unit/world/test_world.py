"""The state of one world: hour 0, its series, and what its hardship comes of."""

import numpy as np
import pytest

from sim.core.units import BesiegeError
from sim.setup.fees import Concession
from sim.world.world import lay_out, weigh_fees
from tests.small_worlds import world_at


def test_a_seed_makes_one_world_and_another_seed_another():
    assert world_at(-1, seed=3).is_as(world_at(-1, seed=3))
    assert not world_at(-1, seed=3).is_as(world_at(-1, seed=4))


def test_any_column_or_series_that_differs_makes_another_world():
    for change in (
        lambda w: w.sellers.legitimacy.__setitem__(0, 0.0),
        lambda w: w.crowd.hours_in.__setitem__(-1, 1),
        lambda w: w.stores.stock.__setitem__(0, np.nan),
        lambda w: w.books.series["phase"].__setitem__(5, 1.0),
    ):
        world = world_at(-1)
        change(world)
        assert not world.is_as(world_at(-1))
        assert world.is_as(world)


def test_values_are_logged_in_the_hour_and_the_last_hours_are_read():
    world = world_at(0)
    world.log(online=7.0)
    assert world.last("online") == 0.0
    world.hour = 1
    assert world.last("online") == 7.0
    assert world.books.series["online"][:3].tolist() == [7.0, 0.0, 0.0]


def test_where_no_fee_is_announced_nobody_feels_hardship():
    world = world_at(-1, announced=None)
    assert world.fees.new.standard == world.fees.old.standard
    assert world.mean_hardship == 0.0
    assert not world.crowd.hardship.any()


def test_onlookers_feel_their_sympathy_times_the_sellers_mean_hardship():
    world = world_at(-1)
    n = world.n_sellers
    assert world.mean_hardship == world.seller_hardship.mean() > 0
    felt = world.crowd.sympathy[n:] * world.mean_hardship
    assert world.crowd.hardship[n:].tolist() == pytest.approx(felt.tolist(), rel=1e-6)
    assert (world.crowd.hardship[:n] >= world.seller_hardship.astype(np.float32)).all()
    assert world.crowd.hardship[:n].max() <= 1.0


def test_a_rise_that_is_taken_back_whole_hurts_only_by_its_deposit():
    world = world_at(-1)
    before, twin = world.mean_hardship, world.hardship_twin.copy()
    world.platform.concession = Concession(rolled_back_share=1.0, deposit_cut=1.0)
    weigh_fees(world)
    assert before > 0.01
    assert world.mean_hardship == pytest.approx(0.0, abs=1e-9)
    assert np.array_equal(world.hardship_twin, twin)


def test_a_mall_laid_out_anew_sells_less_where_prices_rose():
    world = world_at(-1)
    expected = world.stores.orders_an_hour.copy()
    lay_out(world)
    assert world.stores.orders_an_hour.tolist() == pytest.approx(expected.tolist())
    world.stores.price[0] *= 3.0
    lay_out(world)
    assert world.stores.orders_an_hour[0] < expected[0]
    assert world.books.price[0] == world.stores.price[0]


@pytest.mark.parametrize("wrong", [-1, 20, 0])
def test_stores_that_are_not_in_the_order_of_their_categories_are_refused(wrong):
    world = world_at(-1)
    world.stores.category[-1 if wrong else 20] = wrong
    with pytest.raises(
        BesiegeError, match=r"stores\.category: allowed 0 to 19, in ascending order"
    ):
        lay_out(world)
