"""A scenario goes in and out of TOML unchanged, and every parameter says what it is."""

import copy
import csv
import pickle
import re
import tomllib
from importlib import resources

import numpy as np
import pytest

from sim.core.units import BesiegeError
from sim.responses import Response
from sim.scenario.library import load_response, response_list, scenario_list
from sim.scenario.overrides import parse_settings
from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of
from sim.scenario.toml import library_names
from sim.setup.fees import NewSchedule

EVENTFUL = Scenario.load("taobao-2011").replace(
    {
        "response.measures.0.trigger": {"any": [{"hour": 46}, {"online_above": 3000.5}]},
        "description": 'quotes " and 淘宝 and a\nline',
    }
)


def another(field):
    """Return a value that is allowed for a field and is not the one it has."""
    if field.type == "switch":
        return not field.default
    if field.type == "text":
        return (field.default or "") + "x"
    if field.type == "choice":
        # the first of a deposit's kinds of shop is taken by another deposit
        return next((c for c in field.choices[1:] if c != field.default), None)
    if field.type == "list":
        return None
    low = 0 if field.low is None else field.low
    high = low + 10 if field.high is None else field.high
    step = 1 if field.type == "whole number" else (high - low) / 7
    now = low if field.default is None else field.default
    return now + step if now + step <= high else now - step


@pytest.mark.parametrize("name", library_names("scenarios"))
def test_a_scenario_written_as_toml_is_read_back_equal(name):
    scenario = Scenario.load(name)
    again = Scenario.parse(tomllib.loads(scenario.to_toml()))
    assert again == scenario
    assert again.fingerprint == scenario.fingerprint
    assert again.to_toml() == scenario.to_toml()


def test_triggers_within_triggers_and_odd_texts_survive_toml(tmp_path):
    file = tmp_path / "again.toml"
    file.write_text(EVENTFUL.to_toml(), encoding="utf-8")
    assert Scenario.load(file) == EVENTFUL


def test_changing_any_field_that_is_read_changes_the_fingerprint():
    tried = 0
    for field in fields_of(EVENTFUL):
        value = another(field)
        if value is None:
            continue
        changed = EVENTFUL.replace({field.path: value})
        free = field.path in {"name", "description", "response.description", "graph.path"}
        assert (changed.fingerprint == EVENTFUL.fingerprint) == free, field.path
        assert changed != EVENTFUL
        tried += 1
    assert tried > 200


def test_equal_scenarios_have_equal_fingerprints_however_they_were_made():
    plain = Scenario()
    made = [
        Scenario.parse({}),
        plain.replace(),
        plain.replace({"attack.eagerness": -0.0}),
        plain.replace({"scale": np.float64(0.1), "hours": np.int64(336)}),
        plain.replace({"fees": {"new": {"standard": 30_000}}}),
        Scenario(attention=plain.attention, fees=plain.fees),
        Scenario.parse(tomllib.loads(plain.to_toml())),
        pickle.loads(pickle.dumps(plain)),
        copy.deepcopy(plain),
    ]
    for other in made:
        assert other == plain
        assert other.fingerprint == plain.fingerprint
        assert hash(other) == hash(plain)


def test_a_network_of_a_file_counts_by_what_the_file_holds(tmp_path):
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text("0,1\n1,2\n")
    second.write_text("0,1\n1,2\n")

    def fingerprint(path):
        return Scenario().replace({"graph.family": "file", "graph.path": str(path)}).fingerprint

    before = fingerprint(first)
    assert before == fingerprint(second)
    first.write_text("0,1\n")
    assert before != fingerprint(first)
    assert fingerprint(tmp_path / "none.csv") != fingerprint(tmp_path / "other.csv")


def test_a_network_of_a_file_that_fits_counts_by_its_ties_and_not_by_their_order(tmp_path):
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"

    def fingerprint(path):
        people = {"scale": 1.0, "population.n_sellers": 2, "population.n_onlookers": 2}
        return (
            Scenario()
            .replace({**people, "graph.family": "file", "graph.path": str(path)})
            .fingerprint
        )

    first.write_text("0,1\n1,2\n3\n")
    second.write_text("from to\n# the same\n2 1\n1 0\n3\n")
    assert fingerprint(first) == fingerprint(second)
    second.write_text("from to\n# the same\n2 1\n2 0\n3\n")
    assert fingerprint(first) != fingerprint(second)


def test_nothing_that_is_absent_comes_back_when_something_else_changes():
    calm = EVENTFUL.replace({"announced": None, "rivals.0.promise_after": None})
    again = calm.replace(scale=0.5).replace({"attack.discipline": 0.1})
    assert again.announced is None
    assert again.rivals[0].promise_after is None
    assert again.response == EVENTFUL.response


def test_every_path_of_a_scenario_can_be_set_to_what_it_is():
    same = EVENTFUL.replace({field.path: field.default for field in fields_of(EVENTFUL)})
    assert same == EVENTFUL


def test_paths_reach_into_lists_in_both_ways_of_writing_them():
    dotted = EVENTFUL.replace({"response.measures.1.strength": 0.25, "rivals.2.yearly_fee": 1})
    bracket = EVENTFUL.replace({"response.measures[1].strength": 0.25, "rivals[2].yearly_fee": 1})
    assert dotted == bracket
    assert dotted.response.measures[1].strength == 0.25
    assert dotted.response.measures[2:] == EVENTFUL.response.measures[2:]
    assert dotted.rivals[2].yearly_fee == 1.0


def test_a_path_by_kind_changes_every_entry_of_the_kind_and_nothing_where_there_is_none():
    twice = [{"kind": "statement", "trigger": {"hour": h}} for h in (1, 2)]
    world = EVENTFUL.replace(response={"measures": [*twice, {"kind": "regulator", "trigger": {}}]})
    changed = world.replace({"response.measures[statement].answer": 0.2})
    assert [m.answer for m in changed.response.measures] == [0.2, 0.2, 0.4]
    assert changed.replace({"response.measures[throttle].strength": 0.5}) == changed
    later = world.replace({"response.measures[statement].trigger.hour": 7})
    assert [m.trigger.hour for m in later.response.measures] == [7, 7, None]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("response.measures[throtle].strength", 0.5, "did you mean response.measures[throttle].strength?"),
        ("response.measures[throttle].strenght", 0.5, "did you mean response.measures[throttle].strength?"),
        ("response.measures[throttle].strength", 1.5, "given 1.5, allowed a number from 0 to 1"),
        ("response.measures[throttle].strength", True, "given true, allowed a number"),
        ("response.measures[void-orders].delay", 1.5, "given 1.5, allowed a whole number"),
        ("response.measures[void-orders].delay", float("nan"), "given nan, allowed a whole number"),
        ("rivals[first].yearly_fee", 1, "allowed in rivals: the position of an entry"),
        ("response.measures[].strength", 1, "no such field"),
    ],
)  # fmt: skip
def test_a_path_by_kind_that_is_misspelt_or_wrong_is_refused_though_no_entry_is_of_it(path, value, said):  # fmt: skip
    with pytest.raises(BesiegeError, match=re.escape(said)):
        EVENTFUL.replace({path: value})


def test_a_whole_is_set_before_its_parts_whatever_the_order():
    changed = EVENTFUL.replace({"response.measures.1.strength": 0.5, "response": "protect"})
    assert changed.response.name == "protect"
    assert [m.strength for m in changed.response.measures] == [1.0, 0.5, 1.0]


def test_a_table_given_in_part_keeps_the_rest_of_what_was_there():
    read = Scenario.parse({"fees": {"new": {"standard": 15_000}}, "attention": {"memory": 10}})
    assert read.fees.new.deposits == Scenario().fees.new.deposits
    assert read.fees.new.standard == 15_000
    again = read.replace(fees={"new": {"premium": 20_000}}, attention={"police": 1})
    assert again.fees.new.standard == 15_000
    assert again.attention.memory == 10


def test_a_new_trigger_or_response_replaces_the_old_one_whole():
    changed = EVENTFUL.replace({"response.measures.0.trigger": {"hour": 5}})
    assert changed.response.measures[0].trigger.any == ()
    composed = EVENTFUL.replace(response={"measures": []})
    assert composed.response == Response(name="unnamed")


def test_parts_may_be_given_as_objects():
    fees = Scenario().fees.model_copy(update={"new": NewSchedule(standard=1)})
    scenario = Scenario().replace(fees=fees, response=load_response("deter"))
    assert scenario.fees.new.premium == 6000
    assert scenario.response.name == "deter"
    assert scenario.replace({"fees.new": NewSchedule()}).fees.new == NewSchedule()


def test_a_scenario_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Scenario().scale = 0.5


def test_a_date_stands_for_its_hour(tmp_path):
    file = tmp_path / "dated.toml"
    file.write_text(
        "announced = 2011-10-10T11:00:00\n"
        "[[response.measures]]\nkind = 'statement'\n"
        "trigger = { any = [{ hour = 2011-10-12 }, { hour = 2011-10-12T00:00:00Z }] }\n"
    )
    scenario = Scenario.load(file)
    assert scenario.announced == 11
    assert [t.hour for t in scenario.response.measures[0].trigger.any] == [48, 56]


def test_a_response_file_is_found_beside_the_scenario_that_names_it(tmp_path):
    (tmp_path / "mine.toml").write_text("description = 'mine'\nmeasures = []\n")
    (tmp_path / "world.toml").write_text("response = 'mine.toml'\n")
    scenario = Scenario.load(tmp_path / "world.toml")
    assert (scenario.name, scenario.response.name) == ("world", "mine")
    assert load_response(tmp_path / "mine.toml").name == "mine"


def test_an_empty_file_is_the_default_scenario_and_so_is_one_with_a_byte_order_mark(tmp_path):
    for i, data in enumerate([b"", b"# nothing\r\n", b"\xef\xbb\xbfscale = 0.1\r\n"]):
        file = tmp_path / f"file{i}.toml"
        file.write_bytes(data)
        assert Scenario.load(str(file)).fingerprint == Scenario().fingerprint


def test_settings_reach_the_scenario():
    settings = ["response=protect", "announced=2011-10-11", "rivals.0.promise_after=none"]
    scenario = EVENTFUL.replace(parse_settings(settings))
    assert scenario.response.name == "protect"
    assert scenario.announced == 24
    assert scenario.rivals[0].promise_after is None


def test_the_library_says_what_it_holds():
    for names, listed in (("scenarios", scenario_list()), ("responses", response_list())):
        assert [name for name, _ in listed] == library_names(names)
        assert all(len(text) > 10 for _, text in listed)
    for name, _ in response_list():
        assert load_response(name).name == name


def test_small_and_calm_are_taobao_2011_but_for_what_they_say():
    full = Scenario.load("taobao-2011")
    assert Scenario.load("small").fingerprint == full.replace(scale=0.01).fingerprint
    calm = full.replace(announced=None, response="silence")
    assert Scenario.load("calm").fingerprint == calm.fingerprint


def measure_of(scenario, kind):
    """Return the one measure of a kind that the scenario's response has."""
    (found,) = [m for m in scenario.response.measures if m.kind == kind]
    return found


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("F08", lambda s: s.channel.slot_seconds),
        ("F17", lambda s: s.channel.contact_rate),
        ("F20", lambda s: s.rivals[0].yearly_fee),
        ("F21", lambda s: s.population.n_sellers + s.population.n_stores),
        ("F22", lambda s: s.fees.old.standard),
        ("F23", lambda s: s.fees.new.standard),
        ("F23", lambda s: s.fees.new.premium),
        ("F24", lambda s: s.fees.old.deposits[0].amount),
        ("F25", lambda s: s.fees.new.deposits[0].amount),
        ("F25", lambda s: s.fees.new.deposits[-1].amount),
        ("F26", lambda s: s.announced),
        ("F28", lambda s: measure_of(s, "postpone").months),
        ("F29", lambda s: measure_of(s, "halve-deposit").share),
        ("F31", lambda s: measure_of(s, "regulator").trigger.hour),
        ("F32", lambda s: measure_of(s, "police-report").trigger.hour),
        ("F33", lambda s: measure_of(s, "restore-ratings").trigger.hour),
        ("F34", lambda s: measure_of(s, "refund-clicks").trigger.hour),
        ("F35", lambda s: 45 + s.rivals[0].promise_after),
        ("F36", lambda s: s.fees.new.refunds[-1].turnover_from / 365),
    ],
)
def test_what_a_fact_gives_is_what_the_scenario_of_2011_has(fact, value):
    text = (resources.files("sim") / "library" / "facts-2011.csv").read_text("utf-8")
    row = next(r for r in csv.DictReader(text.splitlines()) if r["id"] == fact)
    assert float(row["low"]) <= value(Scenario.load("taobao-2011")) <= float(row["high"])


def test_the_response_of_2011_has_what_was_reported_and_not_what_the_organisers_then_did():
    response = Scenario.load("taobao-2011").response
    assert [m.kind for m in response.measures] == [
        "restore-ratings", "void-orders", "police-report", "contact-merchants", "refund-clicks",
        "compensate-stores", "statement", "regulator", "postpone", "halve-deposit", "subsidise",
    ]  # fmt: skip
    assert 134 <= measure_of(Scenario.load("taobao-2011"), "statement").trigger.hour <= 142  # N36
    assert measure_of(Scenario.load("taobao-2011"), "postpone").left_out_share == 0.1  # N35
    text = (resources.files("sim") / "library" / "responses" / "as-happened.toml").read_text(
        "utf-8"
    )
    assert "F38" not in text
    assert "F39" not in text
