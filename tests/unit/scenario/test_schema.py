"""Every parameter says what it is: meaning, unit, range and source."""

import json

import pytest

from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of

DECLARED = fields_of(Scenario)

# Owed by responses.py: triggers say no unit and no source yet. Remove this line when they do.
OWED: list = []


@pytest.mark.parametrize("field", [f for f in DECLARED if f not in OWED], ids=lambda f: f.path)
def test_every_number_has_unit_range_source_and_meaning(field):
    assert field.description or field.type == "text" or field.path.endswith(".kind")
    if field.is_numeric:
        assert field.unit
        assert field.source
        assert field.low is not None
        assert field.high is not None
        if field.default is not None:
            assert field.low <= field.default <= field.high
            assert field.default > field.low or not field.low_excluded
    if field.type == "switch":
        assert field.unit == "switch"
        assert field.source


def find(schema, path):
    """Find a field in a JSON Schema by its declared path."""
    at = schema
    for part in path.replace("[", ".[").split("."):
        while "$ref" in at or "anyOf" in at:
            at = schema["$defs"][at["$ref"].rpartition("/")[2]] if "$ref" in at else at["anyOf"][0]
        if part == "[]":
            at = at["items"]
        elif part.startswith("["):
            at = {"$ref": at["items"]["discriminator"]["mapping"][part[1:-1]]}
        else:
            assert at.get("additionalProperties") is False
            at = at["properties"][part]
    return at


def test_the_json_schema_says_of_every_field_what_the_declaration_says():
    schema = Scenario.model_json_schema()
    json.dumps(schema)
    for field in DECLARED:
        found = find(schema, field.path)
        assert found.get("unit") == field.unit, field.path
        assert found.get("source") == field.source, field.path
        assert found.get("description", "") == field.description, field.path
        plain = found["anyOf"][0] if "anyOf" in found else found
        if field.is_numeric:
            low = plain["exclusiveMinimum" if field.low_excluded else "minimum"]
            assert (low, plain.get("maximum")) == (field.low, field.high), field.path
            assert plain["type"] == ("number" if field.type == "number" else "integer")


def test_fields_are_of_known_types_and_no_path_comes_twice():
    paths = [f.path for f in DECLARED]
    assert len(set(paths)) == len(paths) > 150
    kinds = {f.type for f in DECLARED}
    assert kinds == {"number", "whole number", "switch", "choice", "text"}


def test_what_is_absent_is_absent_by_default_so_that_toml_loses_nothing():
    wrong = [f.path for f in DECLARED if f.optional and f.default is not None]
    assert not wrong
