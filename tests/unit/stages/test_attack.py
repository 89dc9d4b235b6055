"""Stage 5: attackers act, by target and tactic."""

import numpy as np
import pytest

from sim.core.units import Phase, Role, Tactic
from sim.responses import Orders
from sim.stages.attack import act
from tests.small_worlds import let_in, world_at

FALSE_ORDERS = [Tactic.PURCHASE, Tactic.REFUSAL]


def called(phase=Phase.ATTACK, hour=50, **changes):
    """Return a world in which everybody is inside, online and furious, in a phase."""
    world = world_at(hour, **changes)
    let_in(world, np.arange(world.crowd.role.size))
    world.organisers.phase, world.organisers.targets = phase, np.array([3], np.int32)
    return world


@pytest.mark.parametrize("phase", [Phase.GATHER, Phase.TRUCE, Phase.DISSOLVE])
def test_nobody_acts_before_an_attack_is_called_however_angry(phase):
    world = called(phase)
    world.attempts[:] = 7.0
    act(world)
    assert world.books.series["n_attackers"][50] == 0
    assert not world.books.actions.any()
    assert not world.attempts.any()
    assert world.actions == []
    assert world.platform.first_attack == -1


def test_the_first_hour_in_which_anything_succeeds_is_kept():
    world = called()
    act(world)
    world.hour = 51
    act(world)
    assert world.platform.first_attack == 50
    assert (world.books.actions[50:52].sum(axis=(1, 2)) > 0).all()


def test_escalation_brings_more_of_every_thing_that_escalates():
    plain = called(Phase.ATTACK)
    more = called(Phase.ESCALATE, attack__escalation=1.5)
    for world in (plain, more):
        act(world)
    assert more.attempts.sum() > 1.2 * plain.attempts.sum()


def test_who_is_offline_and_who_only_looks_on_does_not_act():
    world = called()
    offline = np.isin(world.crowd.role, (Role.SELLER, Role.SYMPATHISER))
    world.crowd.online[offline] = False
    act(world)
    assert world.crowd.online[world.inside].any()
    assert world.books.series["n_attackers"][50] == 0
    assert not world.books.actions.any()


def test_an_order_to_limit_purchases_holds_in_the_hour_after_it():
    world, free = called(), called()
    world.platform.orders = Orders(throttle=1.0)
    for one in (world, free):
        act(one)
    assert world.platform.limit.throttle == 1.0
    assert not world.books.actions[50][:, FALSE_ORDERS].any()
    assert world.books.series["new_throttled"][50] > 0
    assert free.books.series["new_throttled"][50] == 0
    assert free.books.actions[50][:, FALSE_ORDERS].sum() > 0
    assert world.books.actions[50][:, Tactic.CLICK].sum() > 0


def test_an_item_falsely_ordered_leaves_the_shelf_and_is_out_with_its_buyer():
    world = called()
    stock, money = world.stores.stock.copy(), world.stores.ad_left.copy()
    act(world)
    done = world.books.actions[50]
    out = done[:, FALSE_ORDERS].sum(axis=1)
    assert out.sum() > 0
    assert np.array_equal(world.out[50], out)
    assert np.array_equal(stock - world.stores.stock, out)
    spent = done[:, Tactic.CLICK] * world.stores.click_cost
    assert (money - world.stores.ad_left).tolist() == pytest.approx(spent.tolist())


def test_what_is_booked_by_store_and_tactic_is_what_was_done_one_by_one():
    world = called()
    act(world)
    (hour,) = world.actions
    done = np.zeros_like(world.books.actions[50])
    np.add.at(done, (hour.store[hour.succeeded], hour.tactic[hour.succeeded]), 1.0)
    assert np.array_equal(done, world.books.actions[50])
    assert np.array_equal(np.bincount(hour.store, minlength=40), world.attempts)
    assert np.isin(world.crowd.role[hour.actor], (Role.SELLER, Role.SYMPATHISER)).all()


def test_a_store_with_closed_goods_is_attempted_in_vain():
    world = called()
    world.stores.listed[3] = False
    act(world)
    assert world.attempts[3] > 0
    assert not world.books.actions[50, 3].any()
    assert world.books.series["new_blocked"][50] == world.attempts[3]


def test_the_store_called_for_gets_the_share_that_discipline_says():
    world = called(attack__discipline=1.0)
    act(world)
    assert world.books.series["share_focal"][50] == 1.0
    assert set(world.actions[0].store.tolist()) == {3}


def test_several_stores_called_share_out_those_who_follow():
    world = called(attack__discipline=1.0)
    world.organisers.targets = np.array([3, 8, 20], np.int32)
    act(world)
    aimed = np.bincount(world.actions[0].store, minlength=40)
    assert world.books.series["share_focal"][50] == 1.0
    assert set(np.flatnonzero(aimed).tolist()) == {3, 8, 20}
    assert aimed[[3, 8, 20]] / aimed.sum() == pytest.approx([1 / 3] * 3, abs=0.05)


def test_fewer_act_while_a_word_is_awaited_or_another_target_is_called():
    many = called()
    waiting, elsewhere = (
        called(attack__await_pause=0.8),
        called(Phase.DIVERT, attack__divert_share=0.8),
    )
    waiting.organisers.awaited = 50
    for world in (many, waiting, elsewhere):
        act(world)
    n, *fewer = (w.books.series["n_attackers"][50] for w in (many, waiting, elsewhere))
    assert fewer[0] == fewer[1]  # by the same numbers
    assert fewer[0] / n == pytest.approx(0.2, abs=0.05)
