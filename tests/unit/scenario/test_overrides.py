"""Settings of the command line, read as TOML."""

import pytest

from sim.scenario.overrides import parse_settings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["scale=0.5", "hours = 24"], {"scale": 0.5, "hours": 24}),
        (["announced=none"], {"announced": None}),
        (["graph.family=none"], {"graph.family": "none"}),
        (["response=protect"], {"response": "protect"}),
        (['response="protect"'], {"response": "protect"}),
        (["response=a=b.toml"], {"response": "a=b.toml"}),
        (["name=2011"], {"name": "2011"}),
        (["scale=1", "scale=0.5"], {"scale": 0.5}),
        (["fees.new.refunds=[]"], {"fees.new.refunds": []}),
        (["mobilisation.tie_joins=false"], {"mobilisation.tie_joins": False}),
        (["response.measures.0.strength=0"], {"response.measures.0.strength": 0}),
        (["attention={memory = 5}"], {"attention": {"memory": 5}}),
        (["response.measures[statement].answer=1"], {"response.measures[statement].answer": 1}),
    ],
)
def test_settings_are_read_as_toml_and_bare_words_as_text(settings, expected):
    assert parse_settings(settings) == expected
