"""The calibrated ensemble: there, valid, within its priors, and used member by member."""

import numpy as np
import pandas as pd
import pytest

from sim import Scenario
from sim.core.units import BesiegeError
from sim.lab.design.draws import draws_of
from sim.outcomes.facts import load_facts
from sim.scenario.ensembles import ensemble_of, left_open, load_ensemble, named_in, warn_of
from sim.scenario.schema import fields_of
from sim.version import MODEL_VERSION

ENSEMBLE = load_ensemble("calibrated")
LOADED = Scenario.load("taobao-2011")


def value_at(scenario, path):
    for step in path.split("."):
        name, _, kind = step.partition("[")
        scenario = getattr(scenario, name)
        if kind:  # the measure of a kind; None where the response has none
            scenario = next((m for m in scenario if m.kind == kind.rstrip("]")), None)
            if scenario is None:
                return None
    return scenario


def test_the_ensemble_says_how_it_was_made_and_what_it_was_fitted_to():
    assert len(ENSEMBLE.members) >= 100
    assert len(set(ENSEMBLE.members)) == len(ENSEMBLE.members)
    assert {"by", "version", "model_version", "seed", "date", "facts"} <= set(ENSEMBLE.made)
    assert ENSEMBLE.made["facts"] == [f.id for f in load_facts() if f.use == "calibrate"]


def test_every_value_lies_between_what_was_declared_for_it():
    prior = {f.path: f.prior for f in fields_of(Scenario) if f.prior}
    assert set(ENSEMBLE.parameters) <= set(prior)
    members = np.array(ENSEMBLE.members)
    for j, path in enumerate(ENSEMBLE.parameters):
        assert members[:, j].min() >= prior[path][0], path
        assert members[:, j].max() <= prior[path][1], path


def test_a_scenario_that_names_it_takes_the_best_member_and_keeps_what_it_says_itself():
    best = ENSEMBLE.member(ENSEMBLE.best)
    found = {path: value_at(LOADED, path) for path in best}
    taken = {path for path, value in found.items() if value is not None}
    assert {path: found[path] for path in taken} == {path: best[path] for path in taken}
    assert all(path.startswith("response.measures[") for path in set(best) - taken)
    assert LOADED.fees.old.standard == 6000
    assert left_open({"mobilisation": {"noise": 1.0}}, {"mobilisation.noise": 2.0}) == {}
    assert left_open({"fees": "phased"}, {"fees.terms.foresight": 0.1}) == {
        "fees.terms.foresight": 0.1
    }


def test_every_member_is_a_scenario_in_the_fixed_order():
    members = Scenario.ensemble("taobao-2011")
    assert len(members) == len(ENSEMBLE.members)
    assert members[ENSEMBLE.best] == LOADED
    at = ENSEMBLE.parameters.index("mobilisation.noise")
    assert value_at(members[7], "mobilisation.noise") == ENSEMBLE.members[7][at]


def test_run_k_takes_member_k_and_leaves_what_was_set_by_hand():
    draws = draws_of("calibrated", LOADED, 3, 1)
    assert draws == [ENSEMBLE.member(k) for k in range(3)]
    assert draws_of("calibrated", LOADED, 1, 3) == draws[2:]
    n = len(ENSEMBLE.members)
    assert draws_of("calibrated", LOADED, 1, n + 1) == draws[:1]
    by_hand = LOADED.replace({"mobilisation.noise": 0.5})
    assert draws_of("calibrated", by_hand, 1, 1) == [
        {p: v for p, v in draws[0].items() if p != "mobilisation.noise"}
    ]
    assert draws_of("none", LOADED, 2, 1) == [{}, {}]


def test_a_draw_of_a_measures_strength_goes_to_every_response_that_has_it():
    path = "response.measures[police-report].sanction"
    draws = draws_of({path: [0.1, 0.3]}, LOADED, 2, 1)
    for policy, has in (("deter", True), ("silence", False)):
        worlds = [LOADED.replace(response=policy).replace(draw) for draw in draws]
        assert [w != LOADED.replace(response=policy) for w in worlds] == [has, has]
    assert len({draw[path] for draw in draws}) == 2


def test_a_members_value_of_a_measure_is_taken_unless_somebody_set_it(tmp_path):
    path = tmp_path / "draws.toml"
    path.write_text('parameters = ["response.measures[police-report].sanction"]\nmembers = [[0.2], [0.3]]\nbest = 0')  # fmt: skip
    quiet, reported = LOADED.replace(response="silence"), LOADED.replace(response="deter")
    drawn = [{"response.measures[police-report].sanction": v} for v in (0.2, 0.3)]
    assert draws_of(path, quiet, 2, 1) == drawn
    assert draws_of(path, reported.replace(drawn[0]), 2, 1) == drawn
    assert draws_of(path, reported.replace({"response.measures.0.sanction": 0.9}), 1, 1) == [{}]


def test_what_is_no_ensemble_is_refused_in_one_line():
    with pytest.raises(BesiegeError, match="did you mean calibrated"):
        named_in({"ensemble": "calibrate"}, "mine.toml")
    with pytest.raises(BesiegeError, match="has no members"):
        load_ensemble("wide")
    rows = {"parameters": ["a", "b"], "members": [[1.0, 2.0], [3.0]], "best": 0}
    with pytest.raises(BesiegeError, match="member 1 has 1 values, allowed 2"):
        ensemble_of(rows, "mine")
    with pytest.raises(BesiegeError, match="best: given 2"):
        ensemble_of({**rows, "members": [[1.0, 2.0]], "best": 2}, "mine")


def test_a_scenario_without_one_says_so(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("scale = 0.01\n")
    with pytest.raises(BesiegeError, match="ensemble: missing"):
        Scenario.ensemble(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ranges", "not TOML"),
        ("x = 1", "ranges: missing"),
        ('[ranges]\n"attention.memory" = 3', r"ranges\.attention\.memory: given 3"),
        ('[ranges]\n"attention.memory" = [60, 30]', "low below high"),
        ('parameters = ["attention.memory"]\nmembers = [3]\nbest = 0', "rows of numbers"),
        ('parameters = ["attention.memory"]\nmembers = [["a"]]\nbest = 0', "rows of numbers"),
    ],
)
def test_a_file_of_draws_that_is_wrong_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "draws.toml"
    path.write_text(text)
    with pytest.raises(BesiegeError, match=said) as refused:
        draws_of(path, Scenario.load("small"), 2, 1)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameters": [["x"]]}, "parameters: given a list of 1"),
        ({"parameters": ["x", "x"], "members": [[1, 2]]}, 'parameters: given "x" twice'),
        ({"parameters": []}, "has no members"),
        ({"members": [[float("nan")]]}, "member 0: given nan"),
        ({"members": [[1], [True]]}, "member 1: given true"),
        ({"members": [[10**400]]}, "member 0: given a number of more than 60 digits"),
        ({"best": True}, "best: given true"),
        ({"best": None}, "best: given none"),
        ({"made": 3}, "made: given 3, allowed a table"),
    ],
)
def test_a_wrong_document_is_refused_before_it_is_hashed_or_rounded(change, said):
    good = {"parameters": ["attention.memory"], "members": [[30.0]], "best": 0}
    assert ensemble_of(good, "mine").members == ((30.0,),)
    with pytest.raises(BesiegeError, match=said.replace("[", r"\[")):
        ensemble_of({**good, **change}, "mine")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame({"attention.memory": [30.0, np.nan]}), "row 1: attention.memory: given nothing"),
        (pd.DataFrame({"attention.memory": [30.0, None, "x"]}, dtype=object), "row 1: attention.memory: given nothing"),
        (pd.DataFrame({"attention.memory": [30.0, "x"]}, dtype=object), 'row 1: attention.memory: given "x"'),
        (pd.DataFrame([[30, 31]], columns=["attention.memory"] * 2), "given twice"),
        (pd.DataFrame({3: [30]}), "no such field"),
        (pd.DataFrame({"attention.memory": []}), "without rows"),
        ({"attention.memory": [30, np.inf]}, "low below high"),
        ({"attention.memory": [True, 30]}, "low below high"),
        ({"attention.memory": [-1, 30]}, "attention.memory: given -1.0"),
        ({"graph.family": [0, 1]}, "given a range, allowed only for numbers"),
        ({"attention.memry": [0, 1]}, "did you mean attention.memory"),
        ([1], "ranges: missing"),
    ],
)  # fmt: skip
def test_a_table_in_memory_is_held_to_the_same_as_a_file(table, said):
    with pytest.raises(BesiegeError, match=said) as refused:
        draws_of(table, Scenario.load("small"), 3, 1)
    assert len(str(refused.value).splitlines()) == 1


def test_a_members_value_that_no_scenario_takes_is_told_with_its_member(tmp_path):
    path = tmp_path / "mine.TOML"
    path.write_text('parameters = ["hours"]\nmembers = [[336], [0]]\nbest = 0\n')
    assert draws_of(path, Scenario.load("small"), 1, 1) == [{"hours": 336}]
    with pytest.raises(BesiegeError, match="member 1: hours: given 0"):
        draws_of(path, Scenario.load("small"), 2, 1)
    path.write_text('parameters = ["huors"]\nmembers = [[336]]\nbest = 0\n')
    with pytest.raises(BesiegeError, match="did you mean hours"):
        draws_of(path, Scenario.load("small"), 1, 1)


def test_an_ending_much_like_toml_is_recognised(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BesiegeError, match=r"did you mean mine\.toml"):
        draws_of("mine.tml", Scenario.load("small"), 1, 1)
    with pytest.raises(BesiegeError, match=r"did you mean mine\.toml"):
        Scenario.load("mine.tml")
    (tmp_path / "mine.toml").write_text("")
    with pytest.raises(BesiegeError, match=r"no such file; did you mean mine\.toml"):
        Scenario.load("./mine.tml")


def test_the_wide_ensemble_draws_every_prior_as_a_latin_hypercube():
    fields = {f.path: f for f in fields_of(Scenario) if f.prior}
    draws = draws_of("wide", LOADED, 20, 1)
    assert [set(draw) for draw in draws] == [set(fields)] * 20
    for path, field in fields.items():
        shares = sorted(field.prior.share(draw[path]) for draw in draws)
        if field.type == "whole number":
            assert -0.5 < shares[0] < 0.3
            assert 0.7 < shares[-1] < 1.5
            continue
        assert [int(20 * u) for u in shares] == list(range(20)), path  # one point a stratum
    assert draws_of("wide", LOADED, 20, 1) == draws
    assert draws_of("wide", LOADED, 20, 2) != draws
    assert draws_of("assumed", LOADED, 20, 1) == draws  # its old name


@pytest.mark.parametrize("base", ["taobao-2011", "small", "calm"])
def test_what_was_set_by_hand_is_not_drawn_from_its_prior(base):
    world = Scenario.load(base)
    every = set(draws_of("wide", world, 1, 1)[0])
    assert every == {f.path for f in fields_of(Scenario) if f.prior}
    by_hand = world.replace({"mobilisation.noise": 0.5, "attack.discipline": 0.7})
    assert set(draws_of("wide", by_hand, 1, 1)[0]) == every - {"mobilisation.noise", "attack.discipline"}  # fmt: skip


def test_every_point_of_the_priors_is_a_scenario():
    for draw in draws_of("wide", Scenario(name="mine"), 300, 3):
        Scenario().replace(draw)


def test_an_ensemble_of_another_version_of_the_model_is_warned_of_once(caplog, monkeypatch):
    rows = {"parameters": ["attention.memory"], "members": [[30.0]], "best": 0}
    current = ensemble_of({**rows, "made": {"model_version": MODEL_VERSION}}, "mine")
    assert current.warning is None
    old = ensemble_of({**rows, "made": {"model_version": MODEL_VERSION - 1}}, "mine")
    assert f"model version {MODEL_VERSION - 1}, and this is model version {MODEL_VERSION}" in old.warning  # fmt: skip
    assert "unnamed version" in ensemble_of(rows, "mine").warning
    monkeypatch.setattr("sim.scenario.ensembles._WARNED", set())
    for ensemble in (current, old, old):
        warn_of(ensemble)
    assert [record.message for record in caplog.records] == [old.warning]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("priors = false", "priors: given false, allowed true"),
        ("priors = 3", "priors: given 3, allowed true"),
        ('priors = true\n[ranges]\n"attention.memory" = [1, 2]', "both ranges and priors"),
        ("priors = true\nmembers = [[1]]", "both members and priors"),
    ],
)
def test_a_file_of_priors_says_so_and_nothing_else(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BesiegeError, match=said):
        draws_of(path, LOADED, 2, 1)
    path.write_text("priors = true")
    assert draws_of(path, LOADED, 2, 1) == draws_of("wide", LOADED, 2, 1)
