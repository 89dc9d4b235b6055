"""Orders of several measures together, and at less than full strength."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.responses import IDLE, Orders, merge
from sim.responses.orders import weight
from sim.setup.fees import Concession

share = st.floats(0, 1)
orders = st.fixed_dictionaries({
    "restore_reviews": share, "void_orders": share, "delay_orders": st.integers(0, 240), "sanction": share,
    "calls": st.integers(0, 1000), "cost": st.integers(0, 10_000), "police": st.booleans(), "answer": share,
    "concession": st.builds(Concession, share, share, share, share, share, share),
}).map(lambda given: Orders(**given))  # fmt: skip


@given(orders, orders)
def test_costs_and_calls_add_and_of_all_else_the_larger_counts(a, b):
    both = a | b
    assert both == b | a
    assert (both.cost, both.calls) == (a.cost + b.cost, a.calls + b.calls)
    assert both.void_orders == max(a.void_orders, b.void_orders)
    assert both.police == (a.police or b.police)
    assert both.concession == tuple(map(max, a.concession, b.concession))


@given(orders)
def test_no_orders_beside_any_others_change_nothing(a):
    assert a | IDLE == a
    assert merge((a,)) == a
    assert merge(()) == IDLE


@given(st.lists(orders, max_size=4))
def test_it_does_not_matter_in_which_order_measures_stand(several):
    assert merge(tuple(several)) == merge(tuple(reversed(several)))


@given(orders)
def test_at_full_strength_orders_are_what_they_are_and_at_none_they_do_nothing(a):
    assert a.scaled_by(1.0) == a
    none = a.scaled_by(0.0)
    scaled = [name for name in Orders._fields if name not in {"delay_orders", "police", "concession"}]  # fmt: skip
    assert all(getattr(none, name) == 0 for name in scaled)
    assert not none.concession.is_any()
    assert not none.examines()


def test_strength_says_how_many_are_met_and_not_how_hard_each_is():
    half = Orders(sellers_checked=0.4, fine=5000.0, resentment=0.5, calls=10.0, call_gain=0.3, delay_clicks=6).scaled_by(0.5)  # fmt: skip
    assert (half.sellers_checked, half.calls) == (0.2, 5.0)
    assert (half.fine, half.resentment, half.call_gain, half.delay_clicks) == (5000.0, 0.5, 0.3, 6)


def test_a_measures_own_cost_comes_on_top_and_goes_by_its_strength():
    assert weight(Orders(cost=100.0), 0.5, 20.0).cost == pytest.approx(60.0)


@pytest.mark.parametrize("name", [name for name in Orders._fields if name.startswith(("honest_", "void_", "restore_", "refund_", "throttle"))])  # fmt: skip
def test_whatever_may_hit_the_honest_counts_as_an_examination(name):
    assert Orders(**{name: 0.1}).examines()
    assert not IDLE.examines()
