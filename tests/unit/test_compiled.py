"""What compiled kernels are kept for: the state of every file they are made of, and of no other."""

import ast
import os
import subprocess
import sys

import pytest

from sim import compiled
from tests.mutation import __main__ as mutation

ROOT = compiled._ROOT


def module_path(name):
    path = ROOT.parent.joinpath(*name.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def test_every_file_that_defines_a_kernel_counts():
    named = {
        path
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and any(getattr(d, "id", "") == "kernel" for d in node.decorator_list)
    }
    assert len(named) > 10
    assert named <= set(compiled.kernel_sources())


def test_what_a_file_of_kernels_imports_from_the_package_counts_too():
    sources = set(compiled.kernel_sources())
    missing = [
        f"{path.name} imports {node.module}"
        for path in sources
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim")
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        if (imported := module_path(name)) is not None and imported not in sources
    ]
    assert missing == []


def test_the_command_line_and_the_pictures_do_not_count():
    names = {path.relative_to(ROOT).as_posix() for path in compiled.kernel_sources()}
    assert "rules/attack.py" in names
    assert {"compiled.py", "units.py"} <= names
    assert not names & {"cli.py", "outcomes.py", "model.py", "scenario.py"}
    assert not [name for name in names if name.startswith(("views/", "lab/", "known/"))]


@pytest.mark.slow
def test_rules_that_are_not_compiled_pass_every_test_to_which_their_mutants_are_held():
    named = dict.fromkeys(test for file in mutation.TESTS for test in mutation.tests_of(file))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--numprocesses=1", "-m", "not slow", *named],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, cwd=ROOT.parent,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
