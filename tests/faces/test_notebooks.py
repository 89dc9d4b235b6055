"""The notebooks: each runs from top to bottom as it is kept, and is fit to be read.

Run by nbmake: ``uv run --group notebooks pytest -m faces tests/faces/test_notebooks.py``.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 700_000
SECONDS_A_CELL = 300
"""Far above what a cell takes: the machine may be busy, and the first cell compiles the engine."""


def name_of(path):
    return path.name


def cells(path, kind):
    return [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell["outputs"]]


def test_there_are_eight_of_them_in_order():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{n:02d}" for n in range(1, 9)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_every_cell_runs_from_top_to_bottom(path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbmake", f"--nbmake-timeout={SECONDS_A_CELL}",
         "-m", "", "-n", "0", path.name],
        cwd=FOLDER, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_it_opens_with_a_question_lets_one_thing_be_changed_and_ends_with_exercises(path):
    first, *_, last = cells(path, "markdown")
    assert re.search(r"^\*\*.+\?\*\*$|\?.*\*\*$", source(first), re.MULTILINE)
    tagged = [c for c in cells(path, "code") if "change-me" in c["metadata"].get("tags", [])]
    assert tagged
    assert all(source(cell).startswith("# ---- change this cell") for cell in tagged)
    assert "## Exercises" in source(last)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_it_is_kept_as_it_ran_small_and_without_a_trace_of_the_machine(path):
    assert path.stat().st_size <= MOST_BYTES
    kept = json.loads(path.read_text("utf-8"))
    code = cells(path, "code")
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert {o["output_type"] for o in outputs(path)} <= {"stream", "execute_result", "display_data"}
    assert [o for o in outputs(path) if o.get("name") == "stderr"] == []
    assert all(set(c["metadata"]) <= {"tags"} for c in kept["cells"])
    assert set(kept["metadata"]) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_every_figure_is_kept_as_a_picture_and_has_a_headline(path):
    shown = [output["data"] for output in outputs(path) if "data" in output]
    figures = [data for data in shown if "<Figure" in "".join(data.get("text/plain", ""))]
    assert all("image/png" in data for data in figures)
    assert len(figures) >= 2
    drawing = [source(c) for c in cells(path, "code") if "plt.show()" in source(c)]
    assert [text for text in drawing if "title(" not in text] == []
