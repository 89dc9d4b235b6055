"""Stage 10, the rivals' daily round, and the renewal after the last hour."""

import numpy as np
import pytest

from sim.rules.poaching import Choice, PoachingParameters
from sim.setup.population import PopulationParameters
from sim.stages.rivals import ROUND_HOUR, losses, offers, poach, renew
from tests.small_worlds import world_at

EAGER = {"poaching__move_rate_per_day": 1.0, "poaching__switching_cost": 0.0}


def test_rivals_go_round_once_a_day():
    for hour in range(48, 72):
        world = world_at(hour, **EAGER)
        poach(world)
        opened = (world.sellers.second_shop >= 0).any()
        assert opened == (hour == 48 + ROUND_HOUR), hour


def test_who_has_a_second_shop_keeps_it_where_it_is():
    world = world_at(60, **EAGER)
    world.sellers.second_shop[:200] = 1
    poach(world)
    assert set(world.sellers.second_shop[:200]) == {1}
    assert (world.sellers.second_shop[200:] >= 0).any()


def test_before_the_announcement_both_worlds_are_courted_alike():
    world = world_at(60, announced=70, **EAGER)
    poach(world)
    assert np.array_equal(world.sellers.second_shop, world.sellers.second_shop_twin)
    later = world_at(60, announced=10, **EAGER)
    poach(later)
    assert (later.sellers.second_shop >= 0).sum() > (world.sellers.second_shop >= 0).sum()


def test_a_rival_promises_so_long_after_the_first_attack_and_never_in_the_quiet_twin():
    world = world_at(60)
    wait = world.scenario.rivals[0].promise_after
    assert not offers(world).promised.any()
    world.platform.first_attack = 60 - wait + 1
    assert not offers(world).promised[0]
    world.platform.first_attack = 60 - wait
    assert offers(world).promised[0]
    assert not offers(world, quiet=True).promised.any()


def leaving_quietly(**changes):
    """Return the share of sellers who leave in the quiet twin, weighed at hour 0."""
    own = {f"poaching__{k}": v for k, v in PoachingParameters()._asdict().items()}
    median = {"population__turnover_median": PopulationParameters().turnover_median}
    return renew(world_at(0, scale=0.05, **own | median | changes)).twin.share_leaving


def test_a_fee_that_rises_by_a_third_drives_hardly_anybody_away():
    # as when Etsy raised its fee by 30 % in 2022 and sellers left at the usual rate
    old = {"fees__new__deposits": [{"amount": 10_000.0}], "fees__new__n_premium": 0}
    usual = leaving_quietly(fees__new__standard=6000.0, **old)
    assert leaving_quietly(fees__new__standard=7800.0, **old) - usual < 0.02


def test_most_sellers_stay_where_nobody_protests_and_more_do_where_the_mall_grows():
    stagnant, growing = (leaving_quietly(poaching__expected_growth=g) for g in (0.0, 0.6))
    assert growing < stagnant - 0.03
    assert growing < 0.4


def test_half_or_twice_the_turnover_changes_who_leaves_widely():
    half, twice = (leaving_quietly(population__turnover_median=m) for m in (250_000.0, 1_000_000.0))
    assert half > twice + 0.15


def test_a_seller_has_lost_its_fines_and_the_margin_of_what_it_did_not_sell():
    world = world_at(60)
    x = world.sellers
    x.fined[0], x.sales_gained[1], x.sales_gained[2] = 500.0, -1000.0, 1000.0
    expected = [500.0, 1000.0 * x.margin[1], -1000.0 * x.margin[2], 0.0]
    assert losses(world)[:4].tolist() == pytest.approx(expected)


def test_where_no_fee_is_announced_and_nothing_was_lost_the_renewal_is_that_of_the_twin():
    world = world_at(99, announced=None)
    renewal = renew(world)
    assert renewal.run == renewal.twin
    assert np.array_equal(renewal.choice, renewal.choice_twin)
    assert not renewal.rival_fees.any()


def test_what_a_seller_has_lost_drives_it_away_from_the_mall():
    calm, hit = world_at(99), world_at(99)
    hit.sellers.fined[:] = 1e6
    assert renew(hit).run.share_leaving > renew(calm).run.share_leaving
    assert renew(hit).twin == renew(calm).twin


def test_shares_and_fees_of_the_renewal_count_those_who_chose_so():
    world = world_at(99)
    renewal = renew(world)
    n = world.n_sellers
    assert set(renewal.choice) <= {int(c) for c in Choice}
    assert renewal.run.share_leaving == (renewal.choice == Choice.LEAVE).sum() / n
    assert renewal.run.share_multihoming == (renewal.choice == Choice.BOTH).sum() / n
    away = (renewal.choice != Choice.STAY).sum() - (renewal.choice_twin != Choice.STAY).sum()
    assert renewal.sellers_won.sum() == away * world.weight


def test_a_mall_without_sellers_renews_nothing_and_has_no_shares():
    year = renew(world_at(99, population__n_sellers=0)).run
    assert (year.fees, year.rival_fees, year.switching) == (0.0, 0.0, 0.0)
    assert np.isnan([year.share_leaving, year.share_multihoming]).all()
