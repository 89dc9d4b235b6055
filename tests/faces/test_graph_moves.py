"""Folders of runs with a user's own ties go elsewhere and are done again, the file long gone."""

import shutil
import tomllib
from dataclasses import replace

import networkx as nx
import pytest

from sim import compare, hindcast, sweep
from sim.comparing.comparison import Comparison
from sim.lab.execution.tasks import Task, execute
from sim.lab.execution.together import execute_together
from sim.lab.storage.merging import merge
from sim.lab.storage.store import SweepFolder
from sim.scenario.saved import TiesAtFirst
from sim.scenario.scenario import Scenario
from sim.setup.graph import from_networkx

SMALL = {"scale": 0.001, "hours": 24}


@pytest.fixture
def ties(tmp_path):
    """Write two edge lists that fit the small scenario, and give the function that names them."""
    n = sum(Scenario.load("small").replace(SMALL).n_crowd)
    home = tmp_path / "home"
    home.mkdir()
    for seed, name in enumerate(("one.csv", "two.csv"), 1):
        graph = nx.random_regular_graph(4, n, seed=seed)
        from_networkx(nx.convert_node_labels_to_integers(graph), n).write(home / name)
    return home


def own(ties, name="one.csv"):
    graph = {"graph.family": "file", "graph.path": str(ties / name)}
    return Scenario.load("small").replace({**SMALL, **graph})


def gone(folder, ties):
    """Move a folder, delete the edge lists, and give where the folder is now."""
    moved = folder.rename(folder.parent / "elsewhere" / folder.name)
    shutil.rmtree(ties)
    return moved


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()


def test_a_comparison_is_done_again_from_its_folder_alone(ties, tmp_path):
    first = compare(["silence", "protect"], scenario=own(ties), runs=2, workers=1)
    moved = gone(first.save(tmp_path / "compare"), ties)
    again = compare(["silence", "protect"], scenario=str(moved / "scenario.toml"), runs=2, workers=1)  # fmt: skip
    assert again.runs.equals(first.runs)
    assert again.about["fingerprints"] == first.about["fingerprints"]
    third = Comparison.load(moved).save(tmp_path / "third")
    assert (third / "graph.csv").read_bytes() == (moved / "graph.csv").read_bytes()


def test_a_comparison_keeps_the_ties_that_it_read_and_not_what_the_file_became(ties, tmp_path):
    scenario = own(ties)
    found = compare(["silence"], scenario=scenario, runs=1, workers=1)
    before = scenario.fingerprint
    shutil.copyfile(ties / "two.csv", ties / "one.csv")
    folder = found.save(tmp_path / "compare")
    assert Scenario.load(folder / "scenario.toml").fingerprint == before != scenario.fingerprint


def test_a_hindcast_is_done_again_from_its_folder_alone(ties, tmp_path):
    first = hindcast(own(ties), 2, workers=1, construction=False)
    moved = gone(first.save(tmp_path / "hindcast"), ties)
    again = hindcast(str(moved / "scenario.toml"), 2, workers=1, construction=False)
    assert again.values.equals(first.values)


def of_the_scenario(ties):
    return {"scenario": own(ties), "factors": {"response": ["silence", "protect"]}}


def of_levels(ties):
    factors = {"graph.path": [str(ties / "one.csv"), str(ties / "two.csv")]}
    return {"scenario": "small", "constants": {**SMALL, "graph.family": "file"}, "factors": factors}


def of_constants(ties):
    fixed = {**SMALL, "graph": {"family": "file", "path": str(ties / "one.csv")}}
    return {"scenario": "small", "constants": fixed, "factors": {"response": ["silence", "deter"]}}


def of_points(ties):
    points = [
        {"graph": {"family": "file", "path": str(ties / "two.csv")}, "hours": 24},
        {"graph": {"family": "ring"}, "hours": 12},
    ]
    return {"scenario": own(ties), "design": {"kind": "list", "points": points}}


def of_draws(ties):
    drawn = {"graph.path": [str(ties / "one.csv"), str(ties / "two.csv")], "attention.memory": {"low": 20.0, "high": 40.0}}  # fmt: skip
    return {"scenario": own(ties), "factors": drawn, "design": {"kind": "latin", "samples": 4}}


@pytest.mark.parametrize("spec_of", [of_the_scenario, of_levels, of_constants, of_points, of_draws])
def test_a_sweep_is_done_again_from_its_folder_alone(spec_of, ties, tmp_path):
    first = sweep(spec_of(ties), out=tmp_path / "sweep", workers=1, quiet=True)
    assert len(first) > 1
    copies = {path.read_bytes() for path in (tmp_path / "sweep").glob("graph-*.csv")}
    assert copies <= {path.read_bytes() for path in ties.iterdir()}
    moved = gone(tmp_path / "sweep", ties)
    assert len(list(moved.glob("graph-*.csv"))) == len(copies) > 0
    again = sweep(moved / "spec.toml", out=tmp_path / "again", workers=1, quiet=True)
    told = [column for column in first if column not in {"key", "repeat"}]
    by_key = [table.set_index("key").sort_index()[told] for table in (again, first)]
    assert by_key[0].equals(by_key[1])
    assert SweepFolder(tmp_path / "again").failed.empty
    parts = sorted((moved / "runs").iterdir())
    sweep(moved / "spec.toml", out=moved, workers=1, quiet=True)  # and goes on where it lies
    assert sorted((moved / "runs").iterdir()) == parts


def test_equal_edge_lists_are_one_copy_and_keep_their_own_labels(ties, tmp_path):
    shutil.copyfile(ties / "one.csv", ties / "same.csv")
    spec = of_levels(ties)
    spec["factors"]["graph.path"].append(str(ties / "same.csv"))
    sweep(spec, out=tmp_path / "sweep", workers=1, quiet=True)
    assert len(list((tmp_path / "sweep").glob("graph-*.csv"))) == 2
    levels = tomllib.loads((tmp_path / "sweep" / "spec.toml").read_text())["factors"]["graph.path"]
    assert [level["label"] for level in levels] == spec["factors"]["graph.path"]
    assert levels[0]["value"] == levels[2]["value"] != levels[1]["value"]


def test_an_edge_list_is_looked_for_beside_the_specification(ties, tmp_path):
    (ties / "spec.toml").write_text(
        'scenario = "small"\n[constants]\nscale = 0.001\nhours = 24\n"graph.family" = "file"\n'
        '[factors]\n"graph.path" = ["one.csv", "two.csv"]\n'
    )
    found = sweep(ties / "spec.toml", out=tmp_path / "sweep", workers=1, quiet=True)
    assert set(found["graph.path"]) == {"one.csv", "two.csv"}
    assert SweepFolder(tmp_path / "sweep").failed.empty


def test_the_line_that_repeats_a_run_names_the_copy(ties, tmp_path):
    found = sweep(of_levels(ties), out=tmp_path / "sweep", workers=1, quiet=True)
    for line in found["repeat"]:
        assert str(ties) not in line
        assert str(tmp_path / "sweep" / "graph-") in line


def test_folders_brought_together_bring_their_edge_lists_and_modules(ties, tmp_path):
    (ties / "mine.py").write_text(
        "from sim.outcomes import outcome\n\n\n@outcome('mine', '1', 'mine')\ndef mine(record):\n    return 1.0\n"
    )
    for i, name in enumerate(("one.csv", "two.csv")):
        spec = {**of_levels(ties), "modules": [str(ties / "mine.py")]}
        spec["factors"] = {"graph.path": [str(ties / name)]}
        sweep(spec, out=tmp_path / f"part{i}", workers=1, quiet=True)
    merge([tmp_path / "part0", tmp_path / "part1"], tmp_path / "both")
    assert len(list((tmp_path / "both").glob("graph-*.csv"))) == 2
    shutil.rmtree(ties)
    assert len(sweep(tmp_path / "both" / "spec.toml", out=tmp_path / "both", workers=1, quiet=True)) == 2  # fmt: skip


def test_runs_that_find_another_edge_list_than_was_planned_fail_and_say_so(ties):
    planned = TiesAtFirst()(own(ties))
    task = Task("1", own(ties), 7, ties=planned)
    assert execute(task).failure is None
    (ties / "one.csv").write_bytes((ties / "two.csv").read_bytes())
    for changed in (execute(task), *execute_together((task, replace(task, key="2")))):
        assert "has changed since the runs were planned" in changed.failure.error
    (ties / "one.csv").unlink()
    assert "has changed since the runs were planned" in execute(task).failure.error


def test_a_sweep_whose_edge_list_changes_keeps_no_row_of_the_new_ties(ties, tmp_path, monkeypatch):
    spec = {"name": "s", "scenario": own(ties), "runs": 3}
    sweep(spec, out=tmp_path / "whole", workers=1, quiet=True)
    expected = SweepFolder(tmp_path / "whole").runs.set_index("seed")["peak_online"]
    assert len(expected) == 3
    begun, begin = [], Task.begin

    def begin_and_change(self):
        if begun:
            (ties / "one.csv").write_bytes((ties / "two.csv").read_bytes())
        begun.append(self.key)
        return begin(self)

    monkeypatch.setattr(Task, "begin", begin_and_change)
    sweep(spec, out=tmp_path / "cut", workers=1, quiet=True)
    folder = SweepFolder(tmp_path / "cut")
    rows = folder.runs.set_index("seed")["peak_online"].dropna()
    assert len(rows) == 1
    assert rows.equals(expected[rows.index])
    assert len(folder.failed) == 2
    assert folder.failed["error"].str.contains("has changed since").all()
