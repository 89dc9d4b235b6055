"""Whatever is wrong with an input, one line says where, what was given and what is allowed."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from sim import Siege, compare
from sim.core.chance import check_seed
from sim.core.units import BesiegeError
from sim.io.csv_tables import parse_csv
from sim.io.folders import check_file, check_folder, kind_of
from sim.lab.design.draws import draws_of
from sim.lab.design.listing import find_run
from sim.lab.design.spec import load as load_spec
from sim.lab.storage.store import SweepFolder
from sim.outcomes.expressions import check
from sim.outcomes.facts import load_facts
from sim.scenario.library import load_response
from sim.scenario.overrides import parse_settings, read_hour
from sim.scenario.scenario import Scenario
from sim.scenario.toml import parse_toml
from sim.setup.graph import Graph, GraphParameters, build, read_edge_list

PYDANTIC = re.compile(
    r"pydantic|validation error|input should|input_|value error|extra inputs|field required"
    r"|valid (string|number|integer|tuple|dictionary)|tag|traceback|errno|<class",
    re.IGNORECASE,
)
MEASURE = "[[response.measures]]\nkind = 'statement'\n"


def refused(make):
    """Return the line with which an input is refused."""
    with pytest.raises(BesiegeError) as caught:
        make()
    line = str(caught.value)
    assert line == line.strip() != ""
    assert len(line.splitlines()) == 1
    assert not PYDANTIC.search(line), line
    assert caught.value.__cause__ is None
    return line


def reading(text):
    """Read a scenario from TOML text as `Scenario.load` does."""
    data = text if isinstance(text, bytes) else text.encode()
    return Scenario.parse(parse_toml(data, "file.toml"), "file.toml")


CASES = [
    # unknown keys, at any depth
    ("sclae = 0.1", "sclae: no such field, given 0.1, allowed: name, description, scale,", "did you mean scale?"),
    ("Scale = 0.1", "Scale: no such field", "did you mean scale?"),
    ("[fee.new]\nstandard = 1", "fee: no such field, given a table", "did you mean fees?"),
    ("[fees.nwe]\nstandard = 1", "fees.nwe: no such field", "did you mean fees.new?"),
    ("[fees.new]\nstandrd = 15000", "fees.new.standrd: no such field, given 15000", "did you mean fees.new.standard?"),
    ("[fees.terms]\ncapital_rate = 0.1", "fees.terms.capital_rate: no such field", "did you mean fees.terms.capital_rate_per_year?"),
    ("[attention]\nmemry = 3", "attention.memry: no such field, given 3, allowed in attention: memory,", "did you mean attention.memory?"),
    ("[attention]\nmemory = 3\nscale = 0.1", "attention.scale: no such field", "did you mean scale?"),
    ("[mobilisation]\nmemory = 3", "mobilisation.memory: no such field", "did you mean attention.memory?"),
    ("[[rivals]]\nname = 'x'\nyearly-fee = 1", "rivals[0].yearly-fee: no such field", "did you mean rivals[0].yearly_fee?"),
    ("[[fees.new.deposits]]\nturnover_from = 0\namunt = 1", "fees.new.deposits[0].amunt: no such field", "did you mean fees.new.deposits[0].amount?"),
    ("[[fees.new.refunds]]\nturnover_from = 0\nrating = 4\nshare = 1", "fees.new.refunds[0].rating: no such field", "did you mean fees.new.refunds[0].rating_from?"),
    (MEASURE + "trigger = {hour = 1}\nstrenght = 1", "response.measures[0].strenght: no such field", "did you mean response.measures[0].strength?"),
    (MEASURE + "trigger = {hor = 1}", "response.measures[0].trigger.hor: no such field", "did you mean response.measures[0].trigger.hour?"),
    (MEASURE + "trigger = {any = [{online = 1}]}", "response.measures[0].trigger.any[0].online: no such field", "online_above?"),
    ('"a key\\nwith a line" = 1', '"a key\\nwith a line": no such field', "allowed: name"),
    ('"" = 1', '"": no such field', "allowed: name"),
    ("xyzzy = 1", "xyzzy: no such field, given 1, allowed: name, description", ""),
    # wrong types
    ('scale = "0.1"', 'scale: given "0.1", allowed a number from 0.001 to 1 (share)', ""),
    ("scale = true", "scale: given true, allowed a number from 0.001 to 1 (share)", ""),
    ("hours = true", "hours: given true, allowed a whole number from 1 to 10_000 (h)", ""),
    ("hours = 24.0", "hours: given 24.0, allowed a whole number", ""),
    ("hours = [24]", "hours: given a list of 1, allowed a whole number", ""),
    ("hours = {}", "hours: given a table, allowed a whole number", ""),
    ("name = 3", "name: given 3, allowed text", ""),
    ("fees = 3", "fees: given 3, allowed a table", ""),
    ("fees = []", "fees: given an empty list, allowed a table", ""),
    ("[[fees]]\n[fees.new]", "fees: given a list of 1, allowed a table", ""),
    ("attention = 3", "attention: given 3, allowed a table", ""),
    ("attention = [43.0, 1.0]", "attention: given a list of 2, allowed a table", ""),
    ("attention.memory = '43'", 'attention.memory: given "43", allowed a number above 0 up to 1000 (h)', ""),
    ("attention.memory = true", "attention.memory: given true, allowed a number", ""),
    ("mobilisation.tie_joins = 1", "mobilisation.tie_joins: given 1, allowed true or false", ""),
    ("mobilisation.tie_joins = 'yes'", 'mobilisation.tie_joins: given "yes", allowed true or false', ""),
    ("rivals = 'Dangdang'", 'rivals: given "Dangdang", allowed a list of tables', ""),
    ("[rivals]\nname = 'x'", "rivals: given a table, allowed a list of tables", ""),
    ("rivals = [3]", "rivals[0]: given 3, allowed a table", ""),
    ("rivals = [[]]", "rivals[0]: given an empty list, allowed a table", ""),
    ("response = 3", "response: given 3, allowed a table, a name from the library or a TOML file", ""),
    ("[[response]]", "response: given a list of 1, allowed a table", ""),
    ("response.measures = 'statement'", 'response.measures: given "statement", allowed a list of tables', ""),
    (MEASURE + "trigger = 46", "response.measures[0].trigger: given 46, allowed a table", ""),
    (MEASURE + "trigger = [{hour = 1}]", "response.measures[0].trigger: given a list of 1, allowed a table", ""),
    ("graph.family = 3", "graph.family: given 3, allowed small_world, scale_free", ""),
    ("graph.family = 'smallworld'", 'graph.family: given "smallworld", allowed', "did you mean small_world?"),
    ("scale = 2011-10-10", "scale: given 2011-10-10, allowed a number", ""),
    ("announced = 11:00:00", "announced: given 11:00:00, allowed a whole number", "2011-10-10T11:00:00"),
    # out of range; nothing is zero by accident
    ("scale = 0", "scale: given 0, allowed a number from 0.001 to 1 (share)", ""),
    ("scale = 1.5", "scale: given 1.5, allowed a number from 0.001 to 1 (share)", ""),
    ("hours = 0", "hours: given 0, allowed a whole number from 1 to 10_000 (h)", ""),
    ("hours = -1", "hours: given -1, allowed", ""),
    ("announced = -1", "announced: given -1, allowed a whole number from 0 to 10_000 (hour)", "or left out"),
    ("attention.memory = 0", "attention.memory: given 0, allowed a number above 0", ""),
    ("attention.memory = nan", "attention.memory: given nan, allowed", ""),
    ("attention.memory = -inf", "attention.memory: given -inf, allowed", ""),
    ("scale = 1e999", "scale: given inf, allowed", ""),
    ("fees.new.standard = nan", "fees.new.standard: given nan, allowed a number from 0 to 10_000_000 (yuan/yr)", ""),
    ("fees.new.n_premium = 21", "fees.new.n_premium: given 21, allowed a whole number from 0 to 20", ""),
    ("rivals = [{name = 'x', yearly_fee = -1}]", "rivals[0].yearly_fee: given -1, allowed", "(yuan/yr)"),
    (MEASURE + "trigger = {hour = -1}", "response.measures[0].trigger.hour: given -1, allowed", ""),
    (MEASURE + "trigger = {all = [{hour = 1}, {hour = 1.5}]}", "response.measures[0].trigger.all[1].hour: given 1.5", ""),
    (MEASURE + "trigger = {hour = 1}\nstrength = 2", "response.measures[0].strength: given 2, allowed a number from 0 to 1", ""),
    (f"hours = 1{'0' * 400}", "hours: given a number of more than 60 digits, allowed", ""),
    (f"scale = 1{'0' * 400}", "scale: given a number of more than 60 digits, allowed", ""),
    ("fees.new.deposits = [{turnover_from=5,amount=1},{turnover_from=5,amount=2}]", "fees.new.deposits: given two deposits from 5 yuan/yr", ""),
    # missing, and kinds of measures
    ("rivals = [{name = 'x'}]", "rivals[0].yearly_fee: missing, required: a number from 0 to 1_000_000", ""),
    ("rivals = [{}]", "rivals[0].name: missing, required: text", ""),
    (MEASURE, "response.measures[0].trigger: missing, required: a table", ""),
    ("response.measures = [{}]", "response.measures[0].kind: missing, required: one of restore-ratings,", ""),
    ("response.measures = [{kind = 'statment'}]", 'response.measures[0].kind: given "statment", allowed', "did you mean statement?"),
    ("response.measures = [{kind = 'restore_ratings'}]", "response.measures[0].kind:", "did you mean restore-ratings?"),
    ("response.measures = [{kind = 3}]", "response.measures[0].kind: given 3, allowed", ""),
    ("response.measures = [{kind = []}]", "response.measures[0].kind: given an empty list, allowed", ""),
    ("response = 'protct'", 'response: given "protct", allowed', "did you mean protect?"),
    ("response = ''", 'response: given "", allowed', ""),
    ("response = 'gone.toml'", "gone.toml: no such file", ""),
    ("response = 'x/protect.toml'", "x/protect.toml: no such file", "did you mean protect from the library?"),
    # dates
    ("announced = 2011-02-31", "not TOML: Invalid date or datetime (at line 1", ""),
    ("announced = 2011-10-09", "announced: given 2011-10-09, allowed a full hour, 2011-10-10T00:00:00 or later (UTC+8)", ""),
    ("announced = 2011-10-10T11:30:00", "announced: given 2011-10-10T11:30:00, allowed a full hour", ""),
    ("announced = 9999-12-31", "announced: given ", "allowed a whole number"),
    ("announced = 0001-01-01T00:00:00+23:59", "announced: given 0001-01-01T00:00:00+23:59, allowed a full hour", ""),
    (MEASURE + "trigger = {hour = 2011-10-09}", "response.measures[0].trigger.hour: given 2011-10-09, allowed", ""),
    # not TOML
    ("scale = ", "not TOML: Invalid value (at line 1", ""),
    ("\n\nscale 0.1", "not TOML: Expected '=' after a key in a key/value pair (at line 3", ""),
    ("scale = 0.1\nscale = 0.2\n", "not TOML: a key is given twice (at line 2", '"scale = 0.2"'),
    ("[fees]\n[fees]\n", "not TOML: ", "(at line 2"),
    ("\x00\x01\x02", "not TOML: ", "(at line 1"),
    (b"\x89PNG\r\n\x1a\n\x00", "not a TOML file (line 1 has a byte 0x89 that is not UTF-8)", ""),
    ("name = 'é'\nname2 = 'ü'".encode("latin-1"), "not a TOML file (line 1 has a byte 0xe9", ""),
    ("scale = 0.1".encode("utf-16"), "not a TOML file (line 1 has a byte 0xff", ""),
    (f"hours = {'9' * 5000}", "not TOML: an integer has too many digits", ""),
    ("hours = " + "[" * 50_000, "nested too deeply", ""),
    ("hours = " + "[" * 90 + "]" * 90, "hours[0][0][0]…: nested too deeply, allowed 40 levels", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says", "also"), CASES, ids=[f"{i}: {c[1][:40]}" for i, c in enumerate(CASES)]
)
def test_a_wrong_scenario_is_refused_with_a_word_for_people(text, says, also):
    line = refused(lambda: reading(text))
    assert f"file.toml: {says}" in line
    assert also in line
    assert len(line) < 600


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fees.new.standrd": 5}, "did you mean fees.new.standard?"),
        ({"fee.new.standard": 5}, "fee.new.standard: no such field", ),
        ({"fee.new.standard": 5}, "did you mean fees.new.standard?"),
        ({"memory": 5}, "did you mean attention.memory?"),
        ({"standard": 5}, "did you mean fees.old.standard or fees.new.standard?"),
        ({"attention.memory.x": 5}, "allowed: attention.memory itself, which is a number above 0"),
        ({"response.measures.11.strength": 1}, "response.measures[11]: no such entry, allowed 0 to 10"),
        ({"response.measures.-1.strength": 1}, "response.measures.-1.strength: no such field"),
        ({"response.measures.first.strength": 1}, "the position of an entry, counted from 0"),
        ({"response.measures.2.delay": 1}, "response.measures[2].delay: no such field"),
        ({"response": "silence", "response.measures.0.strength": 1}, "allowed none, the list is empty"),
        ({"fees": 3, "fees.new.standard": 5}, "fees: given 3, allowed a table"),
        ({"rivals.0": {"name": "x"}}, "rivals[0].yearly_fee: missing"),
        ({"scale": None}, "scale: given none, allowed a number"),
        ({"rivals": None}, "rivals: given none, allowed a list of tables"),
        ({"response": None}, "response: given none, allowed a table"),
        ({"": 1}, '"": no such field'),
        ({"..": 1}, "no such field"),
        ({"scale\n": 1}, "no such field"),
        ({"name": "\ud800"}, 'name: given "\\ud800", allowed whole characters'),
        ({"scale": object()}, "scale: given "),
        ({"hours": 10**5000}, "hours: given a number of more than 60 digits"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_refused_with_a_word_for_people(change, says):
    assert says in refused(lambda: Scenario.load("taobao-2011").replace(change))


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("scale", '--set: given "scale", allowed path=value'),
        ("=3", '--set: given "=3", allowed path=value'),
        ("sclae=3", "did you mean scale?"),
        ("fees.new.standrd=3", "did you mean fees.new.standard?"),
        ("scale=", 'scale: given "", allowed a number'),
        ("scale=none", 'scale: given "none", allowed a number'),
        ("scale=0.1\nhours=3", 'scale: given "0.1\\nhours=3", allowed a number'),
        ("announced=2011-02-31", 'announced: given "2011-02-31", allowed a whole number'),
        ("rivals=[1, 2", 'rivals: given "[1, 2", allowed a list of tables'),
        ("response=protct", "did you mean protect?"),
        ("hours=" + "[" * 50_000, "hours: given "),
    ],
)
def test_a_wrong_setting_is_refused_with_a_word_for_people(setting, says):
    assert says in refused(lambda: Scenario().replace(parse_settings([setting])))


@pytest.mark.parametrize(
    ("load", "folder"), [(Scenario.load, "scenario"), (load_response, "response")]
)
def test_what_cannot_be_read_is_said(load, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "wrong.toml").write_text("nonsense = 1")
    assert f"{folder}: given " in refused(lambda: load("nonesuch"))
    assert "allowed " in refused(lambda: load(""))
    assert "folder.toml: is a directory" in refused(lambda: load("folder.toml"))
    assert "gone.toml: no such file" in refused(lambda: load("gone.toml"))
    assert "bad.toml: not a TOML file" in refused(lambda: load("bad.toml"))
    assert "wrong.toml: nonsense: no such field" in refused(lambda: load("wrong.toml"))
    assert f"{folder}: given 3, allowed a name" in refused(lambda: load(3))
    assert "cannot be read" in refused(lambda: load("a\x00b.toml"))
    assert "cannot be read" in refused(lambda: load("x" * 5000 + ".toml"))[-80:]
    assert "no such file" in refused(lambda: load("two\nlines.toml"))


@pytest.mark.parametrize(
    ("source", "near"), [("taobao2011", "taobao-2011"), ("Calm", "calm"), ("taobao-2011.toml", "taobao-2011")]
)  # fmt: skip
def test_the_nearest_name_of_the_library_is_offered(source, near):
    assert f"did you mean {near}" in refused(lambda: Scenario.load(source))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Scenario(scale=2),
        lambda: Scenario(nonsense=1),
        lambda: Scenario(attention=Scenario().stores),
        lambda: Scenario(attention=Scenario().attention._replace(memory=-1)),
        lambda: Scenario(rivals=Scenario().attention),
        lambda: Scenario.parse({3: 4}),
        lambda: Scenario().replace({3: 4}),
        lambda: Scenario.parse({"attention": {3: 4}}),
        lambda: Scenario.parse({"attention": {"memory": float("nan")}}),
    ],
)
def test_a_scenario_made_in_python_is_held_to_the_same(make):
    refused(make)


LONG = "x" * 200_000


def mixed(name):
    """Return a response that begins with the crowd, so that no hour can be named for it."""
    trigger = {"online_above": 5}
    table = {"name": name, "measures": [{"kind": "statement", "trigger": trigger}]}
    return Scenario(response=table).response


@pytest.mark.parametrize(
    "make",
    [
        lambda: check(LONG),
        lambda: check(f"at({LONG}, 3)"),
        lambda: check(f"at(online, {LONG})"),
        lambda: check(f"{LONG}(online, 3)"),
        lambda: check(f"at(online, {'9' * 200_000})"),
        lambda: parse_settings([LONG]),
        lambda: parse_settings([f"{LONG}=3"]),
        lambda: parse_settings(["a." * 100_000 + "b=3"]),
        lambda: Scenario().replace(parse_settings([f"scale={LONG}"])),
        lambda: Scenario().replace({LONG: 3}),
        lambda: Scenario().replace({"a." * 100_000: 3}),
        lambda: Scenario().replace({"graph.family": LONG}),
        lambda: Scenario().replace({"response": LONG}),
        lambda: Scenario.load(LONG),
        lambda: Scenario.load(f"{LONG}.toml"),
        lambda: Scenario.load(f"./{LONG}.tml"),
        lambda: reading(f"{LONG} = 3"),
        lambda: reading(f"scale = '{LONG}"),
        lambda: read_hour(LONG, "--hour"),
        lambda: draws_of(LONG, Scenario(), 1, 1),
        lambda: draws_of(f"{LONG}.csv", Scenario(), 1, 1),
        lambda: draws_of({LONG: [0, 1]}, Scenario(), 1, 1),
        lambda: draws_of({"attention.memory": LONG}, Scenario(), 1, 1),
        lambda: load_facts(f"{LONG}.csv"),
        lambda: parse_csv(f"a,a{LONG},a{LONG}\n".encode(), "mine.csv"),
        lambda: parse_csv(f"a\n{LONG[:9000]},1\n".encode(), "mine.csv"),
        lambda: check_seed(LONG),
        lambda: check_seed(10**5000),
        lambda: load_spec({"scenario": LONG}),
        lambda: load_spec({"factors": {"attention.memory": LONG}}),
        lambda: load_spec({"factors": {"attention.memory": {LONG: 3}}}),
        lambda: load_spec({"name": f"{LONG}\n"}),
        lambda: load_spec({"constants": {LONG: 3}}),
        lambda: load_spec({"modules": (LONG,)}),
        lambda: load_spec({"factors": {"response": [f"{LONG}.py:mine"]}}),
        lambda: load_spec({"factors": {"response": [f"./{LONG}.toml"]}}),
        lambda: load_spec({"scenario": f"./{LONG}.toml"}),
        lambda: find_run(load_spec({"scenario": "small"}), LONG),
        lambda: build(GraphParameters("file", path=LONG), 10, np.zeros(0, np.int32), 1),
        lambda: build(GraphParameters("file", path="a\0b"), 10, np.zeros(0, np.int32), 1),
        lambda: read_edge_list(LONG, 10),
        lambda: Graph(np.zeros(4, np.int64), np.zeros(0, np.int32)).to_networkx({LONG: [1]}),
        lambda: check_folder(LONG),
        lambda: check_folder("a/" * 100_000),
        lambda: check_folder("a\0b"),
        lambda: check_file(LONG),
        lambda: kind_of(Path(LONG)),
        lambda: kind_of(Path("a\0b")),
        lambda: SweepFolder(LONG),
        lambda: Siege("small", seed=1, rng=10**3000),
        lambda: compare(["silence"], scenario="small", runs=1, workers=10**4000),
        lambda: mixed(LONG).at(3),
    ],
)
def test_a_refusal_stays_short_whatever_the_length_of_what_was_given(make):
    assert len(refused(make)) < 800


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("scale=10%", "did you mean 0.1?"),
        ("fees.new.standard=1,000,000", "did you mean 1000000?"),
        ("hours=1.000", "given 1.0, allowed a whole number"),
        ("hours=48,5", 'given "48,5", allowed a whole number from 1 to 10_000 (h)'),
    ],
)
def test_a_setting_offers_the_number_that_was_meant(setting, says):
    line = refused(lambda: Scenario().replace(parse_settings([setting])))
    assert says in line
    assert ("did you mean" in line) == ("did you mean" in says)
