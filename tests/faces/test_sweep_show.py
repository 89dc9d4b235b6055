"""What is shown of a sweep, and the experiments in their quick form."""

import json
import sys

import pytest

import sim
from experiments.running import load, names, run_experiment
from sim.cli import main
from sim.lab.analysis import pictures, tables
from sim.lab.analysis.tables import analyse
from sim.views.terminal.sweep_text import TITLES, show_sweep

SPEC = {
    "name": "shown",
    "question": "Is it shown?",
    "scenario": "small",
    "constants": {"scale": 0.002, "hours": 50},
    "runs": 2,
    "outcomes": ["peak_online", "hour_first_attack"],
}
DESIGNS = {
    "grid": ({"kind": "grid"}, {"response": ["silence", "protect"], "graph.mean_degree": [2, 10]}),
    "latin": ({"kind": "latin", "samples": 10}, {"mobilisation.noise": {"around": 0.3}}),
    "list": ({"kind": "list", "points": [{"response": "deter"}, {"response": "silence"}]}, {}),
    "morris": (
        {"kind": "morris", "samples": 2},
        {"mobilisation.noise": {"around": 0.1}, "response": ["silence", "deter"]},
    ),
}


def command(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["besiege", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("kind", DESIGNS)
def test_a_sweep_of_each_design_is_shown_with_tables_and_pictures(
    kind, tmp_path, monkeypatch, capsys
):
    design, factors = DESIGNS[kind]
    out = tmp_path / "out"
    sim.sweep(SPEC | {"design": design, "factors": factors}, out=out, workers=1, quiet=True)
    assert command(monkeypatch, "show", str(out)) == 0
    said = capsys.readouterr().out
    assert "Is it shown?" in said
    assert "Runs with a siege" in said
    pictures = {p.name for p in out.glob("*.png")}
    wanted = "effects.png" if kind in {"grid", "list"} else "sensitivity.png"
    assert {wanted, "runs.png"} <= pictures
    assert command(monkeypatch, "show", str(out), "--json") == 0
    assert json.loads(capsys.readouterr().out)["tables"].keys() == analyse(out).tables.keys()


@pytest.mark.parametrize(
    "levels",
    [
        ["2011-10-10T05:00:00", 3],
        [{"label": "early", "value": 3}, {"label": 5, "value": 5}],
    ],
)
@pytest.mark.parametrize("kind", ["grid", "list"])
def test_a_number_may_be_labelled_with_words_or_given_as_a_date(levels, kind, tmp_path, capsys):
    spec = SPEC | {"factors": {"announced": levels}}
    if kind == "list":
        points = [{"announced": level} for level in levels] + [{"attention.memory": 9.0}]
        spec = SPEC | {"design": {"kind": "list", "points": points}}
    sim.sweep(spec, out=tmp_path, workers=1, quiet=True)
    found = analyse(tmp_path)
    assert found.runs["announced"].nunique() == len(found.runs) // 2
    show_sweep(tmp_path, json=True)
    assert json.loads(capsys.readouterr().out)["runs"] == len(found.runs)


def test_two_runs_are_too_few_to_tell_how_many_are_needed(tmp_path, capsys):
    sim.sweep(SPEC, out=tmp_path, workers=1, quiet=True)
    show_sweep(tmp_path, json=True)
    rows = json.loads(capsys.readouterr().out)["tables"]["convergence"]
    assert [row["runs_needed"] for row in rows] == [None, None]
    assert rows[0]["reason"] == "too few runs: 2, at least 10 are needed"


def test_names_stand_in_the_order_in_which_they_were_given(tmp_path):
    factors = {"response": ["silence", "as-happened"]}
    sim.sweep(SPEC | {"factors": factors}, out=tmp_path, workers=1, quiet=True)
    assert analyse(tmp_path).tables["main_effects"].level.tolist()[:2] == ["silence", "as-happened"]


def test_every_experiment_names_its_question_and_what_it_looks_at():
    for name in names():
        spec, _ = load(name)
        assert spec["question"].endswith("?"), name
        assert len(spec["outcomes"]) >= 2, name


@pytest.mark.parametrize("name", ["tipping", "scaling"])
def test_an_experiment_that_works_something_out_does_so_in_its_quick_form(name, tmp_path):
    said = run_experiment(name, tmp_path / "out", quick=True, workers=1, keep=tmp_path / "kept")
    assert load(name)[0]["question"] in said
    assert {"tipping": "tipping_point", "scaling": "growth_exponent"}[name] in said
    assert (tmp_path / "kept" / "effects.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in names() if n not in {"tipping", "scaling"}])
def test_every_other_experiment_runs_in_its_quick_form(name, tmp_path):
    assert "runs, 0 failed" in run_experiment(name, tmp_path / "out", quick=True, workers=1)


def swept(out, kind="grid", **more):
    """Run a small sweep of a design into a folder."""
    design, factors = DESIGNS[kind]
    sim.sweep(SPEC | {"design": design, "factors": factors} | more, out=out, workers=1, quiet=True)
    return out


def fails_in(table):
    def fail(*_args, **_more):
        raise ValueError(f"no {table}\nat all")

    return fail


@pytest.mark.parametrize("table", ["main_effects", "variance_shares", "convergence", "siege_shares"])  # fmt: skip
def test_a_table_that_fails_hides_no_other_and_is_said_in_one_line(
    table, tmp_path, monkeypatch, capsys
):
    out = swept(tmp_path / "out")
    monkeypatch.setattr(tables, table, fails_in(table))
    assert command(monkeypatch, "show", str(out)) == 1
    said = capsys.readouterr()
    assert said.err == f"Cannot be worked out: {table} (ValueError: no {table} at all)\n"
    whole = {name: title[:20] for name, title in TITLES.items()}
    shown = {name for name, title in whole.items() if title in said.out}
    assert shown == {"main_effects", "variance_shares", "convergence", "siege_shares"} - {table}
    assert command(monkeypatch, "show", str(out), "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["tables"].keys() == shown
    assert list(data["faults"]) == [table]
    assert command(monkeypatch, "report", str(out)) == 0
    assert f"no {table} at all" in (out / "report.html").read_text("utf-8")


def test_a_picture_that_fails_hides_no_table_and_no_other_picture(tmp_path, monkeypatch, capsys):
    out = swept(tmp_path / "out")
    monkeypatch.setattr(pictures, "effects_figure", fails_in("effects"))
    assert command(monkeypatch, "show", str(out)) == 1
    said = capsys.readouterr()
    assert "Cannot be worked out: effects.png (ValueError: no effects at all)\n" == said.err
    assert "runs.png" in said.out
    assert [path.name for path in out.glob("*.png")] == ["runs.png"]


def test_a_damaged_file_beside_the_parts_costs_only_what_is_read_from_it(
    tmp_path, monkeypatch, capsys
):
    out = swept(tmp_path / "out", "morris")
    (out / "spec.toml").write_text("name = \n")
    assert command(monkeypatch, "show", str(out)) == 1
    said = capsys.readouterr()
    assert said.err.startswith("Cannot be worked out: morris (")
    assert said.err.count("\n") == 1
    assert "Precision of the means" in said.out


def test_outcomes_of_ones_own_without_their_description_are_shown_without_units(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "mine.py").write_text(
        "from sim.outcomes import outcome\n\n\n@outcome('mine', 'birds', 'mine')\ndef mine(record):\n    return float('nan')\n"
    )
    more = {"modules": [str(tmp_path / "mine.py")], "outcomes": ["mine", "peak_online"]}
    out = swept(tmp_path / "out", **more)
    assert command(monkeypatch, "show", str(out)) == 0  # an outcome that no run has
    assert "mine" in capsys.readouterr().out
    (out / "columns.json").write_text("{")
    assert command(monkeypatch, "show", str(out)) == 1
    said = capsys.readouterr()
    assert said.err.startswith("Cannot be worked out: units (")
    assert "runs.png" in said.out


def test_an_interrupt_while_a_table_is_worked_out_is_no_fault_of_the_table(
    tmp_path, monkeypatch, capsys
):
    out = swept(tmp_path / "out")

    def interrupted(*_args):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(tables, "convergence", interrupted)
    assert command(monkeypatch, "show", str(out)) == 130
    assert "Cannot" not in capsys.readouterr().err
