"""The wheel as plain pip installs it: its commands run, and a user's script has types."""

import json
import re
import zipfile
from email.parser import Parser

import pytest

from tests.packaging.places import PROJECT, ROOT, call, fresh_python

pytestmark = pytest.mark.slow

CHECKER = ("mypy", "pandas-stubs", "types-networkx")

RIGHT = """
from pathlib import Path
from typing import Any, assert_type

import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import sim
from sim import (
    MODEL_VERSION, BesiegeError, Comparison, Hindcast, RunResult, Scenario, Siege, __version__,
    compare, hindcast, run, sweep,
)
from sim.agents import Seller, Store

assert_type(MODEL_VERSION, int)
assert_type(__version__, str)
scenario = Scenario.load("small")
assert_type(scenario, Scenario)
assert_type(scenario.scale, float)
assert_type(scenario.to_toml(), str)
assert_type(scenario.fingerprint, str)

result = run(scenario, seed=1, hours=24)
assert_type(result, RunResult)
assert_type(result.outcomes["cum_store_loss"], float | None)
assert_type(result.hours, pd.DataFrame)
assert_type(result.story(), list[str])
assert_type(result.plot(), Figure)
assert_type(result.save("here"), Path)

siege = Siege("small", seed=1)
siege.run_for(24)
assert_type(siege, Siege)
assert_type(siege.hours, pd.DataFrame)
assert_type(siege.outcomes, dict[str, float | None])
assert_type(siege.scenario, Scenario)
assert_type(siege.platform.legitimacy, float)
assert_type(siege.sellers[7], Seller)
assert_type(siege.stores[0], Store)
assert_type(siege.sellers[7].why(), pd.DataFrame)
assert_type([s.why() for s in siege.stores], list[pd.DataFrame])
assert_type(siege.agent("store:0").why(), pd.DataFrame)
assert_type(siege.sellers.grievance, "np.ndarray[tuple[Any, ...], np.dtype[Any]]")
assert_type(len(siege.sellers), int)
nodes: "nx.Graph[int]" = siege.graph
assert_type(siege.plot(), Figure)

compared = compare(["silence", "protect"], scenario=scenario, runs=2)
assert_type(compared, Comparison)
assert_type(compared.runs, pd.DataFrame)
assert_type(compared.differences, pd.DataFrame)
assert_type(compared.report("report.html"), Path)
assert_type(sweep({"name": "mine"}), pd.DataFrame)
assert_type(hindcast(scenario, runs=2), Hindcast)
assert_type(hindcast(scenario, runs=2).facts, pd.DataFrame)
assert_type(sim.lab.open("there").runs, pd.DataFrame)
assert_type(str(BesiegeError("no")), str)
"""

WRONG = """
import sim
from sim import Scenario, Siege, run
from sim import Sieg  # attr-defined

sim.lod  # attr-defined
scenario = Scenario.load(3)  # arg-type
scenario.scael  # attr-defined
result = run("small", seed="one")  # arg-type
result.outcome  # attr-defined
result.outcomes["cum_store_loss"] + 1  # operator
siege = Siege("small")
siege.huors  # attr-defined
"""

MESA = '[[tool.mypy.overrides]]\nmodule = ["mesa.*"]\nfollow_untyped_imports = true\n'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    built = call(["uv", "build", "--wheel", "--out-dir", out], ROOT)
    assert "warning" not in f"{built.stdout}{built.stderr}".lower()
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module", params=["3.12", "3.13"])
def commands(request, wheel, tmp_path_factory):
    """Install the wheel with its pins into a fresh environment."""
    folder = tmp_path_factory.mktemp("environment")
    bin_ = fresh_python(request.param, folder)
    pins = PROJECT["tool"]["uv"]["constraint-dependencies"]
    (folder / "constraints.txt").write_text("\n".join([*pins, ""]), encoding="utf-8")
    pip = [bin_ / "python", "-m", "pip", "install", "--quiet", "--constraint", "constraints.txt"]
    call([*pip, wheel, *CHECKER], folder)
    return bin_


def test_the_wheel_holds_the_package_with_its_types_and_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    tracked = call(["git", "ls-files", "sim"], ROOT).stdout.split()
    assert {name for name in names if not name.startswith("besiege-")} == set(tracked)
    assert "sim/py.typed" in names


def test_the_wheel_says_who_made_it_for_whom_and_under_which_licence(wheel):
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [n for n in packed.namelist() if n.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(packed.read(name).decode())
    assert told["Author"] == "The Besiege developers"
    assert told["License-Expression"] == "BSD-3-Clause"
    assert {"agent-based model", "collective action"} <= set(told["Keywords"].split(","))
    classifiers = set(told.get_all("Classifier"))
    assert "Typing :: Typed" in classifiers
    low, high = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
    supported = {f"Programming Language :: Python :: 3.{n}" for n in range(int(low), int(high))}
    assert supported == {c for c in classifiers if re.search(r":: 3\.\d+$", c)}


def test_the_installed_commands_answer_in_an_empty_folder(commands, tmp_path):
    for words in (["--help"], ["scenarios"]):
        assert "Traceback" not in call([commands / "besiege", *words], tmp_path).stderr
    small = ["run", "small", "--scale", "0.02", "--hours", "24", "--seed", "1"]
    call([commands / "besiege", *small], tmp_path)
    kept = json.loads((tmp_path / "runs" / "latest" / "outcomes.json").read_text("utf-8"))
    assert kept["scenario"] == "small"
    assert len(kept["outcomes"]) > 20
    assert (tmp_path / "runs" / "latest" / "siege.png").stat().st_size > 10_000


def types_of(commands, folder, program):
    (folder / "pyproject.toml").write_text(MESA, encoding="utf-8")
    (folder / "mine.py").write_text(program, encoding="utf-8")
    done = call(
        [commands / "mypy", "--strict", "--no-error-summary", "mine.py"], folder, check=False
    )
    return done.stdout


def test_a_script_of_a_users_own_has_the_types_that_the_documentation_tells(commands, tmp_path):
    assert types_of(commands, tmp_path, RIGHT) == ""


def test_a_misspelt_name_and_a_wrong_argument_are_found_before_a_run(commands, tmp_path):
    said = types_of(commands, tmp_path, WRONG)
    found = {
        (int(n), code) for n, code in re.findall(r"^mine\.py:(\d+): error: .*\[(.+)\]$", said, re.M)
    }
    asked = {
        (n, line.rpartition("# ")[2])
        for n, line in enumerate(WRONG.splitlines(), 1)
        if "  # " in line
    }
    assert found == asked, said
