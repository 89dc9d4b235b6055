"""A siege is a Mesa model: agents, sets, collectors and batches work as Mesa users know them."""

import mesa
import numpy as np
import pytest

from sim.agents import Consumer, Onlooker, Organisers, Platform, RivalPlatform, Seller, Store
from sim.model import Siege
from sim.units import Phase, Role, Stance

SMALL = {"scale": 0.01, "hours": 72}


@pytest.fixture(scope="module")
def siege():
    return Siege("taobao-2011", seed=1, **SMALL).run()


def test_all_seven_kinds_of_agent_are_there(siege):
    for kind in (Seller, Onlooker, Consumer, Store, RivalPlatform, Platform, Organisers):
        assert len(siege.agents_by_type[kind]) > 0
    assert siege.agents_by_type[Seller] is siege.sellers
    assert len(siege.agents) == 500 + 3 + 2


def test_columns_and_agents_show_the_same_state(siege):
    assert siege.sellers.grievance[7] == siege.sellers[7].grievance
    assert isinstance(siege.sellers[7].stance, Stance)
    assert siege.onlookers[3].role == Role(int(siege.onlookers.role[3]))
    assert siege.sellers[7] == siege.sellers[7]
    assert siege.sellers[7] != siege.sellers[8]
    assert siege.organisers.phase == Phase(int(siege.hours.phase.iloc[-1]))


def test_selecting_grouping_and_sorting_agree_with_the_columns(siege):
    sellers = siege.agents_by_type[Seller]
    angry = sellers.select(lambda s: s.grievance > 0.3)
    assert [a.row for a in angry] == np.flatnonzero(sellers.grievance > 0.3).tolist()
    assert len(sellers.where(sellers.grievance > 0.3)) == len(angry)
    assert sellers.get("turnover") == sellers.turnover.tolist()
    assert sellers.agg("turnover", [min, max]) == [sellers.turnover.min(), sellers.turnover.max()]
    groups = sellers.groupby("category").map(len)
    assert groups == {c: int((sellers.category == c).sum()) for c in groups}
    first = sellers.sort("turnover")[0]
    assert first.turnover == sellers.turnover.max()
    assert sorted(a.row for a in sellers.shuffle()) == list(range(len(sellers)))
    assert len(sellers.select(at_most=5)) == 5
    assert sellers.map(lambda s: s.row)[:3] == [0, 1, 2]


def test_a_column_can_be_set_through_an_agent_and_no_agent_holds_state():
    siege = Siege("small", seed=1)
    siege.stores[4].listed = False
    assert not siege.world.stores.listed[4]
    assert set(vars(siege.sellers[0])) == {"row", "model", "pos", "unique_id"}


def test_a_population_is_fixed_and_says_so(siege):
    with pytest.raises(TypeError, match="fixed at hour 0"):
        siege.sellers.add(siege.sellers[0])
    with pytest.raises(AttributeError, match="grievance"):
        siege.sellers.grievence  # noqa: B018


def test_batch_run_crosses_parameters_and_seeds():
    rows = mesa.batch_run(
        Siege,
        {"scenario": "small", "hours": 24, "response": ["silence", "protect"]},
        rng=[1, 2],
        data_collection_period=-1,
        max_steps=100,
        display_progress=False,
    )
    assert len(rows) == 4
    assert {r["seed"] for r in rows} == {1, 2}
    assert all(r["online"] >= 0 for r in rows)


def test_a_data_collector_of_ones_own_reads_model_and_agents():
    class Watched(Siege):
        def __init__(self, **given):
            super().__init__(**given)
            self.own = mesa.DataCollector(
                {"attention": lambda m: m.hours.attention.iloc[-1]},
                agenttype_reporters={Store: {"rating": "rating"}, Seller: {"stance": "stance"}},
            )

        def step(self):
            super().step()
            self.own.collect(self)

    watched = Watched(scenario="small", seed=1, hours=3)
    watched.run_for(3)
    assert len(watched.own.get_model_vars_dataframe()) == 3
    assert watched.own.get_agenttype_vars_dataframe(Store).shape[0] == 3 * 500


def test_an_event_of_mesas_schedule_happens_in_its_hour():
    class Closing(Siege):
        def close_one(self):
            self.stores[0].close()

    siege = Closing("small", seed=1)
    siege.schedule_event(siege.close_one, at=20.5)
    siege.run_for(30)
    assert siege.record.delisted[:20, 0].sum() == 0
    assert siege.record.delisted[20:, 0].all()


def test_the_models_own_collector_keeps_every_series(siege):
    kept = siege.datacollector.get_model_vars_dataframe()
    assert np.array_equal(kept["online"], siege.hours["online"])
    assert len(kept) == 72


def test_a_replayed_diary_tells_what_happened(siege):
    joined = siege.onlookers.where(siege.onlookers.hours_in > 5)[0]
    tale = joined.why()
    assert (tale.does == "joins").any()
    terms = ["grievance", "social", "attention", "risk", "threshold"]
    assert np.allclose(tale[terms].sum(axis=1), tale.utility)
    crossed = tale[tale.does.isin(["joins", "quits"])]
    assert (crossed.number < crossed.chance).all()
    stays = tale[tale.does.isin(["stays in", "stays out"])]
    assert (stays.number >= stays.chance).all()


def test_a_watched_agent_tells_the_same_as_one_that_is_replayed():
    first, second = Siege("small", seed=1), Siege("small", seed=1)
    first.watch(first.sellers[5])
    for siege in (first, second):
        siege.run_for(60)
    assert first.sellers[5].why().equals(second.sellers[5].why())
    store = int(first.stores.n_actions.argmax())
    assert len(first.stores[store].why()) == 60
