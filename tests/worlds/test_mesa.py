"""`Siege` is a Mesa model: its own tools work on it unchanged."""

import re

import mesa
import networkx as nx
import numpy as np
import pytest

from sim.agents.agents import Consumer, Onlooker, Organisers, Platform, RivalPlatform, Seller, Store
from sim.core.units import BesiegeError, Phase, Shop, Stance, Tactic
from sim.running.model import Siege
from tests.small_worlds import SMALL, begun, finished, small_scenario

HOURS = 50


@pytest.fixture
def siege():
    """Return a siege shortly after its first attack, to be changed."""
    model = begun(hours=HOURS)
    model.run_for(HOURS)
    return model


@pytest.fixture(scope="module")
def seen():
    """Return the same siege, only to be read."""
    return finished(hours=HOURS)


def test_a_batch_run_gives_every_combination_of_parameters_and_seeds():
    rows = mesa.batch_run(
        Siege,
        parameters={
            "scenario": "small",
            "hours": 48,
            "response": ["silence", "protect"],
            "population.n_stores": [30, 60],
        },
        rng=[1, 2],
        number_processes=1,
        display_progress=False,
    )
    assert len(rows) == 2 * 2 * 2
    cells = {(r["response"], r["population.n_stores"], r["seed"]) for r in rows}
    assert len(cells) == 8
    for row in rows:
        alone = Siege("small", seed=row["seed"], hours=48, response=row["response"],
                      **{"population.n_stores": row["population.n_stores"]}).run()  # fmt: skip
        assert row["online"] == alone.hours.online.iloc[-1]
        assert row["mall_sales"] == alone.hours.mall_sales.iloc[-1]


def test_a_batch_run_collects_every_hour_when_asked():
    rows = mesa.batch_run(
        Siege, parameters={"scenario": [small_scenario(hours=20)]}, rng=[3], number_processes=1,
        data_collection_period=1, display_progress=False,
    )  # fmt: skip
    assert len(rows) == 20
    expected = finished(3, hours=20).hours.new_orders.tolist()
    assert [row["new_orders"] for row in rows] == expected


def test_a_scenario_is_one_value_of_a_batch_run_and_not_a_list_of_fields():
    rows = mesa.batch_run(
        Siege, parameters={"scenario": small_scenario(hours=2)}, rng=[3], number_processes=1,
        display_progress=False,
    )  # fmt: skip
    assert len(rows) == 1


def test_the_collector_that_is_built_in_holds_every_hourly_series(seen):
    table = seen.datacollector.get_model_vars_dataframe()
    assert list(table.columns) == list(seen.hours.columns)
    assert np.array_equal(table.to_numpy(), seen.hours.to_numpy(), equal_nan=True)


class Watched(Siege):
    """A user's own model: a collector of what the built-in one leaves out."""

    def __init__(self, **given):
        super().__init__(**given)
        self.datacollector = mesa.DataCollector(
            model_reporters={"focal": lambda m: m.organisers.focal, "phase": "phase_now"},
            agent_reporters={"kind": lambda a: a.kind},
            agenttype_reporters={
                Seller: {"grievance": "grievance", "inside": lambda s: s.stance != Stance.OUTSIDE},
                Store: {"rating": "rating", "listed": "listed"},
            },
        )

    @property
    def phase_now(self):
        return self.organisers.phase.name


@pytest.fixture(scope="module")
def watched():
    """Return a user's model that has run to its end."""
    return Watched(scenario=small_scenario(hours=HOURS), seed=1).run()


def test_a_users_model_with_a_collector_of_its_own_runs_the_same_hours(watched, seen):
    assert watched.hours.equals(seen.hours)
    assert isinstance(watched, mesa.Model)
    table = watched.datacollector.get_model_vars_dataframe()
    assert table.phase.tolist() == [Phase(int(p)).name for p in seen.hours.phase]
    assert len(table) == HOURS


def test_a_collector_reports_each_seller_and_store_by_hour(watched):
    sellers = watched.datacollector.get_agenttype_vars_dataframe(Seller)
    n = len(watched.sellers)
    assert len(sellers) == n * HOURS
    last = sellers.loc[HOURS]
    assert last.grievance.tolist() == watched.sellers.grievance.tolist()
    assert last.inside.sum() == (watched.sellers.stance != Stance.OUTSIDE).sum() > 0
    stores = watched.datacollector.get_agenttype_vars_dataframe(Store)
    assert stores.loc[HOURS].rating.tolist() == watched.stores.rating.tolist()
    assert stores.loc[1].rating.tolist() == watched.stores.quality.tolist()


def test_a_collector_reports_the_agents_that_are_always_there(watched):
    kinds = watched.datacollector.get_agent_vars_dataframe().loc[HOURS].kind.value_counts()
    assert kinds.to_dict() == {"store": 60, "rival": 3, "platform": 1, "organisers": 1}


def test_agents_by_type_holds_every_kind(seen):
    sizes = {kind: len(agents) for kind, agents in seen.agents_by_type.items()}
    assert sizes == {
        Seller: 495, Onlooker: 3000, Consumer: 10_000, Store: 60, RivalPlatform: 3, Platform: 1,
        Organisers: 1,
    }  # fmt: skip


SETS = {
    "all": lambda s: s.agents_by_type[Seller],
    "chosen": lambda s: s.sellers.where(s.sellers.grievance > 0.2),
    "one": lambda s: s.sellers.select(at_most=1),
    "none": lambda s: s.sellers.select(lambda a: False),
}
some = pytest.mark.parametrize("chosen", SETS.values(), ids=SETS)


@some
def test_selecting_by_a_predicate_finds_the_rows_that_numpy_finds(seen, chosen):
    agents = chosen(seen)
    threshold = np.array([a.threshold for a in agents])
    found = agents.select(lambda a: a.threshold > 1.5)
    assert [a.row for a in found] == agents.rows[threshold > 1.5].tolist()
    assert found.threshold.tolist() == threshold[threshold > 1.5].tolist()
    assert [a.row for a in agents.where(threshold > 1.5)] == [a.row for a in found]


@pytest.mark.parametrize(
    ("at_most", "n"), [(0, 0), (7, 7), (0.1, 49), (1.0, 495), (float("inf"), 495), (10_000, 495)]
)
def test_selecting_at_most_a_number_or_a_share_gives_the_first_rows(seen, at_most, n):
    assert seen.sellers.select(at_most=at_most).rows.tolist() == list(range(n))


def test_selecting_by_type_gives_all_or_none(seen):
    assert len(seen.sellers.select(agent_type=Seller)) == 495
    assert len(seen.sellers.select(agent_type=Store)) == 0


@some
def test_get_and_agg_give_what_the_columns_hold(seen, chosen):
    agents = chosen(seen)
    assert agents.get("turnover") == agents.turnover.tolist()
    assert agents.get(["row", "margin"]) == [
        [row, margin]
        for row, margin in zip(agents.rows.tolist(), agents.margin.tolist(), strict=True)
    ]
    assert agents.get("nonsense", handle_missing="default", default_value=3) == [3] * len(agents)
    total = agents.agg("turnover", sum)
    assert total == pytest.approx(agents.turnover.sum())
    if len(agents):
        assert agents.agg("turnover", [min, max, np.mean]) == pytest.approx(
            [agents.turnover.min(), agents.turnover.max(), agents.turnover.mean()]
        )


def test_getting_what_an_agent_has_not_is_an_error(seen):
    with pytest.raises(AttributeError, match="nonsense"):
        seen.sellers.get("nonsense")
    with pytest.raises(AttributeError, match=r"allowed .*threshold"):
        _ = seen.sellers.treshold
    with pytest.raises(ValueError, match="handle_missing"):
        seen.sellers.get("nonsense", handle_missing="maybe")


@some
def test_grouping_splits_the_rows_as_numpy_does(seen, chosen):
    agents = chosen(seen)
    groups = agents.groupby("category").groups
    assert set(groups) == set(agents.category.tolist())
    for category, members in groups.items():
        assert members.rows.tolist() == agents.rows[agents.category == category].tolist()
    by_rule = agents.groupby(lambda a: a.threshold > 1.5, result_type="list").groups
    assert sum(len(members) for members in by_rule.values()) == len(agents)
    assert all(isinstance(members, list) for members in by_rule.values())
    assert agents.groupby("category").count() == {k: len(v) for k, v in groups.items()}
    sums = agents.groupby("category").agg("turnover", sum)
    for category, total in sums.items():
        assert total == pytest.approx(agents.turnover[agents.category == category].sum())


def test_codes_come_by_their_names_from_sets_as_from_agents(seen):
    assert seen.sellers.get("stance") == [s.stance for s in seen.sellers]
    assert {type(stance) for stance in seen.sellers.get("stance")} == {Stance}
    by_role = seen.onlookers.groupby("role")
    assert {role.name for role, _ in by_role} <= {"CURIOUS", "SYMPATHISER", "REPORTER"}
    assert repr(seen.rivals[0]) == "<RivalPlatform Dangdang>"


@some
def test_sorting_orders_the_rows_as_numpy_does(seen, chosen):
    agents = chosen(seen)
    order = np.argsort(agents.turnover, kind="stable")
    assert agents.sort("turnover", ascending=True).rows.tolist() == agents.rows[order].tolist()
    assert agents.sort("turnover").rows.tolist() == agents.rows[order][::-1].tolist()
    by_rule = agents.sort(lambda a: -a.turnover, ascending=True)
    assert by_rule.rows.tolist() == agents.rows[order][::-1].tolist()


@some
def test_shuffling_keeps_every_row_once_and_leaves_the_set_alone(seen, chosen):
    agents = chosen(seen)
    before = agents.rows.tolist()
    shuffled = agents.shuffle()
    assert sorted(shuffled.rows.tolist()) == sorted(before)
    assert agents.rows.tolist() == before
    if len(agents) > 100:
        assert shuffled.rows.tolist() != before
    assert shuffled.threshold.tolist() == [a.threshold for a in shuffled]


def test_changing_a_set_in_place_changes_that_set_alone(siege):
    chosen = siege.sellers.where(siege.sellers.grievance > 0.2)
    n = len(chosen)
    chosen.sort("turnover", inplace=True)
    assert np.diff(chosen.turnover).max() <= 0
    chosen.shuffle(inplace=True)
    chosen.select(at_most=5, inplace=True)
    assert len(chosen) == 5 < n
    gone = chosen[0]
    chosen.discard(gone)
    assert gone not in chosen
    assert len(chosen) == 4
    with pytest.raises(KeyError):
        chosen.remove(gone)
    assert len(siege.sellers) == 495
    with pytest.raises(TypeError, match="fixed at hour 0"):
        siege.sellers.add(gone)


def test_do_and_map_call_each_agent_once_in_order(seen):
    called = []
    assert seen.sellers.do(lambda a: called.append(a.row)) is seen.sellers
    assert called == list(range(495))
    assert seen.sellers.map(lambda a, b: a.row + b, 5) == list(range(5, 500))
    looks = seen.stores.map("state")
    assert [look["price"] for look in looks] == seen.stores.price.tolist()
    called.clear()
    seen.sellers.shuffle_do(lambda a: called.append(a.row))
    assert sorted(called) == list(range(495))


def test_set_writes_a_column_for_all_of_a_set(siege):
    few = siege.sellers.select(at_most=3)
    few.set("threshold", 9.5)
    assert siege.sellers.threshold[:3].tolist() == [9.5, 9.5, 9.5]
    assert siege.sellers.threshold[3:].max() < 9


def test_the_union_and_difference_of_sets_hold_the_rows_that_they_should(seen):
    low = seen.sellers.where(seen.sellers.threshold < 1.4)
    high = seen.sellers.where(seen.sellers.threshold > 1.5)
    assert {a.row for a in low} | {a.row for a in high} == {
        *np.flatnonzero((seen.sellers.threshold < 1.4) | (seen.sellers.threshold > 1.5)).tolist()
    }
    assert high.isdisjoint(low)
    assert seen.sellers[3] in seen.sellers
    assert seen.onlookers[3] not in seen.sellers


def test_an_agent_of_a_row_is_the_same_agent_however_it_is_found(siege):
    seventh = siege.sellers[7]
    assert seventh == siege.sellers[7]
    assert hash(seventh) == hash(siege.sellers[7])
    assert seventh == next(a for a in siege.agents_by_type[Seller] if a.row == 7)
    assert seventh == siege.agent("seller:7") == siege.person(7)
    assert seventh != siege.sellers[8]
    assert seventh != siege.onlookers[7]
    assert seventh != begun(hours=HOURS).sellers[7]
    assert len({seventh, siege.sellers[7], siege.sellers[8]}) == 2
    assert siege.stores[3] is siege.stores[3]
    assert siege.sellers[-1].row == 494
    with pytest.raises(IndexError):
        _ = siege.sellers[495]


def test_an_agent_of_a_row_holds_no_state_of_its_own(siege):
    for agent in (siege.sellers[0], siege.onlookers[0], siege.consumers[0]):
        assert set(vars(agent)) == {"row", "model", "pos", "unique_id"}
    assert len(siege.agents) == 60 + 3 + 2


def test_an_agent_that_is_not_there_is_refused_with_what_there_is(siege):
    with pytest.raises(
        IndexError, match=f"seller: given 9999, allowed 0 to {len(siege.sellers) - 1}"
    ):
        siege.sellers[9999]
    with pytest.raises(BesiegeError, match=r"allowed seller:7, .*platform, organisers; did you mean seller:7"):  # fmt: skip
        siege.agent("Seller:7")
    assert siege.sellers[-1].row == len(siege.sellers) - 1


def test_a_slice_of_a_set_gives_the_agents_of_those_rows(seen):
    assert [a.row for a in seen.sellers[3:6]] == [3, 4, 5]


def test_unique_ids_are_unique_across_all_kinds(seen):
    ids = [a.unique_id for kind in seen.agents_by_type.values() for a in kind]
    assert len(ids) == len(set(ids)) == 495 + 3000 + 10_000 + 60 + 5


def test_a_column_set_through_an_agent_is_set_in_the_world(siege):
    siege.sellers[7].threshold = 5.5
    assert siege.sellers.threshold[7] == 5.5
    assert siege.world.crowd.threshold[7] == 5.5
    siege.onlookers[2].threshold = -3.0
    assert siege.world.crowd.threshold[495 + 2] == -3.0
    siege.stores[4].ad_budget = 0.0
    assert siege.stores.ad_budget[4] == 0
    siege.consumers[9].loyalty = 0.25
    assert siege.consumers.loyalty[9] == 0.25
    siege.sellers[7].note = "a name of my own"
    assert siege.sellers.threshold[7] == 5.5


@pytest.mark.parametrize(
    ("kind", "name"),
    [("sellers", "grievance"), ("onlookers", "grievance"), ("stores", "rating"), ("stores", "loss"),
     ("stores", "n_actions"), ("consumers", "category"), ("consumers", "visit_rate")],
)  # fmt: skip
def test_a_column_that_is_worked_out_cannot_be_set_in_silence(siege, kind, name):
    agent = getattr(siege, kind)[1]
    before = getattr(agent, name)
    with pytest.raises(AttributeError, match=name):
        setattr(agent, name, before + 1)


def test_a_column_set_through_the_table_is_set_in_the_world(siege):
    siege.sellers.threshold[:] = 4.0
    assert siege.world.crowd.threshold[:495].tolist() == [4.0] * 495
    siege.sellers.threshold = np.full(495, 3.0, np.float32)
    assert siege.world.crowd.threshold[:495].tolist() == [3.0] * 495


def test_a_person_set_inside_by_hand_is_felt_by_its_neighbours():
    siege = begun(hours=HOURS)
    siege.run_for(20)
    seller = next(s for s in siege.sellers if s.stance == Stance.OUTSIDE and s.neighbours)
    seller.stance = Stance.MEMBER
    siege.run_for(HOURS - 20)
    crowd, g = siege.world.crowd, siege.world.graph
    inside = np.isin(crowd.stance, [Stance.MEMBER, Stance.ATTACKING, Stance.PAUSED])
    near = [int(inside[g.neighbours[g.offsets[i] : g.offsets[i + 1]]].sum()) for i in range(g.n)]
    assert crowd.neighbours_in.tolist() == near


@pytest.mark.parametrize("family", ["small_world", "complete"])
def test_a_column_of_stances_set_by_hand_is_felt_as_agents_set_one_by_one_are(family):
    one, all_at_once = (begun(hours=HOURS, graph__family=family) for _ in range(2))
    for siege in (one, all_at_once):
        siege.run_for(20)
    for onlooker in one.onlookers.select(at_most=200):
        onlooker.stance = Stance.MEMBER
    all_at_once.onlookers.select(at_most=200).stance = Stance.MEMBER
    for siege in (one, all_at_once):
        inside = np.isin(siege.world.crowd.stance, [Stance.MEMBER, Stance.ATTACKING, Stance.PAUSED])
        assert siege.world.inside.tolist() == np.flatnonzero(inside).tolist()
    assert one.world.crowd.neighbours_in.tolist() == all_at_once.world.crowd.neighbours_in.tolist()
    one.sellers.stance = Stance.OUTSIDE
    one.onlookers.stance = Stance.QUIT
    assert one.world.inside.size == 0
    assert one.world.crowd.neighbours_in.sum() == 0


def test_a_brand_or_price_set_by_hand_is_what_shoppers_see():
    full = {"hours": 48, "stores__stock_days": 300.0, "announced": None}
    siege, plain = begun(**full), begun(**full)
    siege.stores[0].brand *= 5
    assert siege.world.shelves.share[0] > plain.world.shelves.share[0]
    assert siege.stores[0].orders_an_hour > plain.stores[0].orders_an_hour
    siege.stores[2].price = 1.0
    assert siege.record.price[2] == 1.0
    first, second = siege.run().record.orders.sum(axis=0), plain.run().record.orders.sum(axis=0)
    assert first[2] > second[2]
    assert first[3:60].tolist() == second[3:60].tolist()  # other categories


def test_stores_out_of_the_order_of_their_categories_are_refused():
    with pytest.raises(BesiegeError, match=r"^stores\.category: allowed 0 to 19, in ascending"):
        begun(hours=2).stores[0].category = 7


@pytest.mark.parametrize("name", ["consumer:3", "rival:0"])
def test_who_keeps_no_diary_cannot_be_watched_and_says_so(name):
    siege = begun(hours=2)
    kind = name.partition(":")[0]
    said = f"^agent: given a {kind}, which keeps no diary, allowed seller, onlooker, store, "
    with pytest.raises(BesiegeError, match=said):
        siege.watch(siege.agent(name))
    assert len(siege.agent(name).why()) <= 1


def test_counts_of_neighbours_inside_are_right_at_every_hour_of_a_run():
    siege = begun(hours=HOURS)
    g, crowd = siege.world.graph, siege.world.crowd
    ends = np.repeat(np.arange(g.n), np.diff(g.offsets))
    while siege.running:
        siege.step()
        inside = np.isin(crowd.stance, [Stance.MEMBER, Stance.ATTACKING, Stance.PAUSED])
        near = np.bincount(ends, weights=inside[g.neighbours], minlength=g.n)
        assert crowd.neighbours_in.tolist() == near.tolist()
        assert siege.world.inside.tolist() == np.flatnonzero(inside).tolist()
        assert not (crowd.online & ~inside).any()
    assert inside.sum() > 50


def test_a_store_closed_by_hand_sells_nothing_more_and_stays_closed():
    siege = begun(hours=HOURS)
    siege.run_for(20)
    k = int(siege.world.stores.orders_an_hour.argmax())  # one that sells every night
    store = siege.stores[k]
    store.close()
    siege.run_for(HOURS - 20)
    assert siege.record.orders[:20, k].sum() > 0
    assert siege.record.orders[20:, k].sum() == 0
    assert siege.record.orders_twin[20:, k].sum() > 0
    assert store.listed is False
    assert siege.record.delisted[20:, k].all()
    assert store.losses[next(iter(store.losses))] > 0


def test_an_agent_tells_its_columns_and_its_own_facts(seen):
    look = seen.sellers[3].state()
    assert isinstance(look["stance"], Stance)
    assert set(look) == set(Seller.columns)
    assert {type(value) for value in look.values()} <= {
        int,
        float,
        bool,
        Stance,
        Shop,
        type(seen.sellers[0].role),
    }
    store = max(seen.stores, key=lambda s: s.n_actions)
    assert sum(store.attacks.values()) == store.n_actions > 0
    assert store.attacks[Tactic.PURCHASE] == seen.record.actions[:, store.row, 0].sum()
    paid = (seen.record.ad_refund + seen.record.compensation)[:, store.row].sum()
    assert sum(store.losses.values()) - paid == pytest.approx(store.loss)
    assert seen.platform.legitimacy == seen.world.platform.legitimacy_public
    assert seen.organisers.phase is Phase.ATTACK
    assert seen.rivals[0].name == "Dangdang"
    near = seen.sellers[3].neighbours
    assert {a._crowd_row() for a in near} == set(seen.graph[3])


@pytest.mark.parametrize(
    "name", ["seller:3", "onlooker:3", "consumer:3", "store:3", "rival:2", "platform", "organisers"]
)
def test_every_kind_of_agent_says_why_it_did_what_it_did(name):
    siege = begun(hours=HOURS)
    agent = siege.agent(name)
    siege.run_for(HOURS)
    told = agent.why()
    assert len(told) > 0
    assert told.hour.between(0, HOURS - 1).all()


def test_an_event_that_is_scheduled_happens_at_its_hour():
    siege = begun(hours=HOURS)
    happened = []
    k = int(siege.world.stores.orders_an_hour.argmax())

    class Saboteur:
        """Events take bound methods."""

        def strike(self):
            happened.append(siege.world.hour)
            siege.stores[k].close()

    saboteur = Saboteur()
    siege.schedule_event(saboteur.strike, at=20)
    siege.run_for(HOURS)
    assert len(happened) == 1
    assert 18 <= happened[0] <= 20
    assert siege.record.delisted[:, k].sum() == HOURS - happened[0] - 1
    assert siege.record.orders[: happened[0] + 1, k].sum() > 0
    assert siege.record.orders[happened[0] + 1 :, k].sum() == 0


def test_mesas_clock_and_the_hours_go_together(seen):
    siege = begun(hours=10)
    assert (siege.steps, siege.time, len(siege.hours)) == (0, 0, 0)
    siege.step()
    siege.run_for(4)
    assert (siege.steps, siege.time, len(siege.hours)) == (5, 5, 5)
    assert siege.running
    siege.run_for(5)
    assert siege.running is False
    assert siege.seed == 1
    assert siege.scenario.hours == 10
    assert seen.scenario.scale == SMALL["scale"]


# ------------------------------------------------------------------ what is printed
@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("seller:7", r"<Seller 7: stance [A-Z]+, grievance 0\.\d+, threshold \d.*>"),
        ("onlooker:3", r"<Onlooker 3: role [A-Z]+, stance [A-Z]+, grievance .+>"),
        ("consumer:3", r"<Consumer 3: favourite \d+, loyalty .+>"),
        ("store:3", r"<Store 3: listed (True|False), rating \d.*, n_actions \d.*>"),
        ("rival:0", "<RivalPlatform Dangdang>"),
        ("platform", r"<Platform: answer .+, legitimacy .+, perceived_sanction .+, measures_begun .+>"),
        ("organisers", r"<Organisers: phase ATTACK, focal \d+, deadline .+>"),
    ],
)  # fmt: skip
def test_every_kind_of_agent_prints_how_it_stands_and_also_when_let_go(name, printed):
    siege = begun(hours=HOURS)
    siege.run_for(HOURS)
    agent = siege.agent(name)
    assert re.fullmatch(printed, repr(agent))
    siege.release()
    assert re.fullmatch(r"<\w+( \w+)?>", repr(agent))
    assert "released" in repr(siege)


def test_a_set_prints_its_size_its_kind_and_its_columns(seen):
    some = seen.stores[:4]
    assert repr(some).startswith("<KindSet of 4 stores: ")
    for column in Store.columns:
        assert column in repr(some)


# ------------------------------------------------------------------ why, after a change by hand
def test_why_tells_of_a_store_closed_by_hand_from_the_hour_after():
    siege = begun(hours=HOURS)
    siege.run_for(20)
    siege.stores[3].close()
    siege.run_for(15)
    told = siege.stores[3].why()
    assert told.listed.tolist() == [True] * 20 + [False] * 15
    assert set(told.decision[20:]) == {"stays closed"}
    assert siege.stores[4].why().listed.iloc[25]


@pytest.mark.parametrize("begin", [5, 17])
def test_why_is_of_this_world_whatever_was_set_through_agents_and_sets(begin):
    watched, told_after = begun(hours=HOURS), begun(hours=HOURS)
    watched.watch(watched.sellers[5])
    for siege in (watched, told_after):
        siege.run_for(begin)
        siege.sellers.threshold = np.linspace(0.2, 1.5, len(siege.sellers))
        siege.sellers[5].risk = 0.25
        siege.run_for(11)
        siege.sellers.where(siege.sellers.grievance > 0.1).stance = Stance.MEMBER
        siege.stores[2].brand = 9.0
        siege.run_for(8)
    assert told_after.sellers[5].why().equals(watched.sellers[5].why())
    assert len(watched.sellers[5].why()) == begin + 19 - 11  # from the announcement on


def test_why_refuses_the_tale_of_another_world_and_tells_what_was_watched():
    siege = begun(hours=HOURS)
    siege.run_for(15)
    siege.watch(siege.sellers[1])
    siege.sellers.threshold[:] = 0.1
    siege.run_for(5)
    with pytest.raises(BesiegeError, match="changed in a way that a second run"):
        siege.sellers[0].why()
    assert siege.sellers[1].why().hour.tolist() == [15, 16, 17, 18, 19]


class Late(Siege):
    """A user's own model, whose hour is another."""

    def step(self):
        super().step()
        self.world.platform.legitimacy_public = 0.3


def test_why_of_a_users_own_hour_is_not_told_by_the_usual_one():
    siege = Late(small_scenario(hours=HOURS), seed=1)
    siege.run_for(HOURS)
    with pytest.raises(BesiegeError, match="changed in a way"):
        siege.sellers[0].why()


# ------------------------------------------------------------------ networks of one's own
def test_a_batch_run_takes_a_list_of_graphs_and_says_so():
    n = sum(small_scenario().n_crowd)
    given = {"scenario": small_scenario(hours=2)}
    rows = mesa.batch_run(
        Siege, parameters={**given, "network": [nx.path_graph(n), nx.cycle_graph(n)]}, rng=[3],
        number_processes=1, display_progress=False,
    )  # fmt: skip
    assert len(rows) == 2
    with pytest.raises(BesiegeError, match=r"put the graph in a list: network=\[graph\]"):
        mesa.batch_run(
            Siege, parameters={**given, "network": nx.path_graph(n)}, rng=[3], number_processes=1,
            display_progress=False,
        )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["store:", "seller", "rival:", "platform:1", "store:" + "9" * 5000, 5, None]
)
def test_an_agent_is_named_with_its_row(name):
    siege = Siege("small", seed=1, scale=0.001, hours=2)
    with pytest.raises(BesiegeError, match=r"^agent: given [^\n]+, allowed"):
        siege.agent(name)
    assert siege.agent("platform") is siege.agent("platform:0")
