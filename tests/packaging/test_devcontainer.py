"""The steps of the container for editors, in a fresh folder and a fresh Python."""

import json

import pytest

from tests.packaging.places import call, clone, fresh_python

pytestmark = pytest.mark.slow


def test_the_steps_of_the_container_set_a_fresh_clone_up(tmp_path):
    """All but the image itself and the browser, which its package manager installs."""
    (tmp_path / "python").mkdir()
    (tmp_path / "clone").mkdir()
    folder, commands = clone(tmp_path / "clone"), fresh_python("3.13", tmp_path / "python")
    told = json.loads((folder / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    steps = told["postCreateCommand"]
    assert list(steps) == ["packages", "browser"]
    call(["bash", "-euc", steps["packages"]], folder, path=commands)
    settings = told["customizations"]["vscode"]["settings"]
    python = folder / settings["python.defaultInterpreterPath"]
    call([python, "-c", "import SALib, mypy, ndlib, playwright, sim, sklearn, solara"], folder)
    listed = call(["uv", "run", "besiege", "scenarios"], folder, path=commands)
    assert "taobao-2011" in listed.stdout
    assert call([python, "-m", "pytest", "--collect-only", "-q", "-n", "0"], folder).returncode == 0
