"""README, CONTRIBUTING and the documentation: what they say is done, the site is built."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

import sim.cli
from sim.cli import app
from sim.scenario.scenario import Scenario
from sim.version import MODEL_VERSION
from tests.guides import GUIDES, ROOT, blocks, patch, smaller, smaller_python

BIN = Path(sys.executable).parent
LONGEST = 900
"""Seconds that a process may take; the recipes compile the engine."""

RUN = [path for path in GUIDES if any(b.kind in {"sh", "python"} for b in blocks(path))]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def run(arguments, folder, **environment):
    done = subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, check=False, timeout=LONGEST,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
    )  # fmt: skip
    return done.returncode, f"{done.stdout}\n{done.stderr}"


@pytest.fixture
def besiege(monkeypatch, capsys):
    """Call the command here: a process for each would start for longer than it runs."""

    def call(arguments):
        monkeypatch.setattr(sys, "argv", ["besiege", *arguments])
        with pytest.raises(SystemExit) as stop:
            sim.cli.main()
        out, err = capsys.readouterr()
        return stop.value.code or 0, f"{out}\n{err}"

    return call


@pytest.mark.parametrize("path", [p for p in RUN if p.name != "CONTRIBUTING.md"], ids=name_of)
def test_every_command_and_snippet_of_a_page_runs_in_an_empty_folder(
    path, besiege, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for block in blocks(path):
        where = f"{name_of(path)}:{block.line}"
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.not_run is None and block.kind == "sh":
            for line in smaller(block.text).splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == ["besiege"]:
                    code, said = besiege(words[1:])
                else:
                    code, said = run(["bash", "-euo", "pipefail", "-c", line], tmp_path)
                assert code == 0, f"{where}: {line}\n{said}"
        elif block.not_run is None and block.kind == "python":
            program = tmp_path / f"line_{block.line}.py"
            program.write_text(smaller_python(block.text), encoding="utf-8")
            runpy.run_path(str(program), run_name="__main__")


RECIPES = ("Add a measure", "Add a rule", "Add an outcome", "Add a stage")


def test_the_recipes_for_contributors_work_as_written(tmp_path):
    """In a copy of the repository: the changes of every recipe, then the commands of each."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    page = ROOT / "CONTRIBUTING.md"
    text = page.read_text(encoding="utf-8")
    commands = {}
    for recipe in RECIPES:
        before, _, rest = text.partition(f"\n## {recipe}\n")
        first = before.count("\n") + 1
        last = first + rest.partition("\n## ")[0].count("\n") + 1
        chosen = [b for b in blocks(page) if first <= b.line <= last]
        assert {b.kind for b in chosen} == {"diff", "sh"}
        for block in chosen:
            if block.kind == "diff":
                patch(tmp_path, block.title, block.text)
            else:
                commands |= dict.fromkeys(smaller(block.text).splitlines())
    for command in commands:  # each once
        code, said = run(shlex.split(command), tmp_path, PYTHONPATH=str(tmp_path))
        assert code == 0, f"{command}\n{said}"


def test_what_is_not_run_says_why_and_no_command_hides_outside_a_block():
    hidden = []
    for path in GUIDES:
        text = path.read_text(encoding="utf-8")
        outside = re.sub(r"^([ ]*)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)
        hidden += [
            f"{name_of(path)}: {line}"
            for line in outside.splitlines()
            if re.match(r"(?: {4,}|\t)(?:uv|pip|besiege|python|import|from)\b", line)
        ]
        for block in blocks(path):
            assert block.not_run is None or len(block.not_run.split()) >= 2
            assert block.kind in {"sh", "python", "pycon", "toml", "diff", "text", "csv", "json"}, (
                path
            )
            assert block.kind not in {"toml", "diff", "csv"} or block.title or block.not_run, path
    assert hidden == []


def test_every_command_named_within_a_sentence_exists_with_its_options():
    group = typer.main.get_command(app)
    wrong = []
    for path in GUIDES:
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
        for said in re.findall(r"`(?:uv run (?:--extra \S+ )?)?besiege ([a-z][^`]*)`", text):
            words = shlex.split(said, comments=False)
            command = group.commands.get(words[0])
            options = {o for p in command.params for o in p.opts} if command else set()
            wrong += [
                f"{name_of(path)}: besiege {said}"
                for word in words[1:] or [""]
                if command is None
                or (word.startswith("--") and word != "--help" and word not in options)
            ]
    assert wrong == []


def test_links_and_pictures_of_readme_and_contributing_lead_somewhere():
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        text = page.read_text(encoding="utf-8")
        found = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
        found += re.findall(r"(?:src|href)=\"([^\":#]+)\"", text)
        assert found
        assert [link for link in found if not (ROOT / link).exists()] == [], page.name


def test_the_comparison_in_readme_is_of_this_model_and_scenario():
    made = re.search(
        r"<!-- MODEL_VERSION (\d+), scenario (\w+) -->", (ROOT / "README.md").read_text()
    )
    now = (str(MODEL_VERSION), Scenario.load("taobao-2011").fingerprint[:12])
    assert made is not None
    assert made.groups() == now, "old: run the command below the table, then docs/make_readme.py"


class Loads(HTMLParser):
    """What a page loads by itself: scripts, styles, fonts, pictures, frames."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        """Note what this tag loads."""
        given = dict(attributes)
        if tag in {"script", "img", "iframe", "source"}:
            self.found.append(given.get("src") or "")
        if tag == "link" and given.get("rel") in {"stylesheet", "preconnect", "preload", "icon"}:
            self.found.append(given.get("href") or "")


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    site = tmp_path / "site"
    code, said = run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)], ROOT,
        NO_MKDOCS_2_WARNING="1",
    )  # fmt: skip
    assert code == 0, said
    assert "WARNING" not in said
    pages = list(site.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert [u for u in loads.found if re.match(r"(https?:)?//", u)] == [], page
    for style in site.rglob("*.css"):
        assert re.findall(r"url\(['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")) == []
    assert not list(site.rglob("*.py"))


def test_the_citation_is_complete_and_of_this_version():
    import yaml  # of the group docs: the fast suite, which leaves this out, does not have it

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= set(cited)
    assert cited["authors"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert f"version {project['version']}" in (ROOT / "docs/how-to/cite.md").read_text()
