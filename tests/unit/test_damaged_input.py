"""Input damaged at random: always a scenario that survives TOML, or one line."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.reading import parse_toml
from sim.scenario import Scenario
from sim.settings import parse_settings
from sim.units import BesiegeError

SMALL = Scenario.load("small")
LINES = Scenario.load("taobao-2011").to_toml().splitlines()
VALUES = st.one_of(
    st.sampled_from(
        ["", "nan", "-inf", "true", "''", "'x'", "[]", "[[]]", "{}", "{a=1}", "[{}]", "-1", "0", "1e400",
         "2011-02-31", "2011-10-09", "1979-05-27T07:32:00Z", "07:32:00", "0x10", "9" * 5000, "'none'", '"\\u0000"']
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
)  # fmt: skip


@st.composite
def documents(draw):
    """Draw a scenario's TOML with a few lines changed, doubled, moved or broken."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        key, sign, _ = line.partition(" = ")
        how = draw(
            st.sampled_from(["value", "value", "value", "key", "drop", "double", "move", "cut"])
        )
        if how == "value":
            lines[at] = f"{key}{sign or ' = '}{draw(VALUES)}"
        elif how == "key":
            cut = draw(st.integers(0, len(key)))
            lines[at] = key[:cut] + draw(st.text(max_size=2)) + line[cut + 1 :]
        elif how == "cut":
            lines[at] = line[: draw(st.integers(0, len(line)))]
        elif how == "double":
            lines.insert(at, line)
        else:
            del lines[at]
            if how == "move":
                lines.insert(draw(st.integers(0, len(lines))), line)
        lines = lines or [""]
    return "\n".join(lines)


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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_a_damaged_file_is_a_scenario_or_one_line(text):
    data = text.encode("utf-8", "surrogatepass")
    scenario_or_line(lambda: Scenario.parse(parse_toml(data, "file.toml"), "file.toml"))


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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(PATHS) | st.text(max_size=10), JSONISH, max_size=3))
def test_any_change_gives_a_scenario_or_one_line(changes):
    scenario_or_line(lambda: SMALL.but(changes))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds("{}={}".format, st.sampled_from(PATHS), VALUES) | st.text(), max_size=2))
def test_any_settings_give_a_scenario_or_one_line(asked):
    scenario_or_line(lambda: SMALL.but(parse_settings(asked)))


@settings(max_examples=150, deadline=None)
@given(st.text(), st.text())
def test_any_text_for_a_name_survives_toml_or_is_one_line(name, description):
    scenario_or_line(lambda: Scenario(name=name, description=description))
