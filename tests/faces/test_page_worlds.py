"""The page's sessions: the same world as a run, several at once, and bounded memory."""

import time

import numpy as np
import pytest

from sim.running.run import result_of, run
from sim.views.page import sessions as kept
from sim.views.page import worlds
from sim.views.page.choices import check
from sim.views.page.html import show_worlds
from sim.views.page.sessions import Sessions
from sim.views.page.worlds import PACES

FAST = list(PACES)[-1]


@pytest.fixture
def session():
    """Return a session of a store of its own, with a small fast world chosen."""
    return small(Sessions(), "one")


def small(store, name, **more):
    found = store.get("owner", name)
    found.choose(**{"scale": "0.002", "hours": "60", **more})
    found.choose_pace(FAST)
    return found


def wait(session, seconds=60.0):
    until = time.monotonic() + seconds
    while session.is_busy:
        assert time.monotonic() < until
        session.wait(-1, 0.0)
        time.sleep(0.005)
    assert session.fault == ""


def test_a_session_runs_the_world_that_a_run_of_the_same_seed_is(session):
    session.run()
    wait(session)
    expected = run(check(session.choices).scenarios[0], seed=1)
    assert session.use(0, result_of).outcomes == expected.outcomes
    assert np.array_equal(session.views[0].series["online"], expected.record.series["online"])
    assert session.views[0].story == expected.story()


def test_steps_are_hours_and_a_world_that_was_let_go_comes_back_at_its_hour(session):
    for hour in (1, 2, 3):
        session.run(1)
        wait(session)
        assert session.views[0].hours == hour
    before = session.use(0, lambda siege: siege.record.orders.copy())
    assert session.nbytes > 0
    assert session.release()
    assert session.nbytes == 0
    after = session.use(0, lambda siege: siege.record.orders.copy())
    assert before.tobytes() == after.tobytes()
    session.release()
    session.run(1)
    wait(session)
    assert session.views[0].hours == 4


def test_a_change_of_choices_makes_a_new_world_and_only_when_it_is_run(session):
    session.run(2)
    wait(session)
    session.choose(seed="2")
    assert session.is_outdated
    assert session.views[0].hours == 2
    session.run(1)
    wait(session)
    assert not session.is_outdated
    assert session.views[0].hours == 1
    session.choose(worlds="7")
    assert not session.is_outdated


def test_a_pause_holds_and_a_reset_stands_at_hour_zero(session):
    session.choose(hours="1000")
    session.choose_pace("6 hours per second")
    session.run()
    while not session.views:
        session.wait(session.version, 1.0)
    session.pause()
    wait(session)
    assert 0 < session.views[0].hours < 1000
    session.start_over()
    wait(session)
    assert session.views[0].hours == 0
    assert "Nobody has protested so far." in show_worlds(session.views)


def test_wrong_choices_run_nothing_and_leave_the_world_that_is_there(session):
    session.run(1)
    wait(session)
    session.choose(scale="7")
    session.run()
    session.start_over()
    assert not session.is_busy
    assert session.views[0].hours == 1


def test_a_run_that_fails_is_said_on_the_page_and_can_be_started_anew(session, monkeypatch):
    monkeypatch.setattr(worlds, "view_of", lambda *_a, **_k: 1 / 0)
    session.run(1)
    until = time.monotonic() + 60
    while not session.fault and time.monotonic() < until:
        time.sleep(0.01)
    assert session.fault == "ZeroDivisionError: division by zero"
    monkeypatch.undo()
    session.run(1)
    wait(session)
    assert session.views[0].hours == 1


def test_sessions_do_not_touch_each_other_while_they_run_at_once():
    store = Sessions()
    sessions = [small(store, f"visitor {n}", seed=str(n)) for n in range(4)]
    for session in sessions:
        session.run()
    for session in sessions:
        wait(session)
    for n, session in enumerate(sessions):
        alone = run(check(session.choices).scenarios[0], seed=n)
        assert session.use(0, result_of).outcomes == alone.outcomes


def test_worlds_that_are_too_many_let_the_oldest_go(monkeypatch):
    store = Sessions()
    sessions = [small(store, f"visitor {n}", seed=str(n)) for n in range(4)]
    sessions[0].run(1)
    wait(sessions[0])
    monkeypatch.setattr(kept, "MOST_BYTES", int(2.5 * sessions[0].nbytes))
    for session in sessions[1:]:
        session.run(1)
        wait(session)
    assert [session.nbytes > 0 for session in sessions] == [False, False, True, True]
    assert [session.views[0].hours for session in sessions] == [1, 1, 1, 1]


def test_visits_that_are_too_many_are_forgotten_from_the_oldest_on(monkeypatch):
    monkeypatch.setattr(kept, "MOST_SESSIONS", 3)
    store = Sessions()
    for name in "abcd":
        store.get("owner", name)
    assert [store.find("owner", name) is None for name in "abcd"] == [True, False, False, False]
