"""The loop over the stages of an hour: its list, its clock, its end, and what it is refused."""

import gc
import pickle
import weakref

import pytest

from sim.core.units import BesiegeError
from sim.lab.execution.tasks import Task, execute
from sim.running.loop import RENEWAL, STAGES, Loop, Stage
from sim.running.model import Siege
from sim.running.run import result_of, run
from sim.world.world import create_world
from tests.small_worlds import small_scenario

HOURS = 30
NAMES = [stage.name for stage in STAGES]


def begin(hours=HOURS, stages=STAGES):
    return Loop.begin(small_scenario(hours=hours), 1, stages=stages)


def fail_at(hour):
    def fail(world):
        if world.hour == hour:
            raise ValueError("as the test wants it")

    return fail


def test_a_loop_calls_its_stages_in_order_every_hour():
    called = []
    stages = [
        Stage(name, lambda world, name=name: called.append((world.hour, name))) for name in "abc"
    ]
    loop = begin(2, stages)
    loop.step()
    assert called == [(0, "a"), (0, "b"), (0, "c")]
    loop.step()
    assert called[3:] == [(1, "a"), (1, "b"), (1, "c")]


def test_a_loop_stops_at_the_horizon_and_renews_once(monkeypatch):
    loop = begin()
    assert loop.world.books.renewal is None
    loop.run()
    assert (loop.is_over, loop.world.hour) == (True, HOURS - 1)
    renewal = loop.world.books.renewal
    assert renewal is not None
    spent = dict(loop.seconds)
    loop.step()
    loop.run()
    assert loop.world.hour == HOURS - 1
    assert loop.world.books.renewal is renewal
    assert loop.seconds == spent


def test_a_loop_runs_until_an_hour_and_goes_on_to_the_same_end():
    loop = begin().run(until=11)
    assert loop.world.hour == 11
    loop.run(until=5)
    assert loop.world.hour == 11
    assert result_of(loop.run()).hours.equals(run(small_scenario(hours=HOURS), 1).hours)


def test_every_stage_has_its_time_and_the_times_add_up_to_less_than_the_run():
    loop = begin()
    assert loop.seconds == dict.fromkeys([*NAMES, "renew"], 0.0)
    loop.run()
    assert min(loop.seconds.values()) > 0
    assert list(loop.seconds) == [*NAMES, "renew"]


def test_a_loop_prints_its_stages_in_order_with_their_times():
    siege = Siege(small_scenario(hours=HOURS), seed=1)
    siege.run_for(3)
    lines = repr(siege.loop).splitlines()
    assert lines[0].startswith(f"<Loop of 11 stages, after 3 of {HOURS} hours")
    assert [line.split()[0] for line in lines[1:]] == [*NAMES, "renew"]
    siege.release()
    assert "released" in repr(siege.loop)


@pytest.mark.parametrize("name", NAMES)
def test_a_failing_run_names_its_stage_and_hour(monkeypatch, name):
    failing = [Stage(s.name, fail_at(7)) if s.name == name else s for s in STAGES]
    made = Loop(create_world(small_scenario(hours=HOURS), 1), failing)
    monkeypatch.setattr(Loop, "begin", lambda *_, **__: made)
    done = execute(Task("a", small_scenario(hours=HOURS), 1))
    assert (done.failure.stage, done.failure.hour) == (name, 7)
    assert done.failure.error == "ValueError: as the test wants it"
    assert "test_loop.py" in done.failure.where
    assert done.failure.where.endswith("in fail")
    assert done.row is None


def test_a_failing_renewal_and_a_failing_reading_are_named(monkeypatch):
    monkeypatch.setattr("sim.running.loop.RENEWAL", Stage("renew", fail_at(HOURS - 1)))
    done = execute(Task("a", small_scenario(hours=HOURS), 1))
    assert (done.failure.stage, done.failure.hour) == ("renew", HOURS - 1)
    monkeypatch.undo()
    done = execute(Task("a", small_scenario(hours=HOURS), 1, extract=lambda loop: 1 / 0))
    assert (done.failure.stage, done.failure.hour) == ("outcomes", HOURS - 1)


def test_a_world_that_cannot_be_made_fails_in_its_setup():
    done = execute(Task("a", small_scenario(hours=HOURS), -1))
    assert (done.failure.stage, done.failure.hour) == ("setup", -1)


def test_a_stage_of_ones_own_runs_and_is_told_in_the_folder(tmp_path):
    heard = []
    own = Stage("listen", lambda world: heard.append(world.last("online")))
    siege = Siege(small_scenario(hours=HOURS), seed=1, stages=[*STAGES, own]).run()
    assert len(heard) == HOURS
    plain = run(small_scenario(hours=HOURS), 1)
    result = result_of(siege)
    assert result.hours.equals(plain.hours)
    assert plain.stages is None
    assert "stages" not in plain.to_dict()
    assert result.to_dict()["stages"][-1].startswith("listen (")
    assert siege.loop.seconds["listen"] > 0


def test_a_stage_that_takes_the_place_of_another_is_told_by_its_function():
    stages = [Stage(s.name, lambda world: None) if s.name == "shop" else s for s in STAGES]
    result = result_of(begin(stages=stages).run())
    assert result.stages[7].startswith("shop (test_loop.") or "test_loop" in result.stages[7]
    assert result.hours.mall_sales.sum() == 0


def test_why_runs_the_stages_of_its_own_siege_again():
    def frighten(world):
        world.platform.sanction = 0.9

    siege = Siege(
        small_scenario(hours=HOURS), seed=1, stages=[Stage("frighten", frighten), *STAGES]
    )
    siege.watch(siege.sellers[5])
    siege.run()
    again = Siege(small_scenario(hours=HOURS), seed=1, stages=siege.loop.stages).run()
    assert siege.sellers[5].why().equals(again.sellers[5].why())


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([*STAGES, STAGES[0]], r"^stages: given the name .start_hour. for two"),
        ([Stage("renew", print)], r"^stages: given the name .renew. for two"),
        ([print], r"^stages: given .*print.*allowed stages"),
        (print, r"^stages: given .*print.*allowed stages"),
        ("shop", r"^stages: given .s.*allowed stages"),
    ],
)
def test_stages_that_are_none_are_refused(stages, said):
    with pytest.raises(BesiegeError, match=said):
        Siege(small_scenario(hours=2), seed=1, stages=stages)


def test_the_stages_of_the_model_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps((STAGES, RENEWAL))) == (STAGES, RENEWAL)


def test_a_finished_loop_and_a_siege_that_is_let_go_leave_no_world_behind():
    gc.disable()
    try:
        loop = begin(5).run()
        columns = weakref.ref(loop.world.crowd.utility)
        record = loop.record
        del loop
        assert columns() is None
        with Siege(small_scenario(hours=5), seed=1) as siege:
            columns = weakref.ref(siege.run().world.crowd.utility)
        assert columns() is None
    finally:
        gc.enable()
    assert record.hours == 5
    with pytest.raises(AttributeError, match="was released"):
        _ = siege.world
