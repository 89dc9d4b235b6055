"""The typed graphs of what the kinds do to each other agree with the tables."""

import networkx as nx
import numpy as np
import pytest

from sim.model import Siege
from sim.units import Tactic


@pytest.fixture(scope="module")
def siege():
    return Siege("taobao-2011", seed=1, scale=0.01, hours=110).run()


@pytest.fixture(scope="module")
def graphs(siege):
    return siege.networks()


def test_the_coordination_graph_has_every_person_with_its_stance(siege):
    graph = siege.graph
    assert graph.number_of_nodes() == 3495
    assert 2 * graph.number_of_edges() / 3495 == pytest.approx(10, abs=0.1)
    assert graph.nodes[7]["role"] == "SELLER"
    assert graph.nodes[7]["stance"] == str(siege.sellers[7].stance)
    degrees = np.array([d for _, d in sorted(graph.degree)])
    assert np.array_equal(degrees[:495], siege.sellers.degree)


def test_attacks_join_people_to_stores_by_day_and_tactic(siege, graphs):
    attacks, o = graphs["attacks"], siege.outcomes
    edges = list(attacks.edges(data=True))
    assert sum(e["weight"] for *_, e in edges) == o["cum_actions"]
    clicks = sum(e["weight"] for *_, e in edges if e["tactic"] == "CLICK")
    assert clicks == o["cum_clicks"]
    assert sum(e["blocked"] for *_, e in edges) >= o["cum_blocked"]
    assert {attacks.nodes[n]["kind"] for n in attacks} == {"person", "store"}
    assert all({a[0], b[0]} == {"person", "store"} for a, b, _ in edges)
    store = ("store", int(siege.stores.n_actions.argmax()))
    met = sum(e["weight"] for *_, e in attacks.edges(store, data=True))
    assert met == siege.stores[store[1]].n_actions
    assert siege.stores[store[1]].attacks[Tactic.CLICK] <= met


def test_moves_join_sellers_to_the_rival_of_their_second_shop(siege, graphs):
    moves = graphs["moves"]
    assert moves.number_of_edges() == (siege.sellers.second_shop >= 0).sum()
    assert nx.is_bipartite(moves)
    assert moves.nodes[("rival", 0)]["name"] == "Dangdang"


def test_favourites_show_a_sample_of_consumers(siege, graphs):
    favourites = graphs["favourites"]
    assert favourites.number_of_edges() == 2000
    assert favourites.has_edge(("consumer", 5), ("store", int(siege.consumers.favourite[5])))


def test_a_users_own_network_takes_the_place_of_the_family():
    path = nx.path_graph(350)
    siege = Siege("small", seed=1, scale=0.001, network=path, hours=3).run()
    assert nx.utils.graphs_equal(nx.Graph(siege.graph.edges), nx.Graph(path.edges))
    assert [p.row for p in siege.person(0).neighbours] == [1]


def test_an_edge_list_file_takes_the_place_of_the_family(tmp_path):
    edges = tmp_path / "edges.csv"
    edges.write_text("a,b\n" + "\n".join(f"{i},{i + 1}" for i in range(349)))
    given = {"graph.family": "file", "graph.path": str(edges), "scale": 0.001, "hours": 3}
    siege = Siege(Siege("small", seed=1, scale=0.001).scenario.but(given), seed=1).run()
    assert siege.graph.number_of_edges() == 349
