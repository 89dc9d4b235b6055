"""What a command loads, and when: modules are counted and not seconds."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sim.views.terminal.terminal import print_rows, without_nan

ROOT = Path(__file__).parents[2]
FAR = ["mesa", "networkx", "scipy.stats", "sim.lab.hindcast", "sim.lab.design.draws"]
"""What no command of one run needs."""
COMMAND = """
import sys
from sim import cli
sys.argv = ["besiege", *sys.argv[1:]]
try:
    cli.main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def call(*arguments, cwd, code=COMMAND, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def loaded(*arguments, cwd, code=COMMAND):
    return set(call(*arguments, cwd=cwd, code=code).stderr.split())


COMMANDS = [
    (["--help"], ["numpy", "pydantic_core"]),
    (["scenarios"], ["numba", "scipy", "pandas", "duckdb", "matplotlib", "sim.responses"]),
    (["fees"], ["numba", "scipy", "pandas", "duckdb", "matplotlib"]),
    (["responses"], ["numba", "scipy", "pandas", "duckdb", "matplotlib"]),
    (["schema"], ["numba", "scipy", "pandas", "duckdb", "matplotlib"]),
    (["explain", "small", "--hours", "12", "--agent", "seller:7"], ["pandas", "duckdb", "matplotlib"]),
    (["explain", "small", "--hours", "3", "--agent", "rival:0"], ["pandas", "duckdb", "matplotlib"]),
    (["run", "small", "--hours", "3"], ["rich.progress", "loky", "cloudpickle"]),
]  # fmt: skip


@pytest.mark.parametrize(("command", "without"), COMMANDS, ids=lambda given: given[0])
def test_a_command_loads_only_what_it_needs(tmp_path, command, without):
    found = loaded(*command, cwd=tmp_path)
    assert "sim.cli" in found
    assert found.isdisjoint([*FAR, *without])


def test_a_run_in_python_needs_neither_mesa_nor_pictures_nor_the_lab(tmp_path):
    code = "import sys, sim\nsim.run('small', hours=3)\nprint(*sys.modules, file=sys.stderr)"
    assert loaded(cwd=tmp_path, code=code).isdisjoint([*FAR, "matplotlib", "duckdb", "sim.lab"])


TOLD_FIRST = """
import sys
from sim import cli
from sim.views.terminal import terminal
tell = terminal.tell

def told(result):
    tell(result)
    print(*sys.modules, file=sys.stderr)

terminal.tell = told
sys.argv = ["besiege", "run", "small", "--hours", "3"]
cli.main()
"""


def test_the_story_of_a_run_is_told_before_what_writes_and_draws_is_loaded(tmp_path):
    found = loaded(cwd=tmp_path, code=TOLD_FIRST)
    assert found.isdisjoint([*FAR, "matplotlib", "duckdb"])
    assert (tmp_path / "runs" / "latest" / "siege.png").is_file()


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_run_whose_reader_has_left_is_written_all_the_same(tmp_path, more):
    closed, write = os.pipe()
    os.close(closed)
    code = "import sys; sys.argv[0] = 'besiege'\nfrom sim.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "small", "--hours", "3", *more], cwd=tmp_path,
        stdout=write, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
    names = {path.name for path in (tmp_path / "runs" / "latest").iterdir()}
    assert {"outcomes.json", "hours.parquet", "siege.png"} <= names


ROWS = [{"hour": hour, "decision": "in" if hour > 20 else "out", "utility": -0.0} for hour in range(40)]  # fmt: skip


def test_of_a_long_diary_the_hours_before_a_change_and_the_last_are_printed(capsys):
    print_rows(ROWS, "seller:1", one=False)
    hours = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert [hour for hour in hours if hour.isdecimal()] == ["0", "19", "20", "21", "37", "38", "39", "33"]  # fmt: skip


def test_of_a_diary_without_words_the_last_hours_are_printed(capsys):
    print_rows([{"hour": hour, "orders": 1.0} for hour in range(40)], "rival:1", one=False)
    hours = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert [hour for hour in hours if hour.isdecimal()] == ["37", "38", "39", "37"]


def test_rows_for_json_hold_no_infinity_and_no_zero_below_zero():
    rows = without_nan([{"a": float("nan"), "b": float("-inf"), "c": -0.0, "d": "x", "e": True}])
    assert str(rows) == "[{'a': None, 'b': None, 'c': 0.0, 'd': 'x', 'e': True}]"


@pytest.mark.slow
def test_the_first_command_on_a_machine_says_once_that_it_compiles_and_how_far_it_is(tmp_path):
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    code = "import sys; sys.argv[0] = 'besiege'\nfrom sim.cli import main; main()"
    command = ["run", "small", "--hours", "3", "--quiet", "--out", tmp_path / "run"]
    first = call("explain", "small", "--hours", 12, "--agent", "seller:1", cwd=tmp_path, code=code, **cache)  # fmt: skip
    assert first.stderr.splitlines() == [
        "Compiling the engine; this happens once on each machine and takes about twenty seconds …"
    ]
    assert call(*command, cwd=tmp_path, code=code, **cache).stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own")
def test_on_a_terminal_the_number_of_compiled_functions_is_counted(tmp_path):
    here, there = pty.openpty()
    code = "import sys; sys.argv[0] = 'besiege'\nfrom sim.cli import main; main()"
    command = ["explain", "small", "--hours", "12", "--agent", "seller:1"]
    running = subprocess.Popen(
        [sys.executable, "-c", code, *command], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=there,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    os.close(there)
    said = b""
    try:
        while part := os.read(here, 4096):
            said += part
    except OSError:  # the other end is closed
        pass
    assert running.wait() == 0
    counts = [int(part.split()[0]) for part in said.decode().split("machine: ")[1:]]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] > 50
