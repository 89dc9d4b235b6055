"""The benchmark against an older commit: what it measures, and when it says that speed is lost."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


against, measured = loaded("against"), loaded("measured")
RECORD = {"against": "0700d58", "rows": {"small": {"gain": 2.0}, "run": {"gain": 1.0}}}


def test_every_row_is_a_command_or_is_measured_by_the_script_that_both_versions_run():
    known = {row.__name__ for row in measured.ROWS}
    assert {name for name, row in against.ROWS.items() if not row.command} == known


@pytest.mark.parametrize(("gain", "is_lost"), [(2.4, False), (1.71, False), (1.69, True)])
def test_a_row_that_has_lost_fifteen_percent_of_its_gain_is_named(gain, is_lost):
    found = {"small": {"gain": gain}, "run": {"gain": 1.0}, "help": {"gain": 0.1}}
    fallen = against.lost(found, RECORD)
    assert len(fallen) == is_lost
    assert all("before 2.00" in said for said in fallen)


def test_versions_are_measured_in_turn_and_the_order_changes_every_round(tmp_path, monkeypatch):
    called = []

    def cost(side, row, name, *, quick):
        called.append((name, side.left.name))
        return 3.0 if side.left.name == "then" else 2.0

    monkeypatch.setattr(against.Side, "cost", cost)
    sides = {
        which: against.Side(Path(sys.executable), tmp_path / which) for which in ("then", "now")
    }
    found = against.measure(sides, ["small"], 2, quick=False)
    assert called == [("small", which) for which in ("now", "then", "then", "now")]
    assert found["small"] == {"then": 3.0, "now": 2.0, "gain": 1.5, "rounds": 2}


def test_a_command_is_measured_up_to_a_line_of_its_output_or_to_its_end(tmp_path):
    side = against.Side(Path(sys.executable), tmp_path)
    burn = "n = sum(i * i for i in range(3_000_000))"
    code = f"{burn}\nprint('told', flush=True)\n{burn}\n{burn}"
    part = side.cost(against.Row("", command=("python", "-c", code), until="told"), "", quick=True)
    whole = side.cost(against.Row("", command=("python", "-c", code)), "", quick=True)
    assert 0.0 < part < 0.8 * whole


def test_a_command_that_fails_ends_the_measurement(tmp_path):
    side = against.Side(Path(sys.executable), tmp_path)
    with pytest.raises(SystemExit, match="failed"):
        side.cost(against.Row("", command=("python", "-c", "raise SystemExit(3)")), "", quick=True)


def test_the_table_shows_shares_aims_and_units_and_never_seconds(capsys):
    found = {
        "small": {"now": 0.1, "gain": 2.0}, "bare": {"now": 1.0, "gain": 1.0},
        "light": {"now": 0.1, "gain": 1.0}, "schema": {"now": 0.35, "gain": 3.0},
        "run": {"now": 3.0, "gain": 1.6},
    }  # fmt: skip
    against.tell(found)
    lines = {line[:68].strip(): line[68:].split() for line in capsys.readouterr().out.splitlines()}
    assert lines["a run of `small`: the fixed part"] == ["0.50", "0.50"]
    assert lines["besiege run small"] == ["0.62", "3.00", "3.30"]
    assert lines["besiege schema"] == ["0.33", "0.35", "0.40"]
    assert not re.search(r"\d s\b", " ".join(lines))
