"""The commands as a user meets them: what they print, write, refuse and return."""

import json
import subprocess
import sys

import pytest

from sim import cli, parquet
from sim.scenario import Scenario

QUICK = ["--scale", "0.005", "--hours", "60"]


def besiege(capsys, monkeypatch, *words):
    """Run the command here; give its exit code and what it printed."""
    monkeypatch.setattr(sys, "argv", ["besiege", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    return stop.value.code or 0, said.out, said.err


@pytest.fixture
def command(capsys, monkeypatch):
    return lambda *words: besiege(capsys, monkeypatch, *words)


def test_a_run_tells_its_story_and_leaves_a_folder(command, tmp_path):
    code, out, _ = command("run", *QUICK, "--out", tmp_path / "run")
    assert code == 0
    assert "fees were announced" in out
    assert "peak_online" in out
    left = {p.name for p in (tmp_path / "run").iterdir()}
    assert left == {
        "scenario.toml", "outcomes.json", "columns.json", "hours.parquet", "stores.parquet",
        "rivals.parquet", "sellers.parquet", "siege.png",
    }  # fmt: skip
    world = Scenario.load("taobao-2011").but(scale=0.005, hours=60)
    again = Scenario.load(tmp_path / "run" / "scenario.toml")
    assert again.fingerprint == world.fingerprint
    described = json.loads((tmp_path / "run" / "columns.json").read_text())
    for name in ("hours", "stores", "rivals", "sellers"):
        table = parquet.read(tmp_path / "run" / f"{name}.parquet")
        assert set(table.columns) == set(described[name])
    hours = parquet.read(tmp_path / "run" / "hours.parquet")
    assert hours.queue_wait.isna().any()
    assert not hours.online.isna().any()


def test_with_json_a_run_prints_one_object_and_nothing_else(command, tmp_path):
    code, out, err = command("run", *QUICK, "--json", "--seed", 3, "--out", tmp_path)
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert {"scenario", "seed", "scale", "hours", "version", "wall_seconds", "outcomes"} <= set(
        told
    )
    assert told["seed"] == 3
    assert set(told["outcomes"]["peak_online"]) == {"value", "unit"}
    assert told["outcomes"]["hour_truce"] == {"value": None, "unit": "hour"}


def test_quiet_prints_the_folder_alone(command, tmp_path):
    assert command("run", "calm", *QUICK, "--quiet", "--out", tmp_path) == (0, f"{tmp_path}\n", "")


def test_settings_and_a_response_change_the_scenario(command, tmp_path):
    command(
        "run", "small", *QUICK, "--set", "fees.new.standard=15000", "--set", "hours=20",
        "--hours", "12", "--response", "protect", "--quiet", "--out", tmp_path,
    )  # fmt: skip
    saved = Scenario.load(tmp_path / "scenario.toml")
    assert saved.fees.new.standard == 15000
    assert saved.hours == 12
    assert saved.response.name == "protect"


def test_a_finished_run_is_shown_again(command, tmp_path):
    command("run", "calm", *QUICK, "--quiet", "--out", tmp_path)
    code, out, _ = command("show", tmp_path)
    assert code == 0
    assert "peak_online" in out
    assert json.loads(command("show", tmp_path, "--json")[1])["scenario"] == "calm"


@pytest.mark.parametrize(
    "agent",
    ["seller:7", "onlooker:3", "store:499", "consumer:0", "rival:2", "platform", "organisers:0"],
)
def test_every_kind_of_agent_explains_itself(command, agent):
    code, out, _ = command("explain", "small", "--agent", agent, "--hours", 50, "--json")
    rows = json.loads(out)
    assert code == 0
    assert rows
    assert all("hour" in row for row in rows)


def test_one_hour_is_explained_term_by_term(command):
    code, out, _ = command("explain", "small", "--agent", "seller:7", "--hour", 46)
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines[2:10]] == [
        "stance_before", "grievance", "social", "attention", "risk", "threshold", "utility", "chance",
    ]  # fmt: skip


def test_the_library_is_listed_and_the_schema_is_one(command):
    assert "taobao-2011" in command("scenarios")[1]
    assert set(json.loads(command("scenarios", "--json")[1])) >= {"calm", "small", "taobao-2011"}
    listed = command("responses")[1]
    assert "as-happened" in listed
    assert "true_positive_share" in listed
    assert "refund-clicks" in command("responses", "protect")[1]
    assert json.loads(command("schema")[1])["title"] == "Scenario"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--sed", "3"], "--seed"),
        (["rn"], "run"),
        (["run", "taobao"], "taobao-2011"),
        (["run", "--response", "protct"], "protect"),
        (["run", "--set", "fees.new.standrd=1"], "fees.new.standard"),
        (["run", "--set", "fees.new.standard"], "="),
        (["run", "--set", "fees.new.standard=lots"], "fees.new.standard"),
        (["run", "--scale", "3"], "scale"),
        (["run", "--scale", "nan"], "scale"),
        (["run", "--scale", "much"], "--scale"),
        (["run", "--seed", "-1"], "seed"),
        (["run", "--seed", "1.5"], "--seed"),
        (["run", "--hours", "0"], "hours"),
        (["run", "--set", "graph.family=file"], "graph"),
        (["run", "--set", "shopping.buy_mall=0.9", "--set", "shopping.buy_rivals=0.9"], "buy_rivals"),
        (["explain", "--agent", "buyer:1"], "seller"),
        (["explain", "--agent", "store:500"], "store:499"),
        (["explain", "--agent", "store:-1"], "store:0"),
        (["explain", "--agent", "store:1", "--hour", "999"], "335"),
        (["explain"], "--agent"),
        (["show", "nowhere"], "nowhere"),
        (["responses", "nothing"], "nothing"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line_and_exit_code_2(command, tmp_path, words, said):
    out = ["--out", tmp_path] if words[0] == "run" else []
    code, printed, err = command(*words, *out)
    assert code == 2
    assert printed == ""
    assert err.count("\n") == 1
    assert said in err
    assert "Traceback" not in err


def test_a_folder_that_cannot_be_written_is_refused_before_the_run(command, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = command("run", *QUICK, "--out", tmp_path / "file" / "run")
    assert code == 2
    assert err.startswith("--out: given")


def test_an_interrupted_command_returns_130(command, monkeypatch, tmp_path):
    from sim import runs

    def interrupt(*_given, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "run", interrupt)
    assert command("run", *QUICK, "--json", "--out", tmp_path)[0] == 130


def test_the_installed_command_answers_without_the_engine():
    words = "import sys; sys.argv = ['besiege', '--help']\nfrom sim import cli\n"
    check = "try:\n    cli.main()\nfinally:\n    assert 'numpy' not in sys.modules\n"
    done = subprocess.run([sys.executable, "-c", words + check], capture_output=True, text=True)
    assert done.returncode == 0
    assert "scenarios" in done.stdout
