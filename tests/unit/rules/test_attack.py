"""Who attacks, how often, and whom: the edges that the contract's draws do not meet."""

import numpy as np
import pytest

from sim.core.chance import key_of
from sim.core.state import Stores
from sim.core.units import Phase, Role, Tactic
from sim.rules import attack
from sim.rules.attack import Aim, AttackParameters, Drawn, Occasion
from tests.columns import columns

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
    now = Occasion(1.0)
    assert attack.acting_chance(-0.5, now, 0.2, True, P) == pytest.approx(0.5)
    assert attack.acting_chance(0.0, now, 0.5, True, P) == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert attack.acting_chance(-0.5, now, 0.0, True, P) == 1.0
    assert attack.acting_chance(-0.5, now, 0.0, False, P) == 0.0


def test_of_those_who_would_act_some_wait_for_a_word_and_some_act_elsewhere():
    p = P._replace(await_pause=0.5, divert_share=0.6)
    held = [
        attack.held_back(phase, awaited, p)
        for phase in (Phase.ATTACK, Phase.ESCALATE, Phase.DIVERT)
        for awaited in (False, True)
    ]
    assert held == pytest.approx([0.0, 0.5, 0.0, 0.5, 0.6, 0.8])
    assert attack.acting_chance(-0.5, Occasion(1.0, 0.8), 0.0, True, P) == pytest.approx(0.2)
    assert not attack.acts(0.0, 9.0, Occasion(1.0, 1.0), 0.2, True, P)


def test_groups_share_the_targets_out_and_a_person_keeps_to_its_group():
    targets = np.array([8, 3, 5, 0], np.int32)
    chosen = [attack.target_of(key_of(2), row, targets) for row in range(4000)]
    shares = np.array([chosen.count(k) for k in targets]) / 4000
    assert shares == pytest.approx([0.25] * 4, abs=0.03)
    assert chosen[:50] == [attack.target_of(key_of(2), row, targets) for row in range(50)]
    assert {attack.target_of(key_of(2), row, targets[:1]) for row in range(50)} == {8}
    assert attack.target_of(key_of(2), 7, targets[:0]) == -1


def aim(cumulative, *, escalated=False, weight=1.0, targets=(), throttle=0.0):
    return Aim(
        escalated, weight, np.array(targets, np.int32), np.array(cumulative, float), throttle
    )


@pytest.mark.parametrize("cumulative", [[0.0] * 3, []])
def test_where_no_store_can_be_named_nothing_is_done(cumulative):
    rows, drawn = np.arange(5, dtype=np.int32), columns(Drawn, 99)
    assert attack.draw_actions(key_of(2), 3, rows, aim(cumulative), P, drawn) == (0, 0, 0)


def test_more_actions_than_there_is_room_for_are_counted_and_nothing_is_lost():
    called = aim([1.0, 3.0], escalated=True, weight=2.0, targets=[1], throttle=0.3)

    def drawn(room):
        out = columns(Drawn, room)
        counts = attack.draw_actions(key_of(2), 3, np.arange(5, dtype=np.int32), called, P, out)
        return counts, out.store.tolist()

    (n, n_follow, n_stopped), stores = drawn(999)
    assert n > 100
    assert min(n_follow, n_stopped) > 0
    assert drawn(10) == ((n, n_follow, n_stopped), stores[:10])
    assert drawn(n)[1] == stores[:n]


def test_the_last_yuan_and_the_last_item_can_be_used_up():
    shop = columns(
        Stores, 1, listed=[True], cod_on=[True], click_cost=[4.0], stock=[1.0], ad_left=[4.0]
    )
    done, attempts, well = np.zeros((1, len(Tactic))), np.zeros(1), np.empty(4, np.bool_)
    tactic = [Tactic.CLICK, Tactic.CLICK, Tactic.PURCHASE, Tactic.PURCHASE]
    drawn = columns(Drawn, 4, tactic=tactic)
    attack.execute_actions(np.arange(4), drawn, shop, done, attempts, well)
    assert well.tolist() == [True, False, True, False]
    assert (shop.stock[0], shop.ad_left[0], attempts[0]) == (0.0, 0.0, 4.0)
