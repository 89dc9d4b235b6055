"""A sweep gives one table, whoever runs it, in whatever order, however often it is stopped."""

import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import sim
from sim.cli import main
from sim.core.units import BesiegeError
from sim.lab.storage import parts, store, writer
from sim.lab.sweep import carry_out, load
from sim.version import MODEL_VERSION

FACTORS = {"fees.new.standard": [6000, 60000], "response": ["silence", "protect"]}
SPEC = {
    "name": "test",
    "scenario": "small",
    "constants": {"scale": 0.002, "hours": 40},
    "runs": 3,
    "factors": FACTORS,
    "keep": {"hours": ["online"]},
}
BOOM = """
from sim.responses import Response, Statement, Trigger

class Own(Statement):
    def orders(self, view):
        raise ValueError("boom at " + str(view.hour))

boom = Response(name="boom", measures=(Own(trigger=Trigger(hour=3)),))
"""


def sweep(out, spec=SPEC, **given):
    return sim.sweep(spec, out=out, workers=given.pop("workers", 1), quiet=True, **given)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Do the sweep in one go, by one worker."""
    return sweep(tmp_path_factory.mktemp("whole") / "out")


def same(table, other):
    # the line that repeats a run names the folder
    pd.testing.assert_frame_equal(
        table.drop(columns="repeat"), other.drop(columns="repeat"), check_exact=True
    )


class Backwards(ThreadPoolExecutor):
    """Gives the last first, from a handful."""

    def __init__(self):
        super().__init__(1)
        self.held = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.held.append((future, fn, args))
        if len(self.held) >= 2 or args is None:
            self.release()
        else:
            super().submit(self._later)
        return future

    def _later(self):
        time.sleep(0.3)
        self.release()

    def release(self):
        while self.held:
            future, fn, args = self.held.pop()
            future.set_result(fn(*args))


def write_spec(folder, text="", **given):
    import tomli_w

    file = folder / "spec.toml"
    file.write_text(tomli_w.dumps(SPEC | given) + text)
    return file


def test_the_table_has_a_row_a_run_with_factors_seed_outcomes_and_what_repeats_it(whole):
    assert len(whole) == 12
    assert list(whole.columns[:4]) == ["key", *FACTORS, "seed"]
    assert whole.key.is_unique
    assert sorted(set(whole.seed)) == [1, 2, 3]
    words = shlex.split(whole["repeat"][5])
    assert words[:2] == ["besiege", "run"]
    assert words[-1] == str(whole.seed[5])


def test_hours_and_timing_are_kept_beside_and_duckdb_answers_over_all_of_them(tmp_path):
    table = sweep(tmp_path / "out")
    kept = sim.lab.open(tmp_path / "out")
    assert list(kept.hours.columns) == ["key", "hour", "online"]
    assert len(kept.hours) == 12 * 40
    assert set(kept.timing.key) == set(table.key)
    tops = kept.sql("select max(online) as top from hours group by key order by top")
    assert tops.top.tolist() == sorted(table.peak_online)
    described = json.loads((tmp_path / "out" / "columns.json").read_text())
    assert set(described["runs"]) == set(table.columns)
    with pytest.raises(BesiegeError, match="sql: "):
        kept.sql("select nothing from nowhere")


def test_the_seeds_are_the_same_in_every_cell_so_that_cells_are_paired(whole):
    cells = whole.groupby(list(FACTORS)).seed.apply(list)
    assert {tuple(seeds) for seeds in cells} == {(1, 2, 3)}


def test_three_shards_give_the_same_table_in_one_folder_and_merged_from_three(whole, tmp_path):
    for i in (3, 1, 2):
        sweep(tmp_path / "one", shard=(i, 3))
        sweep(tmp_path / f"part{i}", shard=(i, 3))
    same(sim.lab.open(tmp_path / "one").runs, whole)
    parts = [tmp_path / f"part{i}" for i in (1, 2, 3)]
    same(sim.lab.merge(parts, tmp_path / "merged").runs, whole)
    same(sweep(tmp_path / "merged"), whole)


def test_another_order_gives_the_same_table(whole, tmp_path):
    same(sweep(tmp_path / "out", executor=Backwards(), workers=3), whole)


def test_a_second_sweep_does_nothing_and_more_runs_do_only_what_is_new(whole, tmp_path):
    out = tmp_path / "out"
    assert carry_out(load(SPEC | {"runs": 2}), out, workers=1, quiet=True).done == 8
    assert carry_out(load(SPEC | {"runs": 2}), out, workers=1, quiet=True).done == 0
    assert carry_out(load(SPEC), out, workers=1, quiet=True).done == 4
    same(sim.lab.open(out).runs, whole)


def test_a_factor_added_later_keeps_the_runs_at_its_old_value(tmp_path):
    out = tmp_path / "out"
    first = sweep(out, SPEC | {"runs": 1})
    places = {"channel.queue_places": [500, 5]}
    plan = load(SPEC | {"runs": 1, "factors": FACTORS | places})
    assert carry_out(plan, out, workers=1, quiet=True).done == 4
    table = sim.lab.open(out).runs
    assert sorted(table["channel.queue_places"]) == [5] * 4 + [500] * 4
    assert set(first.key) == set(table.key[table["channel.queue_places"] == 500])


def test_a_sweep_that_is_interrupted_keeps_what_is_finished(whole, tmp_path, monkeypatch):
    add, seen = writer.Writer.add, []

    def interrupt(self, planned, done):
        add(self, planned, done)
        seen.append(done)
        if len(seen) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(writer.Writer, "add", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "out")
    monkeypatch.undo()
    assert len(sim.lab.open(tmp_path / "out").runs) == 5
    same(sweep(tmp_path / "out"), whole)


def test_a_disk_that_fills_up_is_a_clear_error_and_what_was_written_is_kept(
    whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(writer, "SOONEST", 0.0)
    written = []

    def full(table, path, note):
        if len(written) >= 9:  # in the midst of a part: hours and timing are there, runs not
            path.write_bytes(b"half")
            raise duckdb.IOException("IO Error: No space left on device")
        written.append(path)
        really(table, path, note)

    really = parts.parquet.write_in_place
    monkeypatch.setattr(parts.parquet, "write_in_place", full)
    with pytest.raises(
        BesiegeError, match=r"cannot be written .*No space left.* continues from them"
    ):
        sweep(tmp_path / "out")
    monkeypatch.undo()
    assert not list((tmp_path / "out").rglob("*.part"))
    assert len(sim.lab.open(tmp_path / "out").runs) == 3
    same(sweep(tmp_path / "out"), whole)
    assert len(sim.lab.open(tmp_path / "out").timing) == 12


def test_a_damaged_part_is_named_and_once_deleted_its_runs_are_done_again(
    whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(writer, "SOONEST", 0.0)
    out = tmp_path / "out"
    sweep(out)
    part = sorted((out / "runs").glob("*.parquet"))[3]
    part.write_bytes(b"PAR1 nothing of it")
    with pytest.raises(BesiegeError, match=f"{part.name}: damaged .* repair=True"):
        sweep(out)
    with pytest.raises(BesiegeError, match=f"{part.name}: damaged"):
        sim.lab.open(out).runs  # noqa: B018
    part.unlink()
    same(sweep(out), whole)


def test_a_part_damaged_in_its_midst_is_found_as_well(tmp_path):
    out = tmp_path / "out"
    sweep(out)
    part = min((out / "runs").glob("*.parquet"))  # several on a busy machine
    data = bytearray(part.read_bytes())
    data[200:600] = bytes(400)
    part.write_bytes(data)
    with pytest.raises(BesiegeError, match="damaged"):
        sweep(out)


def test_another_model_version_another_base_and_other_series_are_refused(tmp_path, monkeypatch):
    out = tmp_path / "out"
    few = SPEC | {"runs": 1, "factors": {"response": ["silence"]}}
    sweep(out, few)
    with pytest.raises(BesiegeError, match="another scenario, with other constants"):
        sweep(out, few | {"constants": {"scale": 0.002, "hours": 41}})
    with pytest.raises(BesiegeError, match=r"keep\.hours: .* runs that kept online"):
        sweep(out, few | {"keep": {"hours": ["attention"]}})
    monkeypatch.setattr(writer, "MODEL_VERSION", 999)
    with pytest.raises(
        BesiegeError, match=rf"model version {MODEL_VERSION}, and this is version 999"
    ):
        sweep(out, few)


def test_two_sweeps_do_not_write_the_same_folder_at_a_time(tmp_path):
    me = rf"process {os.getpid()} on {platform.node()} since 2\d{{3}}-\d\d-\d\d "
    first = writer.Writer(load(SPEC), tmp_path)
    for shard in (None, (1, 2)):
        with pytest.raises(BesiegeError, match=f"being written by {me}"):
            writer.Writer(load(SPEC), tmp_path, shard=shard)
    first.close()
    shards = [writer.Writer(load(SPEC), tmp_path, shard=(i, 2)) for i in (1, 2)]
    with pytest.raises(BesiegeError, match=rf"being written by shard 1/2 \({me}"):
        writer.Writer(load(SPEC), tmp_path, shard=(1, 2))
    with pytest.raises(BesiegeError, match=rf"by shard 1/2 \({me}.*, shard 2/2 \({me}"):
        writer.Writer(load(SPEC), tmp_path)
    for shard in shards:
        shard.close()


def test_a_folder_that_cannot_be_written_is_refused_before_any_run(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BesiegeError, match="--out: given"):
        sweep(tmp_path / "file")
    with pytest.raises(BesiegeError, match="contains no sweep"):
        sim.lab.open(tmp_path)


def test_a_measure_that_raises_is_a_row_and_exit_code_1_and_its_line_raises_again(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "mine.py").write_text(BOOM)
    file = write_spec(tmp_path, factors={"response": ["silence", "mine.py:boom"]}, runs=2)
    out = tmp_path / "out"
    command = ["besiege", "sweep", str(file), "--out", str(out), "--workers", "1", "--json"]
    assert run_command(command, monkeypatch) == 1
    assert json.loads(capsys.readouterr().out)["failed"] == 2
    kept = sim.lab.open(out)
    assert len(kept.runs) == 2
    failed = kept.failed
    assert failed.error.tolist() == ["ValueError: boom at 3"] * 2
    assert failed.stage.tolist() == ["respond"] * 2
    assert failed.seed.tolist() == [1, 2]
    with pytest.raises(ValueError, match="boom at 3"):
        run_command(shlex.split(failed["repeat"][0]), monkeypatch)
    # still there, still failed, not done again; unless asked for
    assert run_command(command, monkeypatch) == 1
    assert json.loads(capsys.readouterr().out)["done"] == 0
    (tmp_path / "mine.py").write_text(BOOM.replace("raise ValueError", "return super().orders(view) or "))  # fmt: skip
    assert run_command([*command, "--retry"], monkeypatch) == 0


def run_command(words, monkeypatch):
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--shard", "4/3"], "--shard: given 4/3"),
        (["--shard", "x"], "--shard: given"),
        (["--workers", "0"], "--workers: given 0"),
        (["--repeat", "nothing"], 'key: given "nothing"'),
    ],
)
def test_wrong_options_of_the_command_are_a_line_and_exit_code_2(
    tmp_path, monkeypatch, capsys, more, said
):
    file = write_spec(tmp_path)
    words = ["besiege", "sweep", str(file), "--out", str(tmp_path / "out"), *more]
    assert run_command(words, monkeypatch) == 2
    assert said in capsys.readouterr().err


def test_a_run_repeated_by_its_key_has_the_outcomes_of_its_row(whole):
    row = whole.iloc[7]
    outcomes = sim.lab.repeat(SPEC, row.key).outcomes
    assert outcomes["peak_online"] == row.peak_online
    assert outcomes["total_social_loss"] == row.total_social_loss


def test_without_a_folder_the_table_is_given_and_nothing_is_left(whole, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    same(sweep(None), whole)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------ in processes of their own
def start(file, out, *more, seed="0"):
    return subprocess.Popen(
        [sys.executable, "-c", "from sim.cli import main; main()", "sweep", str(file), "--out", str(out), *more],
        env=os.environ | {"PYTHONHASHSEED": seed}, cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def children_of(process):
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    pids = [int(p) for p in path.read_text().split()] if path.exists() else []
    return [p for p in pids if b"loky" in Path(f"/proc/{p}/cmdline").read_bytes() and b"resource" not in Path(f"/proc/{p}/cmdline").read_bytes()]  # fmt: skip


@pytest.mark.slow
def test_a_driver_killed_at_ten_moments_and_resumed_gives_the_same_table(tmp_path):
    longer = {"runs": 30, "constants": {"scale": 0.002, "hours": 120}}
    file, out = write_spec(tmp_path, **longer), tmp_path / "out"
    for i in range(10):
        process = start(file, out, "--workers", "1", seed=str(i))
        time.sleep(5.0 + 0.37 * i * (i % 3))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert start(file, out, "--workers", "2").wait() == 0
    same(sim.lab.open(out).runs, sweep(tmp_path / "again", SPEC | longer))
    kept = sim.lab.open(out)
    assert len(kept.timing) == len(kept.runs) == 120
    parts = duckdb.sql(f"select count(*), count(distinct key) from '{out}/runs/*.parquet'")
    assert parts.fetchall() == [(120, 120)]


@pytest.mark.slow
def test_a_worker_killed_in_the_midst_costs_nothing_and_hash_seeds_make_no_difference(tmp_path):
    longer = {"runs": 40, "constants": {"scale": 0.002, "hours": 120}}
    file, out = write_spec(tmp_path, **longer), tmp_path / "out"
    process = start(file, out, seed="7")
    killed = 0
    while killed < 2 and process.poll() is None:
        time.sleep(1.0)
        if list((out / "runs").glob("*.parquet")) and (pids := children_of(process)):
            os.kill(pids[killed % len(pids)], signal.SIGKILL)
            killed += 1
            time.sleep(10.0)
    assert process.wait() == 0, process.stderr.read()
    assert killed >= 1
    same(sim.lab.open(out).runs, sweep(tmp_path / "again", SPEC | longer))
    assert len(sim.lab.open(out).failed) == 0


@pytest.fixture
def interruptible():
    """Take Ctrl-C as in a terminal, wherever the tests were begun."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_waits_until_what_is_being_written_is_whole():
    written = []

    def write():
        with store.undisturbed():
            signal.raise_signal(signal.SIGINT)
            written.append("whole")

    with pytest.raises(KeyboardInterrupt):
        write()
    assert written == ["whole"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
