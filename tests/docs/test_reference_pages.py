"""The generated pages of docs/reference keep up with the code and leave nothing out."""

import re

import pytest
import typer

import sim
from docs.make_reference import FOLDER, PAGES, render
from docs.public_names import markdown, signature
from sim.cli import app
from sim.lab.design.spec import Spec
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.record import SERIES
from sim.responses import measures
from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of
from sim.scenario.toml import library_names


def page(name):
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_what_the_code_says(name):
    assert page(name) == render(name), "out of date: run `uv run python -m docs.make_reference`"


def test_every_command_and_option_is_in_the_page_of_commands():
    group, text = typer.main.get_command(app), page("commands")
    for name, command in group.commands.items():
        section = text.partition(f"## besiege {name}\n")[2].partition("\n## ")[0]
        shown = [p for p in command.params if not getattr(p, "hidden", False)]
        options = [max(p.opts, key=len) for p in shown if p.opts[0].startswith("-")]
        assert [word for word in options if f"| `{word}" not in section] == [], name
        assert len(re.findall(r"^\| `", section, re.MULTILINE)) == len(shown)


def test_every_field_of_a_scenario_stands_in_the_page_of_its_kind():
    for field in fields_of(Scenario):
        head, _, name = field.path.rpartition(".")
        where = "measures" if head.startswith("response") else "scenario"
        assert f"| `{name}` |" in page(where) or head == "response" or name == "kind", field.path
        assert where == "measures" or not head or head.removesuffix("[]") in page(where)


def test_every_measure_response_and_scenario_of_the_library_is_named():
    assert [k for k in measures() if f"\n## {k}\n" not in page("measures")] == []
    for folder, where in (("responses", "measures"), ("scenarios", "scenario"), ("fees", "fees")):
        assert [n for n in library_names(folder) if f"| `{n}` |" not in page(where)] == []


def test_every_outcome_series_and_field_of_a_sweep_has_its_row():
    assert [n for n in {*OUTCOMES, *SERIES} if f"| `{n}` |" not in page("outcomes")] == []
    assert [f.path for f in fields_of(Spec) if f"| `{f.path}` |" not in page("sweep")] == []


def test_every_public_name_of_the_package_has_its_section():
    text = page("python").replace("\\", "")
    assert [name for name in sim.__all__ if not re.search(rf"^## .*{name}", text, re.M)] == []


def test_a_docstring_becomes_a_list_of_its_entries():
    doc = "Do ``this``.\n\nParameters\n----------\na, b\n    What\n    they are.\n\nRaises\n------\nOdd\n    If so."
    assert markdown(doc) == (
        "Do `this`.\n\n**Parameters**\n\n- `a`, `b`: What they are.\n\n**Raises**\n\n- `Odd`: If so."
    )


def test_a_signature_is_written_as_the_source_has_it():
    assert signature(sim.run).startswith("(scenario: Scenario | str='taobao-2011', seed: int=1, *")
