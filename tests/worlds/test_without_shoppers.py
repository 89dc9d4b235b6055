"""The siege without shoppers is the siege with them, to the last bit, or the run begins again."""

import numpy as np
import pytest

from sim import Scenario, hindcast, sweep
from sim.core.units import BesiegeError
from sim.lab.execution.tasks import Task, execute
from sim.lab.execution.together import execute_together
from sim.outcomes.outcomes import OUTCOMES, collected, outcome
from sim.outcomes.record import OF_SHOPPERS, SERIES
from sim.running import shoppers
from sim.running.loop import STAGES, Loop
from sim.scenario.schema import fields_of
from tests.small_worlds import small_scenario

OF_THE_SIEGE = [name for name in SERIES if name not in OF_SHOPPERS]


def drawn(world, seed):
    """Return a world with every parameter that has a prior drawn from it."""
    rng = np.random.default_rng(seed)
    values = {f.path: f.prior.at(rng.random()) for f in fields_of(world) if f.prior}
    whole = {f.path for f in fields_of(world) if f.type == "whole number"}
    return world.replace({p: round(v) if p in whole else v for p, v in values.items()})


def with_and_without(world, seed):
    """Run a world both ways, and say whether the one without shoppers had to begin again."""
    began_again = Task("2", world, seed, tuple(OF_THE_SIEGE), lambda loop: loop.stages == STAGES, need="siege")  # fmt: skip
    whole = execute(Task("1", world, seed, tuple(OF_THE_SIEGE)))
    alone = execute(began_again)
    assert whole.failure is None
    assert alone.failure is None
    return whole, alone, alone.extra


def assert_the_same_siege(whole, alone):
    assert set(alone.row) == {name for name, o in OUTCOMES.items() if o.needs == "siege"}
    assert alone.row == {name: whole.row[name] for name in alone.row}
    for name in OF_THE_SIEGE:
        np.testing.assert_array_equal(alone.hours[name], whole.hours[name], err_msg=name)


def both_ways(world, n):
    again = 0
    for seed in range(1, n + 1):
        whole, alone, began_again = with_and_without(drawn(world, seed), seed)
        assert_the_same_siege(whole, alone)
        again += began_again
    return again


def test_draws_from_the_prior_give_the_same_siege_with_and_without_shoppers():
    world = small_scenario(hours=120)
    assert 0 < both_ways(world, 8) < 8  # some shelves run low, some do not


@pytest.mark.slow
def test_two_hundred_draws_from_the_prior_give_the_same_siege_without_shoppers():
    again = both_ways(Scenario.load("taobao-2011").replace(scale=0.02), 200)
    assert 20 < again < 150


def test_a_run_without_shoppers_has_no_stage_of_theirs():
    full = small_scenario(hours=60, stores__stock_days=300)
    loop = Task("1", full, 1, need="siege").begin()
    names = [stage.name for stage in loop.stages]
    assert not {"shop", "poach", "record_losses"} & set(names)
    assert names.index("watch_shelves") == names.index("act") + 1
    loop.run()
    assert loop.record.renewal is None
    assert "renew" not in loop.seconds


def test_a_shelf_that_honest_orders_could_empty_brings_shoppers_back():
    scarce = small_scenario(hours=120, stores__stock_days=2)
    loop = Task("1", scarce, 1, need="siege").begin()
    with pytest.raises(shoppers.ShoppersMatterError):
        loop.run()
    whole, alone, began_again = with_and_without(scarce, 1)
    assert began_again
    assert_the_same_siege(whole, alone)


def test_what_bounds_honest_orders_is_never_reached_by_them():
    loop = Loop.begin(small_scenario(hours=100), 1)
    day = 0.0
    while not loop.is_over:
        loop.step()
        h, books = loop.world.hour, loop.record
        day = books.orders[h, : books.first] + (day if h % 24 else 0.0)
        assert (day < shoppers.most_orders(loop.world)).all()


def test_responses_that_share_a_world_without_shoppers_give_what_each_gives_alone():
    group = [
        Task(
            name, small_scenario(hours=120, stores__stock_days=days, response=name), 1, need="siege"
        )
        for days in (20, 300)
        for name in ("silence", "protect", "as-happened")
    ]
    for alike in (tuple(group[:3]), tuple(group[3:])):
        for done in execute_together(alike):
            assert done.row == execute(next(t for t in alike if t.key == done.key)).row


def test_a_scenario_in_which_shoppers_decide_keeps_them(monkeypatch):
    world = small_scenario(hours=30)
    assert Task("1", world, 1, need="siege").begin().stages != STAGES
    monkeypatch.setattr(shoppers, "shoppers_decide", lambda stores: True)
    assert Task("1", world, 1, need="siege").begin().stages == STAGES


@pytest.mark.parametrize(
    ("asked", "need"),
    [
        (["peak_online", "n_stores_attacked", "peak_queue", "max_store_ad_loss"], "siege"),
        (["at(online, 46)", "until(hour_truce, 144)", "mean(n_delisted, 1, 9)"], "siege"),
        (["peak_online", "hit_day_sales_share"], "shoppers"),
        (["until(top5_store_loss, 144)"], "shoppers"),
        (["sum(new_orders, 0, 24)"], "shoppers"),
        (["platform_loss"], "shoppers"),
    ],
)
def test_what_is_asked_says_whether_anybody_must_shop(asked, need):
    assert shoppers.need_of(asked) == need


def test_money_is_never_read_off_a_run_without_shoppers():
    for name, o in OUTCOMES.items():
        if o.unit == "yuan" and not name.endswith("store_ad_loss"):
            assert o.needs == "shoppers", name
        if o.needs_renewal:
            assert o.needs == "shoppers", name


def test_an_outcome_of_ones_own_keeps_shoppers_unless_it_says_otherwise():
    with collected() as entered:
        outcome("hours_mine", "hours", "mine")(lambda r: 1.0)
        outcome("hours_yours", "hours", "yours", needs="siege")(lambda r: 1.0)
    assert [o.needs for o in entered.values()] == ["shoppers", "siege"]


SPEC = {"name": "few", "scenario": "small", "constants": {"scale": 0.002, "hours": 60}, "runs": 1,
        "factors": {"attack.discipline": [0.6, 0.9]}}  # fmt: skip


def test_a_sweep_of_the_siege_alone_measures_nothing_else(tmp_path):
    asked = {**SPEC, "outcomes": ["peak_online", "cum_actions"]}
    alone = sweep(asked, tmp_path / "alone", workers=1, quiet=True)
    whole = sweep(SPEC, tmp_path / "whole", workers=1, quiet=True)
    assert "platform_loss" in whole
    assert "platform_loss" not in alone
    for name in ("peak_online", "cum_actions", "n_stores_delisted"):
        assert alone[name].tolist() == whole[name].tolist()
    with pytest.raises(BesiegeError, match="shoppers"):
        sweep(SPEC, tmp_path / "alone", workers=1, quiet=True)


def test_a_sweep_that_keeps_what_shoppers_do_has_shoppers():
    kept = {**SPEC, "outcomes": ["peak_online"], "keep": {"hours": ["mall_sales"]}}
    assert "platform_loss" in sweep(kept, workers=1, quiet=True)


def test_a_hindcast_of_facts_about_the_crowd_has_no_shoppers_and_says_so(tmp_path, capsys):
    head = "id,pattern,quantity,outcome,low,high,unit,window,use,source\n"
    facts = tmp_path / "facts.csv"
    facts.write_text(head + 'A,crowd,online,"at(online, 46)",1,9,people,then,check,me\n')
    few = {"workers": 1, "ensemble": None, "scale": 0.002, "hours": 60}
    alone, whole = hindcast("small", 1, facts=facts, **few), hindcast("small", 1, **few)
    assert (alone.to_dict()["need"], whole.to_dict()["need"]) == ("siege", "shoppers")
    assert np.array_equal(alone.online, whole.online[:, :60])  # the whole table looks further
    from sim.views.terminal.hindcast_text import tell_hindcast

    tell_hindcast(alone, tmp_path)
    assert "nobody shopped" in capsys.readouterr().out
