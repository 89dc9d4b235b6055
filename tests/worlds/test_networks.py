"""Networks agree with the tables they are drawn from."""

import json
import tomllib

import networkx as nx
import numpy as np
import pytest

from sim.core.calendar import day_of
from sim.core.units import BesiegeError, Role, Stance, Tactic
from sim.running.model import Siege
from sim.running.run import result_of, run
from sim.scenario.scenario import Scenario
from sim.world.networks import FAVOURITES_SHOWN
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
    assert [d for _n, d in graph.degree] == model.world.ties.degree.tolist()
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
    assert [model.world.ties.degree[i] for i in range(20)] == [ours.degree[i] for i in range(20)]


def test_an_edge_list_from_a_file_takes_the_place_of_the_family(tmp_path):
    edges = tmp_path / "edges.csv"
    edges.write_text("a,b\n" + "\n".join(f"{i},{i + 1}" for i in range(3494)))
    model = begun(hours=3, graph__family="file", graph__path=str(edges)).run()
    assert nx.utils.graphs_equal(nx.Graph(model.graph.edges), nx.path_graph(3495))
    assert [p.row for p in model.person(0).neighbours] == [1]
    assert model.person(494).neighbours == [model.sellers[493], model.onlookers[0]]


def handed_in():
    """Return a scenario of a few people and a graph for them, two of whom know nobody."""
    scenario = small_scenario(hours=30, scale=0.001, announced=1)
    graph = nx.gnm_random_graph(sum(scenario.n_crowd), 900, seed=4)
    graph.remove_edges_from([*graph.edges(0), *graph.edges(349)])
    return scenario, graph


def test_a_graph_handed_in_is_told_by_the_scenario_its_fingerprint_and_the_runs_folder(
    tmp_path, undrawn
):
    scenario, graph = handed_in()
    ours = run(scenario, network=graph)
    assert ours.scenario.graph.family == "given"
    assert ours.scenario.graph.path == Siege(scenario, seed=1, network=graph).world.graph.digest
    assert ours.fingerprint == ours.scenario.fingerprint != scenario.fingerprint
    shuffled = nx.Graph([*map(tuple, map(reversed, graph.edges))][::-1])
    shuffled.add_nodes_from(reversed(list(graph)))
    assert Siege(scenario, seed=1, network=shuffled).scenario == ours.scenario
    shuffled.remove_edge(*next(iter(shuffled.edges)))
    assert Siege(scenario, seed=1, network=shuffled).scenario.fingerprint != ours.fingerprint

    folder = ours.save(tmp_path / "run")
    told = json.loads((folder / "outcomes.json").read_text())
    assert told["fingerprint"] == ours.fingerprint
    assert tomllib.loads((folder / "scenario.toml").read_text())["graph"]["path"] == "graph.csv"
    moved = folder.rename(tmp_path / "elsewhere")
    again = run(str(moved / "scenario.toml"))
    assert again.fingerprint == ours.fingerprint
    assert again.outcomes == ours.outcomes
    assert again.hours.equals(ours.hours)
    assert nx.utils.graphs_equal(nx.Graph(Siege(again.scenario).graph.edges), nx.Graph(graph.edges))
    assert again.save(tmp_path / "third").joinpath("graph.csv").read_bytes() == (moved / "graph.csv").read_bytes()  # fmt: skip


def test_a_path_that_no_family_reads_does_not_count_in_the_fingerprint():
    plain = Scenario.load("small")
    assert plain.replace({"graph.path": "x.csv"}).fingerprint == plain.fingerprint


def test_a_scenario_of_a_graph_handed_in_is_not_run_without_it(tmp_path):
    scenario, graph = handed_in()
    told = Siege(scenario, seed=1, network=graph).scenario
    for again in (told, Scenario.parse(told.to_dict())):
        with pytest.raises(BesiegeError, match=r"graph\.family: given .* hand it in again"):
            run(again)
    assert Siege(told, seed=1, network=graph).scenario == told


def test_a_run_saves_the_ties_that_it_read_and_not_what_the_file_became(tmp_path, undrawn):
    scenario, graph = handed_in()
    edges = tmp_path / "ties.txt"
    Siege(scenario, seed=1, network=graph).world.graph.write(edges)
    ours = run(scenario.replace({"graph.family": "file", "graph.path": str(edges)}))
    edges.write_text("0 349\n")
    folder = ours.save(tmp_path / "run")
    again = run(str(folder / "scenario.toml"))
    assert again.outcomes == ours.outcomes
    assert again.fingerprint == ours.fingerprint == run(scenario, network=graph).fingerprint
    assert ours.scenario.fingerprint != ours.fingerprint


def test_the_rows_of_another_world_are_taken_only_where_they_fit():
    scenario, graph = handed_in()
    rows = Siege(scenario, seed=1, network=graph).world.graph
    assert Siege(scenario, seed=2, network=rows).scenario.graph.path == rows.digest
    with pytest.raises(BesiegeError, match="has 350 nodes, allowed exactly 3495"):
        Siege(small_scenario(), network=rows)


@pytest.mark.parametrize(
    "make",
    [
        nx.path_graph, nx.cycle_graph, nx.star_graph, nx.wheel_graph, nx.complete_graph, nx.empty_graph,
        lambda n: nx.barabasi_albert_graph(n, 3, seed=1), lambda n: nx.random_regular_graph(4, n, seed=1),
        lambda n: nx.watts_strogatz_graph(n, 6, 0.2, seed=1), lambda n: nx.relaxed_caveman_graph(n // 5, 5, 0.2, seed=1),
        lambda n: nx.random_labeled_tree(n, seed=1), lambda n: nx.grid_2d_graph(n // 10, 10),
        lambda n: nx.balanced_tree(2, 6), lambda n: nx.complete_bipartite_graph(10, n - 10),
        lambda n: nx.stochastic_block_model([n // 2, n - n // 2], [[0.1, 0.0], [0.0, 0.1]], seed=1),
        lambda n: nx.circular_ladder_graph(n // 2), lambda n: nx.lollipop_graph(20, n - 20),
        lambda n: nx.random_geometric_graph(n, 0.1, seed=1), lambda n: nx.MultiGraph(nx.path_graph(n)),
        lambda n: nx.relabel_nodes(nx.path_graph(n), lambda i: f"person {i}"),
        lambda n: nx.configuration_model([2] * n, seed=1), lambda n: nx.DiGraph(nx.path_graph(n)),
        lambda n: nx.karate_club_graph(), lambda n: nx.les_miserables_graph(), lambda n: nx.davis_southern_women_graph(),
        lambda n: nx.gn_graph(n, seed=1), lambda n: nx.Graph(nx.gn_graph(n, seed=1)), lambda n: nx.full_rary_tree(3, n),
    ],
)  # fmt: skip
def test_any_graph_of_networkx_is_run_as_it_is_or_refused_in_one_line(make, tmp_path, undrawn):
    for n in {40, len(make(40))}:
        people = {"population.n_sellers": n // 2, "population.n_onlookers": n - n // 2}
        scenario = small_scenario(hours=10).replace(
            {**people, "scale": 1.0, "population.n_consumers": 50}
        )
        graph = make(40)
        said = ""
        try:
            siege = Siege(scenario, seed=1, network=graph)
        except BesiegeError as error:
            said = str(error)
        if said:
            assert len(said.splitlines()) == 1
            assert said.startswith("graph: ")
            continue
        degrees = [d for _, d in graph.degree]
        assert sorted(siege.world.ties.degree.tolist()) == sorted(degrees)
        siege.run()
        folder = result_of(siege).save(tmp_path / str(n))
        again = Siege(str(folder / "scenario.toml"), seed=1)
        assert again.scenario.fingerprint == siege.scenario.fingerprint
        assert again.world.graph.digest == siege.world.graph.digest


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
