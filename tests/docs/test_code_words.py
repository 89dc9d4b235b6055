"""The glossary of code words: every place that it names exists."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| ([^|]+) \| [^|]+ \| `(sim[\w.]*)` \|$",
    (ROOT / "docs/reference/code-words.md").read_text(encoding="utf-8"),
    flags=re.M,
)
NEEDS_AN_EXTRA = "sim.views.page"


def source_of(parts):
    """Return the file of a module or package, whether or not it exists."""
    stem = ROOT.joinpath(*parts)
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


def exists(dotted):
    """Return whether a dotted name leads to a module or to something that a module defines."""
    parts = dotted.split(".")
    sizes = [n for n in range(1, len(parts) + 1) if source_of(parts[:n]).exists()]
    if not sizes:
        return False
    module, names = parts[: sizes[-1]], parts[sizes[-1] :]
    if dotted.startswith(NEEDS_AN_EXTRA):
        return defined_in(source_of(module), names)
    thing = importlib.import_module(".".join(module))
    for name in names:
        if name in getattr(thing, "__annotations__", {}):  # a dataclass's field without a default
            return name == names[-1]
        if not hasattr(thing, name):
            return False
        thing = getattr(thing, name)
    return True


def defined_in(path, names):
    """Return whether a source file defines a class or function, found without importing it."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for name in names:
        found = [n for n in body if getattr(n, "name", None) == name]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


@pytest.mark.parametrize(("word", "where"), ROWS, ids=[word for word, _ in ROWS])
def test_a_code_word_stands_where_the_glossary_says(word, where):
    assert exists(where), f"{word}: no {where}"


@pytest.mark.parametrize(
    "wrong",
    [
        "sim.no_such_module",
        "sim.world.world.Wrld",
        "sim.world.world.World.wieght",
        "sim.setup.population.Stores.stock_twin.more",
        "sim.views.page.worlds.Sesion",
        "sim.views.page.no_such_module.Session",
    ],
)
def test_a_wrong_place_of_a_code_word_is_found(wrong):
    assert not exists(wrong)


def test_every_row_of_the_glossary_is_read_and_no_word_stands_twice():
    text = (ROOT / "docs/reference/code-words.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    headings = sum(line.startswith(("| word |", "| --- |")) for line in rows)
    assert len(ROWS) == len(rows) - headings > 40
    assert len({word for word, _ in ROWS}) == len(ROWS)
