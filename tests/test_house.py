"""The house rules that a machine can check: layers, pins, names, and what is never tracked."""

import ast
import re
import subprocess
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.mutation import __main__ as mutation

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# From bottom to top: a module imports what stands in its own row or in one above it here.
LAYERS = (
    ("sim.version",),
    ("sim.core",),
    ("sim.io",),
    ("sim.rules",),
    ("sim.setup",),
    ("sim.responses",),
    ("sim.scenario",),
    ("sim.outcomes",),
    ("sim.world",),
    ("sim.figures",),
    ("sim.stages", "sim.agents"),
    ("sim.running",),
    ("sim.limiting_cases", "sim.bench", "sim.lab"),
    ("sim.comparing",),
    ("sim.views",),
    ("sim", "sim.cli"),
)
PUBLIC_FUNCTIONS = ("run", "sweep", "search", "compare", "hindcast")
MOST_LOOSE_FILES = 4
LONGEST_FILE = 400
"""Lines; a file that needs more has more than one reason to change."""

MOST_ARGUMENTS = 8
"""Of a kernel; one that needs more takes tuples of columns."""

ABOVE_THE_PACKAGE = {"benchmarks", "experiments", "notebooks", "tests"}

SET_UP = ("pip install uv && uv run besiege run", "uv run pytest")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / "sim").rglob("*.py"))}


@cache
def nodes_of(path):
    """Return the nodes of a source's syntax tree; every file is parsed once."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imported_names(path):
    """Return what a file imports, at its top or inside a function, by full dotted name."""
    names = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            names |= {f"{source}.{alias.name}" for alias in node.names}
    return names


def module_of(name):
    """Return the module of the package that an imported name is or stands in, or None."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


ARROWS = {
    module: {found for name in imported_names(path) if (found := module_of(name))}
    for module, path in MODULES.items()
}


def rank_of(module):
    """Return the row of `LAYERS` that covers a module, or None."""
    for rank, row in enumerate(LAYERS):
        for place in row:
            if module == place or (place != "sim" and module.startswith(f"{place}.")):
                return rank
    return None


def package_of(module):
    """Return the package in which a module stands; a loose file of the top is its own."""
    if (MODULES.get(module) or Path()).name == "__init__.py":
        return module
    package = module.rpartition(".")[0]
    return module if package == "sim" else package


def faults_of_layers(arrows):
    """List what a tree of imports breaks: layers, and circles of packages."""
    faults = [f"{module} has no layer" for module in arrows if rank_of(module) is None]
    faults += [
        f"{place} stands in LAYERS and nowhere else"
        for row in LAYERS
        for place in row
        if not any(m == place or m.startswith(f"{place}.") for m in arrows)
    ]
    faults += [
        f"{module} imports {target}, which lies above it"
        for module, targets in arrows.items()
        for target in targets
        if (rank_of(target) or 0) > (rank_of(module) or 0)
    ]
    packages = {}
    for module, targets in arrows.items():
        packages.setdefault(package_of(module), set()).update(map(package_of, targets))
    try:
        TopologicalSorter({p: ts - {p} for p, ts in packages.items()}).prepare()
    except CycleError as error:
        faults.append("packages in a circle: " + " <- ".join(error.args[1]))
    return faults


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


def test_every_module_has_its_layer_and_imports_nothing_from_above():
    assert faults_of_layers(ARROWS) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sim.loose": set()}, "sim.loose has no layer"),
        ({"sim.core.units": {"sim.cli"}}, "sim.core.units imports sim.cli, which lies above it"),
        (
            {"sim.limiting_cases.crowd": {"sim.bench.bench"}, "sim.bench.bench": {"sim.limiting_cases.crowd"}},
            "packages in a circle",
        ),
        (
            {"sim.lab.design.spec": {"sim.lab.storage.store"},
             "sim.lab.storage.store": {"sim.lab.design.spec"}},
            "packages in a circle",
        ),
    ],
)  # fmt: skip
def test_a_tree_that_breaks_the_layers_is_found(change, fault):
    changed = ARROWS | {m: ARROWS.get(m, set()) | targets for m, targets in change.items()}
    assert any(found.startswith(fault) for found in faults_of_layers(changed))


def test_a_row_of_layers_that_covers_nothing_is_found():
    without = {m: t for m, t in ARROWS.items() if not m.startswith("sim.io")}
    assert "sim.io stands in LAYERS and nowhere else" in faults_of_layers(without)


def test_no_stage_imports_another_stage():
    stages = {m: targets for m, targets in ARROWS.items() if m.startswith("sim.stages.")}
    assert {
        m: targets & set(stages) for m, targets in stages.items() if targets & set(stages)
    } == {}


def test_no_package_bears_the_name_of_a_public_function():
    assert [name for name in PUBLIC_FUNCTIONS if (ROOT / "sim" / name).is_dir()] == []


def test_few_files_lie_loose_in_the_package():
    assert len(list((ROOT / "sim").glob("*.py"))) <= MOST_LOOSE_FILES


def test_no_file_of_the_package_is_longer_than_a_reader_keeps_in_mind():
    lengths = {
        module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()
    }
    assert {module: n for module, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_kernel_takes_more_arguments_than_a_reader_keeps_apart():
    taken = {
        f"{module}.{node.name}": len(node.args.args)
        for module, path in MODULES.items()
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef)
        and any(getattr(decorator, "id", "") == "kernel" for decorator in node.decorator_list)
    }
    assert len(taken) > 50
    assert {name: n for name, n in taken.items() if n > MOST_ARGUMENTS} == {}


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


def misplaced_unit_tests(files):
    """List the files below tests/unit whose place names no module of the package.

    A file is named after its module, or after the package where its subject is several modules'.
    """
    faults = []
    for file in files:
        package = ".".join(("sim", *file.parent.parts))
        module = f"{package}.{file.stem.removeprefix('test_')}"
        if module not in MODULES and not (
            file.stem == f"test_{file.parent.name}" and package in MODULES
        ):
            faults.append(f"tests/unit/{file.as_posix()}: no module {module}")
    return faults


def test_every_unit_test_stands_where_its_module_does():
    unit = ROOT / "tests" / "unit"
    files = [path.relative_to(unit) for path in sorted(unit.rglob("test_*.py"))]
    assert files
    assert misplaced_unit_tests(files) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "core/test_chanse.py",
        "test_chance.py",
        "setup/test_chance.py",
        "rules/test_core.py",
        "nowhere/test_nowhere.py",
    ],
)
def test_a_unit_test_of_no_module_is_found(wrong):
    assert misplaced_unit_tests(
        [Path("core/test_chance.py"), Path("lab/design/test_design.py"), Path(wrong)]
    ) == [f"tests/unit/{wrong}: no module sim.{wrong[:-3].replace('/', '.').replace('test_', '')}"]


def test_the_name_of_every_test_reads_as_a_sentence():
    short = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if len(node.name.removeprefix("test_").split("_")) < 4
    ]
    assert short == []
