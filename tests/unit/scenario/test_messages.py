"""What messages are made of: values shortened, names guessed, numbers as they were meant."""

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from sim.responses import Response
from sim.scenario.messages import (  # fmt: skip
    allowed,
    did_you_mean_number,
    explain,
    meant_number,
    path_of,
    unknown_name,
    unknown_path,
    wrong_option,
    wrong_value,
)
from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of, follow

FIELDS = {field.path: field for field in fields_of(Scenario)}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10%", 0.1), ("2.5 %", 0.025), ("12,5%", 0.125), ("1,000,000", 1e6), ("1.000.000", 1e6),
        ("1 000", 1000), ("1\u202f000", 1000), ("1'000", 1000), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
        ("30,5", 30.5), ("-0,5", -0.5), ("1,000", 1000), ("10", None), ("1.5", None), ("ten", None),
        ("", None), ("%", None), ("1,2,3", None), ("1e3%", None), ("10%%", None), ("1,00,000", None),
    ],
)  # fmt: skip
def test_the_number_that_a_person_meant_is_recognised(text, meant):
    assert meant_number(text) == (None if meant is None else pytest.approx(meant))


@pytest.mark.parametrize(
    ("text", "whole", "said"),
    [("10%", False, "; did you mean 0.1?"), ("10%", True, ""), ("1,000", True, "; did you mean 1000?"),
     ("ten", False, ""), (10, False, ""), (None, False, "")],
)  # fmt: skip
def test_a_number_is_offered_where_it_may_stand(text, whole, said):
    assert did_you_mean_number(text, whole=whole) == said


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (["hours"], "hours"),
        (["response", "measures", 1, "strength"], "response.measures[1].strength"),
        (["a b"], '"a b"'),
        (["x", "with.dot", 0], 'x."with.dot"[0]'),
        ([0], "[0]"),
        ([], ""),
    ],
)
def test_a_path_is_written_as_in_toml_with_entries_in_brackets(steps, path):
    assert path_of(steps) == path


def test_a_path_stays_short_and_on_one_line_whatever_its_steps():
    path = path_of(["x" * 10_000, "a\nb", *["step"] * 1000])
    assert len(path) <= 300
    assert path.isprintable()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("scale", "a number from 0.001 to 1 (share)"),
        ("hours", "a whole number from 1 to 10_000 (h)"),
        ("announced", "a whole number from 0 to 10_000 (hour) or a full hour such as 2011-10-10T11:00:00 (UTC+8), or left out"),
        ("mobilisation.tie_joins", "true or false"),
        ("name", "text"),
        ("poaching.move_noise", "a number above 0 up to 1_000_000 (yuan)"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_said_by_type_range_and_unit(path, said):
    assert allowed(FIELDS[path]) == said


def test_every_field_says_what_it_allows_on_one_line():
    for path, field in FIELDS.items():
        said = allowed(field)
        assert said, path
        assert said.isprintable(), path
        assert "None" not in said, path


def test_an_unknown_name_is_told_with_all_there_are_and_the_nearest():
    said = unknown_name("--response", "protekt", ["protect", "silence"], " or a file")
    assert said == '--response: given "protekt", allowed protect, silence or a file; did you mean protect?'  # fmt: skip
    assert unknown_name("fee", "xyzzy", ["a", "b"]) == 'fee: given "xyzzy", allowed a, b'


@pytest.mark.parametrize(
    ("steps", "near"),
    [
        (("mobilisation", "noize"), "did you mean mobilisation.noise?"),
        (("mobilization", "noise"), "did you mean mobilisation.noise?"),
        (("noise",), "did you mean mobilisation.noise"),
        (("join_rate",), "did you mean mobilisation.join_rate?"),
        (("rivals", "first"), "allowed in rivals: the position of an entry, counted from 0"),
        (("hours", "x"), "allowed: hours itself, which is a whole number"),
    ],
)
def test_a_path_that_does_not_exist_is_told_with_the_nearest_that_does(steps, near):
    said = unknown_path(Scenario, follow(Scenario, steps), 5)
    assert said.startswith(f"{path_of(steps)}: no such field")
    assert near in said


def test_a_value_that_may_not_stand_where_it_does_is_told_with_what_may():
    said = wrong_value(Scenario, ("graph", "family"), "rang")
    assert said.startswith('graph.family: given "rang", allowed ')
    assert "small_world" in said
    assert wrong_value(Scenario, ("graph",), 5) == "graph: given 5, allowed a table"
    assert wrong_value(Scenario, ("rivals",), 5) == "rivals: given 5, allowed a list of tables"


def fault_of(kind, value):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return refused.value


class Numbers(BaseModel, extra="forbid"):
    """A table of its own, to be explained."""

    share: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)
    places: int = Field(5, ge=1)
    name: str


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"share": 2, "name": "x"}, "share: given 2, allowed a number from 0 to 1"),
        ({"share": "30%", "name": "x"}, 'share: given "30%", allowed a number from 0 to 1; did you mean 0.3?'),
        ({"places": "1,000", "name": "x"}, 'places: given "1,000", allowed a whole number of at least 1; did you mean 1000?'),
        ({}, "name: missing, required: text"),
        ({"nam": "x"}, 'nam: no such field, given "x", allowed: share, places, name; did you mean name?'),
        ({"name": 5}, "name: given 5, allowed text"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_is_explained_and_a_misspelt_key_before_a_missing_one(given, said):
    assert explain(fault_of(Numbers, given), Numbers) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"measures": [{"kind": "protekt"}]}, "measures[0].kind: given \"protekt\", allowed"),
        ({"measures": [{"kind": 5}]}, "measures[0].kind: given 5, allowed"),
        ({"measures": [{}]}, "measures[0].kind: missing, required: one of"),
    ],
)  # fmt: skip
def test_a_measure_of_no_kind_is_told_with_the_kinds_there_are(change, said):
    told = explain(fault_of(Response, change), Response)
    assert told.startswith(said)
    assert "statement" in told
    assert "pydantic" not in told


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (int, "x", '--runs: given "x", allowed a whole number'),
        (int, "1,000", '--runs: given "1,000", allowed a whole number; did you mean 1000?'),
        (float, "10%", '--runs: given "10%", allowed a number; did you mean 0.1?'),
    ],
)
def test_a_wrong_option_is_told_in_its_own_name(kind, given, said):
    assert wrong_option("--runs", fault_of(kind, given)) == said
