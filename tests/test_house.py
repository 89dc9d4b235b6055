"""The house rules that a machine can check: layers, pins, names, and what is never tracked."""

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.mutation import __main__ as mutation

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

STATE = ("sim.population*", "sim.agents*", "sim.columns*")
CITY = ("sim.scenario*", "sim.model*", "sim.world*", "sim.run*")
STUDY = ("sim.hindcasts*", "sim.lab*", "sim.comparing*", "sim.known*")
# Pictures and the story are drawn from a record alone, so a `Siege` can draw itself.
DRAWN = (
    "sim.views.plots",
    "sim.views.story",
    "sim.views.hindcast",
    "sim.views.report",
    "sim.views.report_pictures",
)
FACES = (
    "sim.views.dashboard*",
    "sim.views.terminal*",
    "sim.views.pages",
    "sim.views.sweep_text",
    "sim.cli*",
)
TOOLS = ("sim.calendar", "sim.chance", "sim.compiled", "sim.curves", "sim.fees", "sim.graph")

# Who may not import whom. That there is no circle says the rest.
FORBIDDEN = {
    "sim.units": ("sim.*",),
    **dict.fromkeys(TOOLS, (*STATE, "sim.rules*", "sim.responses*", *CITY, *STUDY, *FACES)),
    # A rule knows its own parameters and the columns that it is handed.
    "sim.rules*": ("sim.population*", "sim.agents*", "sim.responses*", *CITY, *STUDY, *FACES),
    # A measure gives orders and touches nothing.
    "sim.responses*": (*STATE, "sim.rules*", *CITY, *STUDY, *FACES),
    "sim.scenario": ("sim.agents*", "sim.model*", "sim.world*", "sim.run*", *STUDY, *FACES),
    "sim.population*": (*CITY, *STUDY, *FACES),
    "sim.model*": ("sim.run*", *STUDY, *FACES),
    "sim.run*": (*STUDY, *FACES),
    # Known answers need the model alone, and nothing needs them.
    "sim.known*": ("sim.hindcasts*", "sim.lab*", "sim.comparing*", *FACES),
    "sim.hindcasts*": ("sim.comparing*", "sim.known*", *FACES),
    "sim.lab*": ("sim.hindcasts*", "sim.comparing*", "sim.known*", *FACES),
    "sim.comparing*": ("sim.known*", *FACES),
    "sim.views*": ("sim.cli*",),
    "sim.stages*": ("sim.model*", "sim.run*", "sim.agents*", *STUDY, *FACES),
    "sim.world": ("sim.stages*", "sim.model*", "sim.run*", "sim.agents*", *STUDY, *FACES),
    **dict.fromkeys(DRAWN, ("sim.model*", "sim.run*", *STUDY, *FACES)),
}

ABOVE_THE_PACKAGE = {"benchmarks", "experiments", "notebooks", "tests"}

SET_UP = ("pip install uv && uv run besiege run", "uv run pytest")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / "sim").rglob("*.py"))}


def imported_names(path):
    """Give what a file imports, at its top or inside a function, by full dotted name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            names |= {f"{source}.{alias.name}" for alias in node.names}
    return names


def module_of(name):
    """Give the module of the package that an imported name is or stands in, or None."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


ARROWS = {
    module: {found for name in imported_names(path) if (found := module_of(name))}
    for module, path in MODULES.items()
}


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def lines_of_tracked_texts():
    for name in tracked_files():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
                yield f"{name}:{number}", line


def test_the_files_of_the_package_import_in_no_circle():
    try:
        TopologicalSorter(ARROWS).prepare()
    except CycleError as error:
        pytest.fail("a circle: " + " <- ".join(error.args[1]))


def test_no_file_of_the_package_imports_the_package_itself():
    assert [module for module, targets in ARROWS.items() if "sim" in targets] == []


def test_a_file_imports_nothing_that_lies_above_it():
    wrong = [
        f"{module} imports {target}"
        for module, targets in ARROWS.items()
        for layer, above in FORBIDDEN.items()
        if fnmatch(module, layer)
        for target in targets
        if any(fnmatch(target, pattern) for pattern in above)
    ]
    assert wrong == []


def test_the_package_knows_nothing_of_its_tests_experiments_and_notebooks():
    wrong = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        for name in imported_names(path)
        if name.partition(".")[0] in ABOVE_THE_PACKAGE
    ]
    assert wrong == []


def test_no_tracked_file_names_a_folder_of_one_machine():
    folders = ("work", "root", "farm", "home/[a-z]+", "Users/[A-Za-z]+", "tmp/wt")
    pattern = re.compile(rf"(?<![\w.])/(?:{'|'.join(folders)})/")
    assert [place for place, line in lines_of_tracked_texts() if pattern.search(line)] == []


def test_no_tracked_file_names_the_address_of_a_package_registry():
    # in pieces, so that this file passes too
    hosts = [("pypi", "org"), ("python" + "hosted",), ("registry", "npmjs"), ("deb", "debian")]
    pattern = re.compile("|".join(r"\.".join(host) for host in hosts))
    assert [place for place, line in lines_of_tracked_texts() if pattern.search(line)] == []


def test_no_lock_file_and_nothing_compiled_is_tracked():
    made = re.compile(r"(^|/)(uv\.lock|__pycache__/.*|[^/]+\.(nbi|nbc|pyc))$")
    assert [name for name in tracked_files() if made.search(name)] == []


def declared_requirements():
    project = PROJECT["project"]
    yield from project["dependencies"]
    for extra in project["optional-dependencies"].values():
        yield from extra
    for group in PROJECT["dependency-groups"].values():
        yield from (entry for entry in group if isinstance(entry, str))


def package(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def test_every_declared_dependency_is_pinned_to_one_version():
    pins = PROJECT["tool"]["uv"]["constraint-dependencies"]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", pin)] == []
    assert {package(entry) for entry in declared_requirements()} <= {package(pin) for pin in pins}


def test_the_readme_gives_the_two_commands_and_ci_runs_the_second():
    readme = (ROOT / "README.md").read_text()
    assert [command for command in SET_UP if command not in readme] == []
    assert SET_UP[1] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_model_version_of_the_code_has_its_entry_in_the_changelog():
    assigned = re.compile(r"^MODEL_VERSION\b[^=\n]*= *(\d+)", re.MULTILINE)
    versions = {v for path in MODULES.values() for v in assigned.findall(path.read_text())}
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert versions <= set(re.findall(r"MODEL_VERSION (\d+)", changes))


def test_the_tests_to_which_mutants_are_held_are_there():
    named = [test for file in mutation.TESTS for test in mutation.tests_of(file)]
    missing = [test for test in named if not (ROOT / test.partition("::")[0]).is_file()]
    missing += [
        test
        for test in named
        if (name := test.partition("::")[2].partition("[")[0])
        and f"def {name}(" not in (ROOT / test.partition("::")[0]).read_text("utf-8")
    ]
    assert missing == []


def test_the_name_of_every_test_reads_as_a_sentence():
    short = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if len(node.name.removeprefix("test_").split("_")) < 4
    ]
    assert short == []
