"""What README and the documentation tell a reader to type, and what of it is tried."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
GUIDES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)

_BLOCK = re.compile(
    r"(?P<mark>^[ ]*<!-- not run: (?P<why>.+?) -->\n)?"
    r"^(?P<indent>[ ]*)```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n"
    r"(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    kind: str  # sh, python, toml, diff, text …
    text: str
    line: int
    title: str | None = None  # a file it is to be
    not_run: str | None = None  # why it is left out


def blocks(path: Path) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(
            found["kind"], textwrap.dedent(found["text"]),
            text[: found.start("kind")].count("\n") + 1, found["title"], found["why"],
        )
        for found in _BLOCK.finditer(text)
    ]  # fmt: skip


# What is typed on a page, and what is run in its place: the same command, smaller.
INSTEAD = [
    (r"^uv sync\b.*$", ":"),  # the environment of the tests has everything
    (r"^uv run pytest( +#.*)?$", ":"),  # these tests
    (r"\bpip install uv && ", ""),
    (r"\buv run (?:--(?:extra|group) \S+ |--all-\S+ )*", ""),
    (r"--runs \d+", "--runs 2"),
    (r"\bbesiege (run|hindcast|compare)\b(?!.*--scale)", r"besiege \1 --scale 0.01"),
    (r"\bbesiege (hindcast|compare)\b(?!.*--runs)", r"besiege \1 --runs 2"),
    (r"\bbesiege (hindcast|compare|sweep)\b(?!.*--workers)", r"besiege \1 --workers 1"),
    (r"--scale 0\.0?[2-9]\d*|--scale 0\.[1-9]\d*|--scale 1(\.0)?\b", "--scale 0.01"),
]


def smaller(command: str) -> str:
    """Return what is run in place of a block of commands."""
    joined = command.replace("\\\n", " ")
    for pattern, new in INSTEAD:
        joined = re.sub(pattern, new, joined, flags=re.MULTILINE)
    return joined


def smaller_python(code: str) -> str:
    """Return what is run in place of a block of Python: at most four runs a point."""
    return re.sub(r"\bruns=\d{2,}", "runs=2", code)


def patch(root: Path, name: str, diff: str) -> None:
    """Change a file as a page says: lines with ``-`` go, lines with ``+`` come.

    A file that is not there yet is made, if all its lines come.

    Raises
    ------
    ValueError
        If the lines that stay or go do not stand in the file exactly once.
    """
    path = root / name
    lines = diff.splitlines()
    if not path.exists() and all(line[:1] == "+" for line in lines):
        path.write_text("".join(f"{line[1:]}\n" for line in lines), encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in {" ", "-", ""})
        new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in {" ", "+", ""})
        if text.count(old) != 1:
            raise ValueError(f"{name}: {text.count(old)} places, not one, have\n{old}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
