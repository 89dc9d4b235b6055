"""What compiled kernels are kept for: the state of every file they are made of, and of no other."""

import ast
import inspect
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import numba
import pytest

from sim.core import compiled
from sim.core.curves import sigmoid
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
    assert {"core/compiled.py", "core/units.py"} <= names
    assert not names & {
        "cli.py",
        "outcomes/outcomes.py",
        "running/model.py",
        "scenario/scenario.py",
    }
    assert not [name for name in names if name.startswith(("views/", "lab/", "limiting_cases/"))]


DOUBLED = b"return ratio / (ratio", b"return 2.0 * ratio / (ratio"
"""An edit of `sim/core/curves.py`, whose curves are inlined into rules of other files."""


def copy_of_the_package(folder, ends):
    """Copy the package's sources as a checkout with these line ends would have them."""
    for path in ROOT.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            to = folder / "sim" / path.relative_to(ROOT)
            to.parent.mkdir(parents=True, exist_ok=True)
            text = path.suffix in {".py", ".toml", ".csv", ".css", ".jinja", ".mplstyle"}
            content = path.read_bytes()
            to.write_bytes(content.replace(b"\n", ends) if text else content)
    return folder / "sim"


def edit(path, old, new):
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_the_ends_of_lines_do_not_count_and_an_edited_rule_does(tmp_path, monkeypatch, ends):
    here, names = compiled._source_fingerprint(), len(compiled.kernel_sources())
    copied = copy_of_the_package(tmp_path, ends)
    monkeypatch.setattr(compiled, "_ROOT", copied)
    assert compiled._source_fingerprint() == here
    assert len(compiled.kernel_sources()) == names
    edit(copied / "core" / "curves.py", *DOUBLED)
    assert compiled._source_fingerprint() != here


@pytest.mark.parametrize(
    "lines",
    [
        "@kernel  # as above\ndef f(x): ...",
        "@compiled.kernel\ndef f(x): ...",
        "if True:\n    @kernel\n    def f(x): ...",
        "from sim.core.compiled import kernel as fast\n@fast\ndef f(x): ...",
        "@kernel\r\ndef f(x): ...",
        "@sim.core.compiled.kernel\rdef f(x): ...",
    ],
)
def test_a_kernel_is_found_however_its_decorator_is_written(tmp_path, monkeypatch, lines):
    monkeypatch.setattr(compiled, "_ROOT", tmp_path)
    (tmp_path / "none.py").write_bytes(
        b"from sim.core.compiled import kernels_are_cached\n# a kernel\n"
    )
    assert compiled.kernel_sources() == []
    (tmp_path / "one.py").write_bytes(lines.encode())
    assert compiled.kernel_sources() == [tmp_path / "one.py"]


def test_kernels_of_another_processor_lie_in_a_folder_of_their_own(monkeypatch):
    here = compiled._source_fingerprint()
    monkeypatch.setattr(numba.config, "CPU_NAME", "generic")
    assert compiled._source_fingerprint() != here


ONE_KERNEL = """
import sys
import numpy as np
from sim.core.curves import saturating
for x in map(eval, sys.argv[1:]):
    print(saturating(x, 2.0))
print(sum(saturating.stats.cache_hits.values()))
"""


def call(*given, cache, package=ROOT.parent, code=ONE_KERNEL, **more):
    """Call one kernel in a process of its own; gives what it said, and on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", code, *given], cwd=package, capture_output=True, text=True,
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(package)}, **more,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr.splitlines()


def kept(cache):
    return sorted(cache.rglob("*.nbc"))


def test_a_kernel_is_made_when_it_is_called_by_python_or_by_another_kernel():
    @compiled.kernel
    def halved(x):
        return 0.5 * x

    @compiled.kernel
    def quartered(x):
        return halved(halved(x))

    assert "compiled" not in {*vars(halved), *vars(quartered)}
    assert quartered(8.0) == 2.0
    assert "compiled" in vars(quartered)
    assert halved.py_func(3.0) == 1.5
    assert inspect.signature(quartered) == inspect.signature(quartered.py_func)


def test_a_kernel_of_the_package_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(sigmoid)) is sigmoid
    assert cloudpickle.loads(cloudpickle.dumps(sigmoid)) is sigmoid


def test_a_kernel_that_no_name_leads_to_is_pickled_with_its_function():
    again = cloudpickle.loads(cloudpickle.dumps(compiled.Kernel(lambda x: x + 1.0)))
    assert again(1.0) == 2.0


def test_of_many_threads_one_makes_a_kernel():
    made = compiled.Kernel(lambda x: x + 1.0)
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: id(made.compiled), range(64)))
    assert len(found) == 1


@pytest.mark.slow
def test_an_edited_rule_is_compiled_anew_in_a_checkout_with_foreign_ends_of_lines(tmp_path):
    package = copy_of_the_package(tmp_path, b"\r\n")
    inlined = """
import rule
print(rule.twice(1.0))
"""
    (tmp_path / "rule.py").write_text(
        "from sim.core.compiled import kernel\nfrom sim.core.curves import saturating\n\n\n"
        "@kernel\ndef twice(x: float) -> float:\n    return 2.0 * saturating(x, 1.0)\n"
    )
    first, _ = call(cache=tmp_path / "cache", package=tmp_path, code=inlined)
    edit(package / "core" / "curves.py", *DOUBLED)
    second, _ = call(cache=tmp_path / "cache", package=tmp_path, code=inlined)
    assert float(second[0]) == pytest.approx(2.0 * float(first[0]))


@pytest.mark.slow
def test_a_kept_kernel_that_was_cut_off_is_compiled_again(tmp_path):
    whole, said = call("1.0", cache=tmp_path)
    assert (whole[1], said) == ("0", [])
    assert call("1.0", cache=tmp_path)[0] == [whole[0], "1"]
    for kind in ("*.nbc", "*.nbi"):
        for path in tmp_path.rglob(kind):
            path.write_bytes(path.read_bytes()[:-40])
        assert call("1.0", cache=tmp_path) == (whole, [])
        assert call("1.0", cache=tmp_path)[0] == [whole[0], "1"]
    for path in tmp_path.rglob("*.nb?"):
        path.write_bytes(b"")
    assert call("1.0", cache=tmp_path) == (whole, [])


@pytest.mark.slow
def test_a_kernel_kept_under_the_name_of_another_is_not_taken_for_it(tmp_path):
    # What two processes can leave behind that compile at once, for different types each.
    given = ("1.0", "np.float32(1.0)")
    right, _ = call(*given, cache=tmp_path)
    one, other = (p for p in kept(tmp_path) if p.name.startswith("curves.saturating"))
    swapped = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(swapped)
    assert call(*given, cache=tmp_path) == (right, [])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files")
def test_a_disk_that_is_full_while_a_kernel_is_kept_costs_one_line_and_no_run(tmp_path):
    import resource

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    right, _ = call("1.0", cache=tmp_path / "roomy")
    found, said = call("1.0", "1", cache=tmp_path / "full", preexec_fn=small_files)
    assert found[0] == right[0]
    assert len(said) == 1
    assert "File too large" in said[0]
    assert "set NUMBA_CACHE_DIR" in said[0]
    assert kept(tmp_path / "full") == []


@pytest.mark.slow
def test_rules_that_are_not_compiled_pass_every_test_to_which_their_mutants_are_held():
    named = dict.fromkeys(test for file in mutation.TESTS for test in mutation.tests_of(file))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--numprocesses=1", "-m", "not slow", *named],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, cwd=ROOT.parent,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
