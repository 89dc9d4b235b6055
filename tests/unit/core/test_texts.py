"""Texts that people give: what a name may hold, and what a description may."""

import pytest

from sim.core.texts import check_description, check_name
from sim.core.units import BesiegeError
from sim.io.csv_tables import parse_csv
from sim.lab.design.levels import level_of
from sim.lab.design.spec import load
from sim.scenario.scenario import Scenario, load_response

COMMANDING = ["a\nb", "a\tb", "\x1b[2J", "bell\a", "\x7f", "\x9b31m", "a\u2028b", "\u202eabc", "\u2066x"]  # fmt: skip
PLAIN = ["围城", "حصار", "👩\u200d👩\u200d👧 🏛\ufe0f", "a\u00a0b\u3000c", "نام\u200cنت", "$x_1$ \\n", "e\u0301"]  # fmt: skip


@pytest.mark.parametrize("name", COMMANDING)
def test_a_control_character_in_a_name_is_refused_with_its_number(name):
    with pytest.raises(BesiegeError, match=r"with the sign U\+[0-9A-F]{4}, allowed a name on one line") as said:  # fmt: skip
        check_name(name)
    assert str(said.value).isprintable()


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_of_any_script_is_taken_as_it_is(name):
    assert check_name(name) == name
    assert Scenario(name=name).name == name


def test_a_description_may_have_lines_and_tabs_but_commands_no_terminal():
    assert check_description("one\n\ttwo\r\n") == "one\n\ttwo\r\n"
    with pytest.raises(BesiegeError, match=r"the sign U\+001B, allowed a text without"):
        check_description("one\n\x1b[31mtwo")


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Scenario(name="a\x1b"), "name: "),
        (lambda: Scenario(description="a\x1b"), "description: "),
        (lambda: Scenario(response={"name": "a\nb"}), "response.name: "),
        (lambda: Scenario().replace({"rivals.0.name": "a\nb"}), r"rivals\[0\].name: "),
        (lambda: load({"name": "a\nb"}), "name: "),
        (lambda: load({"question": "a\x07"}), "question: "),
        (lambda: level_of({"label": "a\nb", "value": 1}), "label: "),
        (lambda: parse_csv(b"id,low\na,1\nb\x1b[2J,2\n", "facts.csv"), "facts.csv line 3: "),
    ],
)
def test_a_control_character_is_refused_wherever_a_name_is_given(make, field):
    with pytest.raises(BesiegeError, match=rf"^{field}given"):
        make()


def test_a_file_of_a_response_with_a_control_character_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "a\\u001Bb"', encoding="utf-8")
    with pytest.raises(BesiegeError, match=r"mine\.toml: name: given .*U\+001B"):
        load_response(path)
