"""Networks agree with the tables they are drawn from."""

import networkx as nx
import numpy as np
import pytest

from sim.calendar import day_of
from sim.model import Siege
from sim.networks import FAVOURITES_SHOWN
from sim.units import Role, Stance, Tactic
from tests.small_worlds import THROTTLE, begun, finished, small_scenario

HOURS = 130
ATTRIBUTES = {"role", "stance", "online", "threshold", "ever_attacked"}


def siege():
    return finished(hours=HOURS, response="silence")


def test_the_coordination_graph_has_every_person_with_all_attributes():
    model, graph = siege(), siege().graph
    assert set(graph) == set(range(len(model.sellers) + len(model.onlookers)))
    for node, data in graph.nodes(data=True):
        assert set(data) == ATTRIBUTES, node
    crowd = model.world.crowd
    for name, kind in (("role", Role), ("stance", Stance)):
        told = [data[name] for _node, data in graph.nodes(data=True)]
        assert told == [kind(int(code)).name for code in getattr(crowd, name)]
    told = [data["threshold"] for _node, data in graph.nodes(data=True)]
    assert told == crowd.threshold.tolist()
    assert [d for _n, d in graph.degree] == model.world.degree.tolist()
    assert nx.number_of_selfloops(graph) == 0


def test_the_mean_degree_is_that_of_the_scenario():
    graph = siege().graph
    mean = 2 * graph.number_of_edges() / graph.number_of_nodes()
    assert mean == pytest.approx(siege().scenario.graph.mean_degree, abs=0.01)


def test_a_complete_graph_is_drawn_without_edges_or_with_all_of_them():
    model = finished(hours=50, graph__family="complete", scale=0.001)
    graph, n = model.graph, len(model.sellers) + len(model.onlookers)
    assert graph.number_of_nodes() == n
    assert graph.number_of_edges() in {0, n * (n - 1) // 2}
    assert set(graph.nodes[0]) == ATTRIBUTES


def test_a_graph_handed_in_comes_back_as_it_was():
    ours = nx.relabel_nodes(nx.barabasi_albert_graph(3495, 2, seed=1), dict(enumerate(range(3495))))
    model = Siege(small_scenario(hours=3), seed=1, network=ours)
    assert nx.utils.graphs_equal(nx.Graph(model.graph.edges), nx.Graph(ours.edges))
    model.run()
    assert [model.world.degree[i] for i in range(20)] == [ours.degree[i] for i in range(20)]


def test_an_edge_list_from_a_file_takes_the_place_of_the_family(tmp_path):
    edges = tmp_path / "edges.csv"
    edges.write_text("a,b\n" + "\n".join(f"{i},{i + 1}" for i in range(3494)))
    model = begun(hours=3, graph__family="file", graph__path=str(edges)).run()
    assert nx.utils.graphs_equal(nx.Graph(model.graph.edges), nx.path_graph(3495))
    assert [p.row for p in model.person(0).neighbours] == [1]
    assert model.person(494).neighbours == [model.sellers[493], model.onlookers[0]]


def test_weights_of_attacks_add_up_to_all_actions_that_succeeded():
    model = siege()
    attacks = model.networks()["attacks"]
    weights = [data["weight"] for *_ends, data in attacks.edges(data=True)]
    assert sum(weights) == model.outcomes["cum_actions"] > 0
    assert min(weights) >= 0


def test_attacks_in_vain_are_those_blocked_and_those_lacking_goods():
    model = siege()
    attacks = model.networks()["attacks"]
    in_vain = sum(data["blocked"] for *_ends, data in attacks.edges(data=True))
    tried = sum(a.actor.size for a in model.world.actions)
    lacking = tried - model.outcomes["cum_actions"] - model.outcomes["cum_blocked"]
    assert lacking >= 0
    assert model.outcomes["cum_blocked"] > 0
    assert in_vain == model.outcomes["cum_blocked"] + lacking


@pytest.mark.parametrize("tactic", list(Tactic), ids=lambda t: t.name)
def test_attacks_by_store_day_and_tactic_are_those_of_the_tables(tactic):
    model = siege()
    n, days = len(model.stores), day_of(HOURS - 1) + 1
    drawn = np.zeros((days, n))
    for one, other, data in model.networks()["attacks"].edges(data=True):
        store = dict([one, other])["store"]
        if data["tactic"] == tactic.name:
            drawn[data["day"], store] += data["weight"]
    booked = np.zeros((days, n))
    for hour in range(HOURS):
        booked[day_of(hour)] += model.record.actions[hour, :, tactic]
    assert np.array_equal(drawn, booked)
    assert drawn.sum() > 0


def test_attackers_are_sellers_and_sympathisers_who_have_attacked():
    model = siege()
    attacks = model.networks()["attacks"]
    people = [row for kind, row in attacks if kind == "person"]
    roles = {attacks.nodes["person", row]["role"] for row in people}
    assert roles == {"SELLER", "SYMPATHISER"}
    assert model.world.crowd.ever_attacked[people].all()
    idle = set(np.flatnonzero(model.world.crowd.ever_attacked).tolist()) - set(people)
    assert len(idle) < 0.2 * len(people)  # who drew no action in any of its hours
    for kind, row in attacks:
        if kind == "store":
            assert attacks.nodes["store", row]["category"] == model.stores.category[row]
    for one, other in attacks.edges():
        assert {one[0], other[0]} == {"person", "store"}


def test_false_orders_stopped_by_a_limit_are_no_attacks():
    model = finished(hours=HOURS, response=THROTTLE)
    assert model.record.series["new_throttled"].sum() > 0
    attacks = model.networks()["attacks"]
    weights = sum(data["weight"] for *_ends, data in attacks.edges(data=True))
    assert weights == model.outcomes["cum_actions"]


def test_moves_join_each_seller_with_a_second_shop_to_its_rival():
    model = siege()
    moves = model.networks()["moves"]
    shop = model.sellers.second_shop
    assert (shop >= 0).sum() > 0
    expected = {(("seller", i), ("rival", int(r))) for i, r in enumerate(shop) if r >= 0}
    found = {tuple(sorted(edge, reverse=True)) for edge in moves.edges}
    assert found == expected
    for r, rival in enumerate(model.rivals):
        assert moves.degree["rival", r] == (shop == r).sum()
        assert moves.nodes["rival", r]["name"] == rival.name
        assert rival.n_sellers == pytest.approx((shop == r).sum() / model.scenario.scale)


def test_favourites_join_the_first_shoppers_to_their_stores():
    model = siege()
    favourites = model.networks()["favourites"]
    assert favourites.number_of_edges() == min(FAVOURITES_SHOWN, len(model.consumers))
    for j in range(0, 2000, 97):
        (store,) = favourites["consumer", j]
        assert store == ("store", model.consumers.favourite[j])
        loyalty = favourites.edges[("consumer", j), store]["loyalty"]
        assert loyalty == model.consumers.loyalty[j]
        assert model.consumers[j].category == model.stores.category[store[1]]


def test_networks_before_the_first_hour_have_nobody_in_them_yet():
    networks = Siege(small_scenario(), seed=1).networks()
    assert networks["attacks"].number_of_edges() == 0
    assert networks["moves"].number_of_edges() == 0
    assert {d["stance"] for _n, d in networks["coordination"].nodes(data=True)} == {"OUTSIDE"}
