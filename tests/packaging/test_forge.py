"""Workflows, forms and editors' files: their syntax, and that what they name is there."""

import configparser
import json
import re
import subprocess
import sys
import tomllib

import pytest

from tests.packaging.places import PROJECT, ROOT

# The checker of schemas is in the group dev, which the fast suite leaves out.
pytestmark = pytest.mark.faces

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

CHECKED = {
    "vendor.github-workflows": WORKFLOWS,
    "vendor.dependabot": [ROOT / ".github" / "dependabot.yml"],
    "vendor.github-issue-config": [ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml"],
    "vendor.github-issue-forms": [
        path
        for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
        if path.name != "config.yml"
    ],
    "vendor.citation-file-format": [ROOT / "CITATION.cff"],
}


def problems_of(schema, *files):
    """Return what the checker says against files, or nothing; it needs no network."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout + done.stderr


def read(path):
    from ruamel.yaml import YAML  # of the group dev

    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def steps_of(workflow):
    return [step for job in read(workflow)["jobs"].values() for step in job.get("steps", ())]


@pytest.mark.parametrize("schema", CHECKED)
def test_files_for_a_forge_are_of_the_form_that_it_asks_for(schema):
    assert CHECKED[schema], schema
    assert problems_of(schema, *CHECKED[schema]) == ""


def test_a_workflow_with_a_word_that_no_forge_knows_is_refused(tmp_path):
    wrong = tmp_path / "tests.yml"
    told = WORKFLOWS[0].read_text(encoding="utf-8").replace("runs-on:", "run-on:")
    wrong.write_text(told, encoding="utf-8")
    assert "run-on" in problems_of("vendor.github-workflows", wrong)


def test_every_python_that_the_package_allows_is_in_the_matrix():
    low, high = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
    jobs = read(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    matrix = jobs["everything"]["strategy"]["matrix"]["python"]
    assert matrix == [f"3.{n}" for n in range(int(low), int(high))]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_calls_is_in_the_repository(workflow):
    for step in steps_of(workflow):
        said = step.get("run", "")
        for name in re.findall(r"(?:\.ci|benchmarks|tests)/[\w./]*\w", said):
            assert (ROOT / name).exists(), name
        for name in re.findall(r"::(test_\w+)", said):
            assert f"def {name}(" in (ROOT / "tests" / "test_house.py").read_text("utf-8")
        for group in re.findall(r"--group (\S+)", said):
            assert group in PROJECT["dependency-groups"], group
        for stem in re.findall(r"-k (test_\w+)", said):
            assert list((ROOT / "tests" / "unit").rglob(f"{stem}.py")), stem


def test_what_the_weekly_run_leaves_out_of_the_project_is_every_pin(tmp_path):
    (said,) = [
        step["run"]
        for step in steps_of(ROOT / ".github" / "workflows" / "weekly.yml")
        if "constraint" in step.get("run", "")
    ]
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    subprocess.run(["bash", "-euc", said], cwd=tmp_path, check=True)
    left = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))
    assert left["tool"]["uv"].pop("constraint-dependencies") == []
    before = {**PROJECT["tool"]["uv"]}
    del before["constraint-dependencies"]
    assert left == {**PROJECT, "tool": {**PROJECT["tool"], "uv": before}}


def test_editors_are_told_the_line_length_and_line_ends_of_the_project():
    told = configparser.ConfigParser()
    told.read_string("[top]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    assert told["top"]["root"] == "true"
    assert told["*"]["charset"] == "utf-8"
    assert told["*"]["end_of_line"] == "lf"
    assert told["*.py"]["max_line_length"] == str(PROJECT["tool"]["ruff"]["line-length"])


def test_the_container_has_a_python_that_the_project_asks_for():
    told = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert told["image"].endswith(":" + (ROOT / ".python-version").read_text().strip())
