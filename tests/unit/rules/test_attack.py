"""Who attacks, how often, and whom: the edges that the contract's draws do not meet."""

import numpy as np
import pytest

from sim.core.chance import key_of
from sim.core.units import Role, Tactic
from sim.rules import attack
from sim.rules.attack import AttackParameters

P = AttackParameters(
    purchase_rate=1.0, review_rate=2.0, refusal_rate=3.0, click_rate=4.0, escalation=1.5,
    escalation_refusals=2.0, eagerness=0.5,
)  # fmt: skip


def test_sellers_and_sympathisers_attack_and_nobody_else():
    assert [attack.attacks(role) for role in Role] == [True, False, True, False]


def test_each_tactic_has_its_rate_and_escalation_takes_up_refusals():
    assert [attack.rate_of(int(t), False, P) for t in Tactic] == [1.0, 2.0, 3.0, 4.0]
    assert [attack.rate_of(int(t), True, P) for t in Tactic] == [1.5, 3.0, 9.0, 6.0]


def test_who_wants_in_by_so_much_acts_so_often():
    assert attack.acting_chance(-0.5, 0.2, True, P) == pytest.approx(0.5)
    assert attack.acting_chance(0.0, 0.5, True, P) == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert attack.acting_chance(-0.5, 0.0, True, P) == 1.0
    assert attack.acting_chance(-0.5, 0.0, False, P) == 0.0


@pytest.mark.parametrize("cumulative", [np.zeros(3), np.zeros(0)])
def test_where_no_store_can_be_named_nothing_is_done(cumulative):
    actor, lottery, tallies = np.empty(99, np.int32), np.empty(99, np.uint32), np.ones(2)
    store, tactic = np.full(99, 7, np.int16), np.empty(99, np.int8)
    n = attack.draw_actions(
        key_of(2), 3, np.arange(5, dtype=np.int32), False, 1.0, -1, cumulative, 0.0, P, actor,
        store, tactic, lottery, tallies,
    )  # fmt: skip
    assert n == 0
    assert tallies.tolist() == [0.0, 0.0]


def test_more_actions_than_there_is_room_for_are_counted_and_nothing_is_lost():
    def drawn(room):
        actor, lottery, tallies = np.empty(room, np.int32), np.empty(room, np.uint32), np.ones(2)
        store, tactic = np.empty(room, np.int16), np.empty(room, np.int8)
        n = attack.draw_actions(
            key_of(2), 3, np.arange(5, dtype=np.int32), True, 2.0, 1, np.array([1.0, 3.0]), 0.3, P,
            actor, store, tactic, lottery, tallies,
        )  # fmt: skip
        return n, store.tolist(), tallies.tolist()

    n, stores, tallies = drawn(999)
    assert n > 100
    assert drawn(10) == (n, stores[:10], tallies)
    assert drawn(n)[1] == stores[:n]


def test_the_last_yuan_and_the_last_item_can_be_used_up():
    stock, money = np.array([1.0]), np.array([4.0])
    done, attempts, well = np.zeros((1, len(Tactic))), np.zeros(1), np.empty(4, np.bool_)
    tactic = np.array([Tactic.CLICK, Tactic.CLICK, Tactic.PURCHASE, Tactic.PURCHASE], np.int8)
    attack.execute_actions(
        np.arange(4), np.zeros(4, np.int16), tactic, np.ones(1, bool), np.ones(1, bool),
        np.array([4.0]), stock, money, done, attempts, well,
    )  # fmt: skip
    assert well.tolist() == [True, False, True, False]
    assert (stock[0], money[0], attempts[0]) == (0.0, 0.0, 4.0)
