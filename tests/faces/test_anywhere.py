"""The commands where little is given: no home, a narrow output, a full one, a strict Python."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim.cli
from sim.scenario.scenario import Scenario
from tests.small_worlds import SMALL

ROOT = Path(__file__).parents[2]
TINY = ["--scenario", "small", "--scale", "0.001", "--set", "hours=48", "--runs", "2"]
SWEEP = """
name = "×–é"
question = "how many – and × how much?"
scenario = "small"
runs = 2
outcomes = ["cum_actions"]
[constants]
scale = 0.001
hours = 30
[factors]
"attention.memory" = [30.0, 60.0]
"""


class Raw(io.BytesIO):
    """Keeps what was written when the stream around it is closed."""

    def close(self):
        """Stay open."""


@pytest.fixture
def narrow(monkeypatch, tmp_path):
    """Call the command line here with outputs of a narrow encoding."""
    monkeypatch.chdir(tmp_path)

    def call(encoding, *arguments):
        streams = []
        for name in ("stdout", "stderr"):
            streams.append(Raw())
            monkeypatch.setattr(sys, name, io.TextIOWrapper(streams[-1], encoding=encoding))
        monkeypatch.setattr(sys, "argv", ["besiege", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            sim.cli.main()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        out, err = (raw.getvalue().decode(encoding) for raw in streams)
        return stop.value.code or 0, out, err

    return call


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_every_command_writes_to_a_narrow_output(narrow, tmp_path, encoding):
    own = Scenario.load("small").replace({**SMALL, "hours": 40, "name": "café – 2 ×"})
    Path("own.toml").write_text(own.to_toml(), encoding="utf-8")
    Path("sweep.toml").write_text(SWEEP, encoding="utf-8")
    commands = [
        ["run", "own.toml", "--out", "run–1"], ["run", "own.toml", "--quiet", "--out", "run–2"],
        ["show", "run–1"], ["report", "run–1"], ["explain", "own.toml", "--agent", "store:1"],
        ["compare", "silence", "protect", *TINY, "--workers", "1", "--out", "×"], ["show", "×"],
        ["sweep", "sweep.toml", "--workers", "1", "--out", "sweep–"], ["show", "sweep–"],
        ["hindcast", *TINY[1:2], *TINY[2:], "--workers", "1", "--out", "hind–"], ["show", "hind–"],
        ["scenarios"], ["responses"], ["responses", "protect"], ["fees"], ["--help"], ["run", "--help"],
    ]  # fmt: skip
    for command in commands:
        code, out, err = narrow(encoding, *command)
        assert code == 0, (command, err)
        assert out, command
    for command in (["show", "run–1"], ["show", "×"], ["show", "sweep–"], ["show", "hind–"],
                    ["scenarios"], ["responses", "protect"], ["fees"], ["explain", "own.toml", "--agent", "store:1"],
                    ["run", "own.toml", "--out", "run–3"]):  # fmt: skip
        code, out, err = narrow(encoding, *command, "--json")
        assert (code, out.isascii()) == (0, True), (command, err)
        json.loads(out)
    _, out, _ = narrow(encoding, "show", "run–1", "--json")
    assert json.loads(out)["scenario"] == "café – 2 ×"
    assert json.loads(narrow(encoding, "schema")[1])["title"] == "Scenario"


def test_a_refusal_is_one_line_on_a_narrow_output(narrow):
    code, out, err = narrow("ascii", "run", "no–such×")
    assert (code, out) == (2, "")
    assert err.startswith('scenario: given "no-suchx"')
    assert err.count("\n") == 1


def python(*arguments, cwd, **environment):
    cleared = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MPL", "NUMBA_"))}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
        env=cleared | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a system without /dev/full")
def test_a_full_or_closed_output_is_no_traceback(tmp_path):
    command = [sys.executable, "-c", "import sim.cli; sim.cli.main()", "fees"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == "standard output: No space left on device\n"
    closed, write = os.pipe()
    os.close(closed)
    done = subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


MAIN = "import sim.cli; sim.cli.main()"


@pytest.mark.slow
def test_without_a_home_every_command_works_and_one_line_says_what_to_set(tmp_path):
    # A file stands where a folder would be made: not even root can write below it.
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "sim" / "__pycache__").write_bytes(b"")
    for name in ("tmp", "work"):
        (tmp_path / name).mkdir(mode=0o700)
    where = {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path / "sim" / "__pycache__"),
             "TMPDIR": str(tmp_path / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    commands = [
        ["run", "small", "--hours", "30", "--scale", "0.001", "--quiet", "--out", "r"],
        ["show", "r"], ["report", "r"], ["scenarios"], ["responses"], ["schema"],
        ["compare", "silence", "protect", *TINY, "--workers", "2", "--quiet", "--out", "c"],
        ["explain", "small", "--scale", "0.001", "--hours", "30", "--agent", "store:1", "--json"],
    ]  # fmt: skip
    for command in commands:
        done = python("-c", MAIN, *command, cwd=tmp_path / "work", **where)
        assert done.returncode == 0, done.stderr
        slow = "Matplotlib is building the font cache"  # said where it takes more than five seconds
        (said,) = (line for line in done.stderr.splitlines() if not line.startswith(slow))
        assert "set XDG_CACHE_HOME to a folder in which you can write" in said
    kept = list((tmp_path / "tmp").rglob("*.nbc"))
    assert kept
    silent = python(
        "-c", MAIN, "scenarios", cwd=tmp_path, **where, XDG_CACHE_HOME=str(tmp_path / "x")
    )
    assert (silent.returncode, silent.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("how", [["-O"], ["-OO"], ["-W", "error"], ["-X", "utf8=0"]], ids=" ".join)
def test_a_strict_or_optimised_python_runs_compares_and_sweeps(tmp_path, how):
    (tmp_path / "sweep.toml").write_text(SWEEP, encoding="utf-8")
    for command in (
        ["run", "small", "--scale", "0.001", "--hours", "40", "--out", "r"],
        ["compare", "silence", "protect", *TINY, "--workers", "1", "--out", "c"],
        ["sweep", "sweep.toml", "--workers", "1", "--out", "s"],
        ["show", "s"],
    ):
        done = python(*how, "-c", MAIN, *command, cwd=tmp_path, LC_ALL="C", PYTHONCOERCECLOCALE="0")
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


SPAWNED = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import sim

if __name__ == "__main__":
    made = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    with made as pool:
        there = list(pool.map(outcomes, [1, 2]))
    print(there == [outcomes(1), outcomes(2)])
"""


@pytest.mark.slow
def test_runs_in_spawned_processes_are_the_runs_of_this_one(tmp_path):
    function = "\n\ndef outcomes(seed):\n    return sim.run('small', seed, scale=0.001, hours=40).outcomes\n\n"
    (tmp_path / "spawned.py").write_text(SPAWNED.replace("\nif __name__", function + "if __name__"))
    done = python("spawned.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_importing_every_module_hides_no_public_function():
    code = (
        "import pkgutil, importlib, sim\n"
        "for found in pkgutil.walk_packages(sim.__path__, 'sim.'): importlib.import_module(found.name)\n"
        "print([n for n in ('run', 'sweep', 'compare', 'hindcast') if not callable(getattr(sim, n))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
