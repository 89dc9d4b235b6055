"""Input damaged at random: always what was asked for, or one line that names the field."""

import itertools
import re
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.units import BesiegeError
from sim.lab.design import spec
from sim.lab.design.draws import draws_of
from sim.lab.design.points import count_points, points_of
from sim.outcomes.facts import beside, load_facts
from sim.scenario.overrides import parse_settings
from sim.scenario.scenario import Scenario
from sim.scenario.toml import parse_toml
from sim.setup.graph import read_edge_list
from tests.damage import VALUES, damaged, no_longer_than
from tests.small_worlds import finished

SMALL = Scenario.load("small")
N_NODES = 40

SCENARIO = Scenario.load("taobao-2011").to_toml()
SWEEP = """
name = "everything"
question = "Who pays?"
scenario = "small"
runs = 3
seed = 7
outcomes = ["peak_online", "total_social_loss"]
[keep]
hours = ["online", "phase"]
[design]
kind = "grid"
[constants]
hours = 48
scale = 0.02
[levers]
response = ["silence", "protect@60", {label = "soon", value = "talk"}]
"fees.new.standard" = {low = 6000, high = 60000, steps = 4}
[uncertainties]
"attention.memory" = {around = 0.2}
"channel.queue_places" = {low = 10, high = 500, log = true}
"graph.family" = ["none", "random"]
[factors]
rivals = [[], [{name = "x", yearly_fee = 100}]]
"""
SAMPLED = SWEEP.replace('"grid"', '"saltelli"\nsamples = 4\nsecond_order = true').replace(
    'rivals = [[], [{name = "x", yearly_fee = 100}]]', '"mobilisation.noise" = [0.1, 0.3]'
)
POINTS = """
scenario = "small"
[design]
kind = "list"
points = [{scale = 0.01, "shopping.nest" = 0.5}, {response = "protect"}]
"""
FACTS = (Path(spec.__file__).parents[2] / "library" / "facts-2011.csv").read_text("utf-8")
EDGES = (
    "# who knows whom\nfrom,to\n"
    + "\n".join(f"{i},{(7 * i + 1) % N_NODES}" for i in range(38))
    + "\n39"
)
TABBED = "0\t1\n5 6\n\n  7   8  # friends\n39\t0\n"


DRAWS = """attention.memory,hours,graph.family,mobilisation.tie_joins,announced,fees.new.standard
43.5,48,ring,true,none,15000
30,60,small_world,FALSE,35,6e3
"61.25",72,none,true,2011-10-12T21:00:00,30000
12,48.0,random,false,0,0
"""
MEMBERS = """
scenario = "small"
parameters = ["attention.memory", "hours", "mobilisation.noise"]
members = [
    [43.0, 336, 0.2],
    [30.5, 48, 0.1],
    [61.25, 72, 0.3],
]
best = 0
[made]
by = "hand"
seed = 7
"""
RANGES = """
[ranges]
"attention.memory" = [30, 60]
hours = [24, 72]
"mobilisation.noise" = [0.1, 0.3]
"""


def read_draws(path):
    for draw in draws_of(path, SMALL, 4, 1):
        changed = SMALL.replace(draw)
        assert Scenario.parse(parse_toml(changed.to_toml().encode(), "again")) == changed
        assert len(draw) <= 6


def read_scenario(path):
    scenario = Scenario.parse(parse_toml(path.read_bytes(), path.name), path.name)
    assert Scenario.parse(parse_toml(scenario.to_toml().encode(), "again")) == scenario


def read_sweep(path):
    plan = spec.load(path)
    n = count_points(plan)
    assert n >= 1
    if n <= 10_000:
        assert len(list(itertools.islice(points_of(plan), 3))) == min(n, 3)


def read_facts(path):
    beside(finished(hours=60).record, load_facts(path))


def read_edges(path):
    graph = read_edge_list(path, N_NODES)
    assert graph.n == N_NODES
    assert graph.neighbours.size > 0


TOML = r"(not TOML: .*\(at line \d+|not TOML: an integer|not a TOML file \(line \d+|nested|\S+: ).+"
KINDS = {
    "scenario.toml": (read_scenario, st.just(SCENARIO), TOML),
    "sweep.toml": (read_sweep, st.sampled_from([SWEEP, SAMPLED, POINTS]), TOML),
    "facts.csv": (read_facts, st.just(FACTS),
                  r"(line \d+: (columns? \S|given|not CSV).+|column id: .+|cannot be read .+|given .+)"),
    "edges.csv": (read_edges, st.sampled_from([EDGES, TABBED]), r"(line \d+: .+|cannot be read .+|given (no edge|rows) .+)"),
    "draws.csv": (read_draws, st.just(DRAWS),
                  r"(line \d+: (\S.*: )?(given|column|not CSV|is a|no such|missing).+|cannot be read .+|given .+)"),
    "draws.toml": (read_draws, st.sampled_from([MEMBERS, RANGES]),
                   r"(" + TOML[1:].replace(r"|\S+: )", r"|\S+: |member \d+|has no|given members)")),
}  # fmt: skip
"""A reader, what is damaged, and what the line says after the file's name: where it is wrong."""

kinds = pytest.mark.parametrize("kind", KINDS)
anything = settings(deadline=None, suppress_health_check=list(HealthCheck))


def line_of(kind, path, data):
    """Read damaged data as a kind of file; give the line that refuses it, empty if it is good."""
    path.write_bytes(data)
    reader, _texts, names_the_field = KINDS[kind]
    try:
        with no_longer_than(20), warnings.catch_warnings():
            warnings.simplefilter("error")
            reader(path)
    except BesiegeError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
        if line.startswith("SALib: missing"):  # a good design, for an extra that is not here
            return ""
        assert "Input should" not in line
        where = re.escape(str(path)) + "|" + re.escape(path.name)
        assert len(line) < 800
        assert re.match(rf"(ensemble )?\"?({where})\"?[:,]? {names_the_field}", line), line
        return line
    return ""


def damage(kind, path, examples):
    """Damage a kind of file so many times; say how many were refused."""
    finished(
        hours=60
    )  # facts are laid beside it; where kernels are compiled first, that takes long
    refused = []

    @settings(anything, max_examples=examples)
    @given(KINDS[kind][1].flatmap(damaged))
    def once(data):
        refused.append(line_of(kind, path, data) != "")

    once()
    return sum(refused), len(refused)


@kinds
def test_a_damaged_file_is_read_or_refused_in_one_line_that_names_the_field(kind, tmp_path):
    refused, n = damage(kind, tmp_path / kind, 100)
    assert 0.2 * n < refused < n  # some damage does no harm


@pytest.mark.slow
@kinds
def test_five_hundred_damaged_files_of_a_kind_are_read_or_refused(kind, tmp_path):
    damage(kind, tmp_path / kind, 500)


COMPARE = [
    "compare",
    "silence",
    "protect",
    "--scenario",
    "small",
    "--scale",
    "0.001",
    "--runs",
    "4",
]
COMMANDS = {
    "scenario.toml": ["run", "{}", "--quiet"],
    "sweep.toml": ["sweep", "{}"],
    "facts.csv": ["hindcast", "small", "--runs", "1", "--facts", "{}"],
    "edges.csv": ["run", "small", "--set", "graph.family=file", "--set", "graph.path={}", "--quiet",
                  "--set", "population.n_sellers=100", "--set", "population.n_onlookers=100",
                  "--scale", "0.2"],
    "draws.csv": [*COMPARE, "--ensemble", "{}"],
    "draws.toml": [*COMPARE, "--ensemble", "{}"],
}  # fmt: skip


@pytest.mark.slow
@kinds
def test_a_command_refuses_damaged_files_with_exit_code_two_and_no_traceback(kind, tmp_path):
    chosen = {}

    @settings(anything, max_examples=200)
    @given(KINDS[kind][1].flatmap(damaged))
    def choose(data):
        if len(chosen) < 8 and (line := line_of(kind, tmp_path / kind, data)):
            chosen.setdefault(re.sub(r"\d+", "0", line)[-60:], data)  # no two of the same words

    choose()
    assert len(chosen) == 8

    def told(job):
        number, data = job
        path = tmp_path / f"{number}-{kind}"
        path.write_bytes(data)
        words = [word.format(path) for word in COMMANDS[kind]]
        return subprocess.run(
            [sys.executable, "-c", "from sim.cli import main; main()", *words, "--out", str(tmp_path / str(number))],
            capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(told, enumerate(chosen.values())):
            assert done.returncode == 2, done.stderr
            said = done.stderr.strip().splitlines()
            assert "Traceback" not in done.stderr
            assert len([line for line in said if kind in line]) == 1
            assert kind in said[-1]


def scenario_or_line(make):
    """Hold an input to its promise: a scenario that survives TOML, or one line."""
    said = ""
    try:
        scenario = make()
    except BesiegeError as error:
        said = str(error)
    if said:
        assert len(said.splitlines()) == 1
        assert "Input should" not in said
    else:
        assert Scenario.parse(parse_toml(scenario.to_toml().encode(), "again")) == scenario


JSONISH = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.datetimes()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PATHS = [
    "scale", "hours", "announced", "name", "fees", "fees.new", "fees.new.deposits", "rivals", "rivals.0",
    "rivals.0.promise_after", "response", "response.measures", "response.measures.0", "graph.family",
    "response.measures.0.trigger", "response.measures.0.trigger.any", "response.measures.0.trigger.hour",
    "response.measures.0.kind", "attention", "attention.memory", "mobilisation.tie_joins",
]  # fmt: skip


@settings(anything, max_examples=200)
@given(st.dictionaries(st.sampled_from(PATHS) | st.text(max_size=10), JSONISH, max_size=3))
def test_any_change_gives_a_scenario_or_one_line(changes):
    scenario_or_line(lambda: SMALL.replace(changes))


@settings(anything, max_examples=100)
@given(st.lists(st.builds("{}={}".format, st.sampled_from(PATHS), VALUES) | st.text(), max_size=2))
def test_any_settings_give_a_scenario_or_one_line(asked):
    scenario_or_line(lambda: SMALL.replace(parse_settings(asked)))


@settings(anything, max_examples=100)
@given(st.text(), st.text())
def test_any_text_for_a_name_survives_toml_or_is_one_line(name, description):
    scenario_or_line(lambda: Scenario(name=name, description=description))
