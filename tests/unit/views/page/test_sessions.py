"""Whose world is whose."""

import pytest

from sim.views.page.sessions import Sessions


def test_of_two_browsers_with_one_address_each_has_a_world_of_its_own():
    store = Sessions()
    own = store.get("one browser", "a-world")
    assert store.get("one browser", "a-world") is own
    assert store.find("another", "a-world") is None
    assert store.get("another", "a-world") is not own
    assert store.find("one browser", "a-world") is own


@pytest.mark.parametrize("wrong", [None, 7, ["1"], {"a": 1}, "1" * 201])
def test_what_no_field_can_hold_changes_no_choice(wrong):
    session = Sessions().get("owner", "a-world")
    was = session.choices
    session.choose(seed=wrong)
    session.choose_pace(wrong)
    assert session.choices is was
