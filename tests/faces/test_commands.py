"""The command line, what it prints, what it writes, what it refuses."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import sim.cli
from sim.figures.numbers import in_millions
from sim.io import parquet
from sim.outcomes.outcomes import OUTCOMES, plain
from sim.responses import measures
from sim.running.loop import Loop
from sim.running.model import Siege
from sim.running.run import run
from sim.scenario.library import load_fees, load_response
from sim.scenario.scenario import Scenario
from sim.scenario.toml import library_names
from sim.version import MODEL_VERSION
from sim.views.terminal import terminal
from tests.small_worlds import SMALL

HOURS = 60
SMALLER = [
    f"--set={path}={value}" for path, value in SMALL.items() if path != "scale"
] + [f"--scale={SMALL['scale']}", f"--hours={HOURS}"]  # fmt: skip


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self):
        return self.err.strip().splitlines()


@pytest.fixture
def besiege(monkeypatch, capsys, tmp_path, undrawn):
    """Call the command line here, in a folder of its own, without drawing the picture."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["besiege", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            sim.cli.main()
        out, err = capsys.readouterr()
        return Said(stop.value.code or 0, out, err)

    return call


@cache
def expected():
    scenario = Scenario.load("taobao-2011").replace({**SMALL, "hours": HOURS})
    return run(scenario, seed=5)


def test_the_installed_command_prints_one_json_object_and_leaves_the_folder_of_the_contract(
    tmp_path,
):
    program = shutil.which("besiege", path=str(Path(sys.executable).parent))
    assert program is not None
    folder, result = tmp_path / "a", expected()
    done = subprocess.run(
        [program, "run", *SMALLER, "--seed", "5", "--json", "--out", str(folder)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONHASHSEED": "3", "OMP_NUM_THREADS": "3"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    printed = json.loads(done.stdout)
    assert {"scenario", "seed", "scale", "hours", "version", "wall_seconds", "outcomes"} <= set(
        printed
    )
    assert printed["scenario"] == "taobao-2011"
    assert (printed["seed"], printed["scale"], printed["hours"]) == (5, 0.01, HOURS)
    assert printed["wall_seconds"] > 0
    assert list(printed["outcomes"]) == list(OUTCOMES)
    for name, entry in printed["outcomes"].items():
        assert entry == {"value": result.outcomes[name], "unit": OUTCOMES[name].unit}

    names = {path.name for path in folder.iterdir()}
    assert {"scenario.toml", "outcomes.json", "columns.json", "hours.parquet", "stores.parquet",
            "rivals.parquet", "siege.png"} <= names  # fmt: skip
    assert not [name for name in names if name.endswith(".part") or name.startswith(".")]
    assert Scenario.load(folder / "scenario.toml").fingerprint == result.scenario.fingerprint
    saved = json.loads((folder / "outcomes.json").read_text())
    assert saved["outcomes"] == result.to_dict()["outcomes"]
    assert (folder / "siege.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "siege.png").stat().st_size > 10_000
    described = json.loads((folder / "columns.json").read_text())
    for path in folder.glob("*.parquet"):
        table = parquet.read(path)
        assert set(described[path.stem]) == set(table.columns)
        for column in table.columns:
            meaning = described[path.stem][column]
            assert meaning["unit"]
            assert meaning["meaning"]
            if table[column].isna().any():
                assert meaning["null"] != "never", column
        parquet.write(getattr(result, path.stem), tmp_path / "again.parquet")
        assert path.read_bytes() == (tmp_path / "again.parquet").read_bytes()


def test_a_run_as_json_says_nothing_beside_its_json(besiege):
    said = besiege("run", *SMALLER, "--seed", 5, "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["outcomes"] == expected().to_dict()["outcomes"]


def test_the_tables_of_a_result_are_described_column_by_column(tmp_path):
    from sim.running.tables import describe_columns

    result, described = expected(), describe_columns()
    for name in ("hours", "stores", "rivals", "sellers"):
        table = getattr(result, name)
        assert list(table.columns) == list(described[name])
        parquet.write(table, tmp_path / f"{name}.parquet")
        back = parquet.read(tmp_path / f"{name}.parquet")
        assert list(back.columns) == list(table.columns)
        assert len(back) == len(table)


def test_a_finished_run_can_be_shown_again(besiege):
    first = besiege("run", *SMALLER, "--seed", 5, "--json", "--out", "here")
    assert first.code == 0
    shown = besiege("show", "here", "--json")
    assert json.loads(shown.out)["outcomes"] == json.loads(first.out)["outcomes"]
    told = besiege("show", "here")
    assert told.code == 0
    assert "peak_online" in told.out


def test_a_saved_scenario_runs_again_to_the_same_outcomes(besiege):
    first = besiege("run", *SMALLER, "--seed", 5, "--json", "--out", "here")
    second = besiege("run", "here/scenario.toml", "--seed", 5, "--json", "--out", "there")
    assert json.loads(second.out)["outcomes"] == json.loads(first.out)["outcomes"]


def test_a_run_without_options_tells_the_story_and_where_it_lies(besiege):
    said = besiege("run", "small", "--hours", HOURS)
    assert said.code == 0
    assert "fees were announced" in said.out
    assert "cum_actions" in said.out
    assert "runs/latest" in said.out


def test_a_quiet_run_prints_its_folder_alone(besiege):
    said = besiege("run", "calm", *SMALLER, "--quiet", "--out", "here")
    assert (said.code, said.out, said.err) == (0, "here\n", "")


def test_an_option_of_its_own_wins_over_a_setting_and_a_later_setting_over_an_earlier(besiege):
    said = besiege(
        "run", "small", "--set", "fees.new.standard=15000", "--set", "fees.new.standard=16000",
        "--set", "hours=20", "--hours", 12, "--response", "protect", "--quiet", "--out", "here",
    )  # fmt: skip
    assert said.code == 0
    saved = Scenario.load("here/scenario.toml")
    assert saved.fees.new.standard == 16000
    assert saved.hours == 12
    assert saved.response.name == "protect"


def test_help_is_printed_without_loading_the_engine():
    words = "import sys; sys.argv = ['besiege', '--help']\nfrom sim import cli\n"
    check = "try:\n    cli.main()\nfinally:\n    assert 'numpy' not in sys.modules\n"
    done = subprocess.run(
        [sys.executable, "-c", words + check], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "scenarios" in done.stdout


AGENTS = [
    "seller:7",
    "onlooker:12",
    "consumer:3",
    "store:4",
    "rival:1",
    "platform",
    "organisers",
]


@pytest.mark.parametrize("agent", AGENTS)
def test_every_kind_of_agent_is_explained(besiege, agent):
    said = besiege("explain", "--agent", agent, "small", "--hours", HOURS)
    assert said.code == 0
    assert len(said.out.splitlines()) >= 2
    as_json = besiege("explain", "--agent", agent, "small", "--hours", HOURS, "--json")
    rows = json.loads(as_json.out)
    assert len(rows) >= 1
    assert all("hour" in row for row in rows)


def test_one_of_many_agents_must_be_named_with_its_row(besiege):
    said = besiege("explain", "--agent", "seller", "small", "--hours", HOURS)
    assert said.code == 2
    assert "allowed seller:0 to seller:" in said.err


def test_one_hour_of_an_agent_is_explained_term_by_term(besiege):
    said = besiege("explain", "--agent", "seller:7", "small", "--hour", 47, "--json")
    (row,) = json.loads(said.out)
    siege = Siege("small", seed=1)
    siege.run_for(48)
    assert row["hour"] == 47
    assert row["stance"] == siege.sellers[7].stance.name
    told = besiege("explain", "--agent", "seller:7", "small", "--hour", 47)
    assert "grievance" in told.out
    assert "utility" in told.out


LISTS = [
    ("scenarios", "taobao-2011"),
    ("ensembles", "wide"),
    ("responses", "protect"),
    ("schema", "population"),
]


@pytest.mark.parametrize(("command", "word"), LISTS)
def test_a_list_of_the_library_names_what_is_in_it(besiege, command, word):
    said = besiege(command)
    assert said.code == 0
    assert word in said.out


def test_lists_and_schema_are_json_when_asked(besiege):
    assert set(json.loads(besiege("scenarios", "--json").out)) == set(library_names("scenarios"))
    assert set(json.loads(besiege("responses", "--json").out)) == set(library_names("responses"))
    schema = json.loads(besiege("schema").out)
    # a scenario file may name the ensemble that its values come from; a scenario has the values
    assert {*Scenario.model_fields, "ensemble"} == set(schema["properties"])


def test_an_ensemble_tells_who_made_it_and_how_its_parameters_are_spread(besiege):
    known = json.loads(besiege("ensembles", "--json").out)
    assert set(known) == {"calibrated", "wide"}
    assert known["wide"]["model_version"] == MODEL_VERSION
    best = json.loads(besiege("ensembles", "calibrated", "--json").out)
    assert best["members"] == known["calibrated"]["members"] >= 100
    assert {"date", "model_version", "warning"} <= set(best)
    for row in best["parameters"]:
        assert row["p05"] <= row["median"] <= row["p95"]
    priors = json.loads(besiege("ensembles", "assumed", "--json").out)
    assert priors["name"] == "wide"
    assert all(row["low"] < row["high"] for row in priors["parameters"])
    assert "attention.memory" in besiege("ensembles", "wide").out
    refused = besiege("ensembles", "wde")
    assert (refused.code, "did you mean wide?" in refused.err) == (2, True)


def test_every_measure_is_listed_with_each_of_its_parameters(besiege):
    said = besiege("responses").out
    for kind, measure in measures().items():
        assert kind in said
        for field in measure.model_fields:
            assert field in said or field in {"kind", "trigger"}


def test_help_and_version_of_commands_are_printed(besiege):
    said = besiege("--help")
    assert said.code == 0
    for command in ("run", "explain", "show", "scenarios", "responses", "schema", "bench"):
        assert command in said.out
    assert "--scale" in besiege("run", "--help").out


def test_the_command_alone_prints_its_help_line_by_line(besiege):
    said = besiege()
    assert (said.code, said.err) == (0, "")
    assert said.out == besiege("--help").out
    lines = said.out.partition("Commands:\n")[2].splitlines()
    assert len(lines) >= 10
    assert [line for line in lines if "..." in line or len(line) > 80] == []  # nothing cut off


WRONG = {
    "an unknown command": ["rum"],
    "an unknown option": ["run", "--sede", "4"],
    "an option without its value": ["run", "--seed"],
    "an unknown scenario": ["run", "taobao-2012"],
    "a file that is not there": ["run", "nowhere.toml"],
    "an unknown response": ["run", "--response", "protekt"],
    "a setting without a value": ["run", "--set", "scale"],
    "a setting of an unknown field": ["run", "--set", "fees.new.standrad=1"],
    "a setting out of range": ["run", "--set", "channel.quorum=-1"],
    "a graph from no file": ["run", "--set", "graph.family=file"],
    "settings that together are too much":
        ["run", "--set", "shopping.buy_mall=0.9", "--set", "shopping.buy_rivals=0.9"],
    "a setting of another type": ["run", "--set", "channel.quorum=many"],
    "a scale too large": ["run", "--scale", "3"],
    "a scale of nought": ["run", "--scale", "0"],
    "a scale that is no number": ["run", "--scale", "nan"],
    "a scale in words": ["run", "--scale", "half"],
    "an infinite scale": ["run", "--scale", "inf"],
    "a negative seed": ["run", "--seed", "-1"],
    "a seed too large": ["run", "--seed", str(2**64)],
    "a seed that is not whole": ["run", "--seed", "1.5"],
    "no hours": ["run", "--hours", "0"],
    "negative hours": ["run", "--hours", "-5"],
    "too many hours": ["run", "--hours", "10001"],
    "a folder below a file": ["run", "--out", "a-file/below"],
    "a folder that is a file": ["run", "--out", "a-file"],
    "an unknown kind of agent": ["explain", "--agent", "dragon:1", "small"],
    "an agent that is not there": ["explain", "--agent", "seller:99999", "small"],
    "an agent of a negative row": ["explain", "--agent", "seller:-1", "small"],
    "no agent": ["explain", "small"],
    "an hour beyond the end": ["explain", "--agent", "seller:1", "small", "--hour", "336"],
    "a negative hour": ["explain", "--agent", "seller:1", "small", "--hour", "-1"],
    "a negative seed to explain": ["explain", "--agent", "seller:1", "small", "--seed", "-1"],
    "a folder without a run": ["show", "."],
    "a folder that is not there": ["show", "nowhere"],
    "a folder with other json": ["show", "strange"],
    "a folder with a list": ["show", "listed"],
    "one thing too many": ["run", "small", "calm"],
    "an unknown response to look at": ["responses", "protekt"],
    "no hour to begin at": ["compare", "silence", "protect", "--begin", "noon"],
}  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line_and_exit_code_two(besiege, tmp_path, arguments):
    (tmp_path / "a-file").write_text("")
    for folder, text in (("strange", '{"a": 1}'), ("listed", "[1, 2]")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "outcomes.json").write_text(text)
    said = besiege(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert len(said.lines) == 1
    assert "Traceback" not in said.err
    assert len(said.lines[0].split()) >= 3


NEAREST = [
    (["run", "taobao-2012"], "taobao-2011"),
    (["run", "--response", "protekt"], "protect"),
    (["run", "--set", "fees.new.standrad=1"], "standard"),
    (["run", "--set", "atack.eagerness=1"], "attack"),
    (["run", "--scale", "3"], "0.001"),
    (["run", "--seed", "-1"], "seed"),
    (["run", "--sede", "4"], "--seed"),
    (["explain", "--agent", "seler:1", "small"], "seller"),
    (["explain", "--agent", "store:500"], "store:499"),
    (["rn"], "run"),
    (["run", "--out", "a-file/below"], "--out"),
]


@pytest.mark.parametrize(
    ("arguments", "hint"), NEAREST, ids=lambda v: " ".join(v) if isinstance(v, list) else v
)
def test_a_refusal_names_what_would_have_been_right(besiege, tmp_path, arguments, hint):
    (tmp_path / "a-file").write_text("")
    assert hint in besiege(*arguments).err


@pytest.mark.parametrize(
    "arguments",
    [["run", "--seed", "-1"], ["run", "--scale", "3"], ["run", "small", "--hours", "0"]],
)
def test_a_run_that_is_refused_leaves_no_folder_behind(besiege, tmp_path, arguments):
    assert besiege(*arguments, "--out", "new").code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_from_the_keyboard_ends_with_130_and_no_traceback(besiege, monkeypatch):
    step = Loop.step

    def interrupted(siege):
        if siege.world.hour == 20:
            signal.raise_signal(signal.SIGINT)
        step(siege)

    monkeypatch.setattr(Loop, "step", interrupted)
    said = besiege("run", *SMALLER, "--json")
    assert said.code == 130
    assert said.out == ""
    assert "Traceback" not in said.err


def test_a_fault_of_the_engine_is_not_taken_for_wrong_input(besiege, monkeypatch):
    def broken(_siege):
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Loop, "step", broken)
    with pytest.raises(ZeroDivisionError):
        besiege("run", *SMALLER, "--json")


def test_an_entry_of_the_library_is_printed_as_a_file_that_gives_it_again(besiege, tmp_path):
    for name, load in (("as-happened", load_response), ("protect-and-talk", load_response)):
        file = tmp_path / f"{name}.toml"
        file.write_text(besiege("responses", name).out)
        assert load(file) == load(name)
    file = tmp_path / "phased.toml"
    file.write_text(besiege("fees", "phased").out)
    assert load_fees(file) == load_fees("phased")
    assert json.loads(besiege("responses", "protect", "--json").out)["name"] == "protect"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scale", "10%"], '--scale: given "10%", allowed a number; did you mean 0.1?'),
        (["--seed", "1,000,000"], '--seed: given "1,000,000", allowed a whole number; did you mean 1000000?'),
        (["--seed=1,5"], '--seed: given "1,5", allowed a whole number'),
        (["--hours", "48h"], '--hours: given "48h", allowed a whole number'),
        (["--scale", "x" * 20_000], f'--scale: given "{"x" * 58}…, allowed a number'),
        (["--" + "x" * 20_000], f"No such option: --{'x' * 281}…"),
        (["mine.tml"], "scenario: given mine.tml, allowed the name of a TOML file, which ends in .toml; did you mean mine.toml?"),
    ],
)  # fmt: skip
def test_an_option_that_is_wrong_is_named_with_what_was_given_and_meant(besiege, words, said):
    told = besiege("run", *words)
    assert told.code == 2
    assert told.lines == [said]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(-0.0, "yuan", "0"), (-0.3, "yuan", "0"), (-0.0001, "share", "0.000"), (-0.001, "hours", "0.00"),
     (-1234.5, "yuan", "-1,234"), (None, "yuan", "–")],
)  # fmt: skip
def test_no_minus_stands_before_a_printed_zero(value, unit, text):
    assert terminal.written(value, unit) == text
    if value is not None and text.strip("0.") == "":
        assert in_millions(value) == "0.0"
        assert plain(value * 0.0) == 0.0
        assert math.copysign(1.0, plain(value * 0.0)) == 1.0
