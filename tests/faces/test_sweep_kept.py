"""What a sweep has kept is never read as something else, and what was lost is done again."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import tomli_w

import sim
from sim.cli import main
from sim.core.units import BesiegeError
from sim.io import parquet
from sim.lab.storage import parts, writer
from sim.lab.storage.store import read_manifest
from sim.lab.sweep import carry_out, load

SPEC = {
    "name": "kept",
    "scenario": "small",
    "constants": {"scale": 0.001, "hours": 24},
    "runs": 3,
    "factors": {"response": ["silence", "protect"], "fees.new.standard": [6000, 60000]},
    "keep": {"hours": ["online"]},
}
BOOM = """
from sim.responses import Response, Statement, Trigger

class Own(Statement):
    def orders(self, view):
        raise ValueError("boom")

boom = Response(name="boom", measures=(Own(trigger=Trigger(hour=3)),))
"""


def sweep(out, spec=SPEC, **given):
    return carry_out(load(spec), out, workers=1, quiet=True, **given)


def tables_of(folder):
    kept = sim.lab.open(folder)
    return kept.runs.drop(columns="repeat"), kept.hours, kept.failed.drop(columns="repeat")


def same(folder, other):
    for table, expected in zip(tables_of(folder), tables_of(other), strict=True):
        pd.testing.assert_frame_equal(table, expected, check_exact=True)


def counts(folder, table):
    """Count rows and runs as anybody's DuckDB sees them."""
    files = f"{folder}/{table}/*.parquet"
    return duckdb.sql(f"select count(*), count(distinct key) from '{files}'").fetchall()[0]


def as_version_01(folder):
    """Make a folder what version 0.1 wrote: parts without checksum and note."""
    for part in parts.all_parts(folder):
        rows = parquet.read(part)
        part.unlink()
        parquet.write(rows, part.with_name(f"{part.stem[:-17]}.parquet"))
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["checksum"]
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Do the sweep once, a part a run; some of its runs fail."""
    home = tmp_path_factory.mktemp("finished")
    (home / "mine.py").write_text(BOOM)
    spec = SPEC | {"factors": {"response": ["silence", "protect", str(home / "mine.py:boom")]}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "SOONEST", 0.0)
        assert sweep(home / "out", spec).failed == 3
    return home / "out", spec


@pytest.fixture
def copy(finished, tmp_path):
    """Return a copy that may be spoilt."""
    shutil.copytree(finished[0], tmp_path / "copy")
    return tmp_path / "copy"


# ------------------------------------------------------------ damage
def flip(file, rng):
    data = bytearray(file.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    file.write_bytes(data)


@pytest.mark.parametrize("table", parts.TABLES)
def test_a_flipped_bit_in_a_part_is_told_with_the_name_of_the_file(finished, copy, table):
    rng = random.Random(table)
    for _ in range(25):
        part = rng.choice(parts.parts_of(copy, table))
        whole = part.read_bytes()
        flip(part, rng)
        with pytest.raises(BesiegeError, match=f"{part.name}: damaged .* repair=True"):
            sim.lab.open(copy).table(table)
        with pytest.raises(BesiegeError, match=f"{part.name}: damaged"):
            sweep(copy, finished[1])
        part.write_bytes(whole)
    same(copy, finished[0])


def test_a_part_that_is_damaged_while_a_folder_is_open_is_told_as_well(copy):
    kept = sim.lab.open(copy)
    assert len(kept.hours) == 6 * 24
    flip(parts.parts_of(copy, "hours")[1], random.Random(1))
    with pytest.raises(BesiegeError, match="damaged"):
        kept.sql("SELECT count(*) FROM Hours")
    assert len(kept.runs) == 6  # a table that the query does not name costs nothing


def test_a_flipped_bit_in_the_manifest_is_told_or_changes_nothing(copy):
    path, rng = copy / "manifest.json", random.Random(5)
    whole, told = path.read_bytes(), 0
    before = read_manifest(copy)
    for _ in range(100):
        flip(path, rng)
        try:
            found = read_manifest(copy)
        except BesiegeError as error:
            told += f"{path}: damaged" in str(error)
        else:
            assert found == before
            told += 1
        path.write_bytes(whole)
    assert told == 100


def run_command(words, monkeypatch):
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("table", parts.TABLES)
def test_repair_sets_a_damaged_part_aside_and_does_its_runs_again(finished, copy, table):
    part = parts.parts_of(copy, table)[0]
    n = len(parts.keys_in([part]))
    part.write_bytes(part.read_bytes()[:-30])
    left = part.read_bytes()
    summary = sweep(copy, finished[1], repair=True)
    assert (summary.done, summary.before) == (n, 9 - n)
    assert summary.set_aside == (copy / "damaged" / table / part.name,)
    assert summary.set_aside[0].read_bytes() == left
    same(copy, finished[0])
    for name in ("runs", "failed", "timing", "hours"):  # nothing twice, whoever reads
        assert counts(copy, name) == counts(finished[0], name)


def test_the_line_that_tells_of_damage_names_the_command_that_mends_it(
    tmp_path, monkeypatch, capsys
):
    file, out = tmp_path / "spec.toml", tmp_path / "out"
    file.write_text(tomli_w.dumps(SPEC))
    command = ["besiege", "sweep", str(file), "--out", str(out), "--workers", "1", "--quiet"]
    assert run_command(command, monkeypatch) == 0
    before = sim.lab.open(out).runs
    part = parts.parts_of(out, "hours")[0]
    flip(part, random.Random(3))
    (out / "manifest.json").write_text("{}")
    assert run_command(command, monkeypatch) == 2
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert said.endswith(f"sweep {file} --out {out} --workers 1 --repair")
    assert run_command([*command, "--repair"], monkeypatch) == 0
    said = capsys.readouterr().err
    assert f"moved aside: {out / 'damaged' / 'hours' / part.name}" in said
    assert f"moved aside: {out / 'damaged' / 'manifest.json'}" in said
    pd.testing.assert_frame_equal(sim.lab.open(out).runs, before)


def test_what_was_set_aside_before_is_kept_when_the_same_name_is_set_aside_again(finished, copy):
    for _ in range(2):
        part = parts.parts_of(copy, "runs")[0]
        part.write_bytes(b"nothing")
        sweep(copy, finished[1], repair=True)
        (copy / "runs" / part.name).write_bytes(b"nothing")
    sweep(copy, finished[1], repair=True)
    assert len(list((copy / "damaged" / "runs").iterdir())) >= 3
    same(copy, finished[0])


@pytest.mark.parametrize("table", parts.TABLES)
def test_a_part_that_was_deleted_is_done_again_whatever_its_table(finished, copy, table):
    part = parts.parts_of(copy, table)[-1]
    n = len(parts.keys_in([part]))
    part.unlink()
    assert sweep(copy, finished[1]).done == n
    same(copy, finished[0])
    assert counts(copy, table) == counts(finished[0], table)
    assert sweep(copy, finished[1]).done == 0


# ------------------------------------------------------------ whose folder it is
@pytest.mark.parametrize(
    "lost", [["manifest.json"], ["manifest.json", "scenario.toml", "spec.toml"]]
)
def test_without_its_manifest_a_folder_still_refuses_another_sweep(finished, copy, lost):
    for name in lost:
        (copy / name).unlink()
    with pytest.raises(BesiegeError, match=r"manifest\.json: missing; .* --repair"):
        sim.lab.open(copy)
    with pytest.raises(BesiegeError, match="another scenario, with other constants"):
        sweep(copy, SPEC | {"constants": {"scale": 0.002, "hours": 24}})
    with pytest.raises(BesiegeError, match=r"keep\.hours: .* kept online"):
        sweep(copy, finished[1] | {"keep": {"hours": ["online", "attention"]}})
    assert sweep(copy, finished[1]).done == 0
    same(copy, finished[0])


def test_without_its_manifest_a_factor_of_before_still_has_its_old_value(tmp_path):
    out = tmp_path / "out"
    places = {"channel.queue_places": [500, 5]}
    few = SPEC | {"runs": 1}
    sweep(out, few | {"factors": places})
    sweep(out, few)
    before = sim.lab.open(out).runs
    (out / "manifest.json").unlink()
    sweep(out, few)
    pd.testing.assert_frame_equal(sim.lab.open(out).runs, before)
    assert before["channel.queue_places"].notna().all()


def test_parts_of_two_sweeps_in_one_folder_are_refused(copy, finished, tmp_path):
    other = SPEC | {"runs": 1, "constants": {"scale": 0.002, "hours": 24}}
    sweep(tmp_path / "other", other)
    part = parts.parts_of(tmp_path / "other", "runs")[0]
    shutil.copy(part, copy / "runs")
    with pytest.raises(BesiegeError, match=f"{part.name} belongs to a different sweep"):
        sweep(copy, finished[1])


def test_a_folder_of_version_01_goes_on_and_without_manifest_is_held_to_its_scenario(tmp_path):
    out, now = tmp_path / "out", tmp_path / "now"
    sweep(out, SPEC | {"runs": 2})
    as_version_01(out)
    assert len(sim.lab.open(out).runs) == 8
    (out / "manifest.json").unlink()
    with pytest.raises(BesiegeError, match="another scenario, with other constants"):
        sweep(out, SPEC | {"constants": {"scale": 0.002, "hours": 24}})
    assert sweep(out).done == 4
    sweep(now)
    same(out, now)
    as_version_01(out)
    (out / "manifest.json").unlink()
    (out / "scenario.toml").unlink()
    with pytest.raises(BesiegeError, match="nothing else says to which sweep"):
        sweep(out)


# ------------------------------------------------------------ failures done again
def test_a_shard_that_retries_leaves_the_failures_of_the_others(finished, copy):
    assert sweep(copy, finished[1], shard=(1, 2), retry=True).done == 2  # seeds 1 and 3 of boom
    same(copy, finished[0])
    assert counts(copy, "failed") == (3, 3)
    assert counts(copy, "timing") == (9, 9)


def test_a_retry_that_is_interrupted_keeps_every_failure(finished, copy, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(writer.Writer, "add", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sweep(copy, finished[1], retry=True)
    same(copy, finished[0])


def test_a_strike_that_was_stopped_half_way_is_finished_by_the_next_sweep(
    finished, copy, monkeypatch
):
    spec = finished[1]
    for part in parts.parts_of(copy, "failed"):  # all failures in one part
        part.unlink()
    monkeypatch.setattr(writer, "SOONEST", 600.0)
    monkeypatch.setattr(writer, "LATEST", 600.0)
    sweep(copy, spec)
    (part,) = parts.parts_of(copy, "failed")
    whole, name = part.read_bytes(), part.name
    key = sim.lab.open(copy).failed.key[1]
    parts.strike(copy, "failed", {key})
    (copy / "failed" / name).write_bytes(whole)  # as if it had not been removed yet
    assert counts(copy, "failed") == (5, 3)
    assert sweep(copy, spec).done == 1
    assert counts(copy, "failed") == (3, 3)
    same(copy, finished[0])


def test_a_failure_that_the_plan_no_longer_asks_for_goes_with_a_retry(copy):
    assert sweep(copy, SPEC | {"factors": {"response": ["silence", "protect"]}}).failed == 3
    spec = SPEC | {"factors": {"response": ["silence", "protect"]}}
    assert sweep(copy, spec, shard=(2, 2), retry=True).failed == 0


# ------------------------------------------------------------ whose turn it is
def test_a_folder_that_is_moved_and_replaced_stops_its_first_writer(tmp_path, monkeypatch):
    out, moved = tmp_path / "out", tmp_path / "moved"
    monkeypatch.setattr(writer, "SOONEST", 0.0)
    first = writer.Writer(load(SPEC), out)
    add, n = writer.Writer.add, []

    def move(self, planned, done):
        n.append(done)
        if len(n) == 4:
            out.rename(moved)
            writer.Writer(load(SPEC | {"seed": 50}), out).close()
        add(self, planned, done)

    first.close()
    monkeypatch.setattr(writer.Writer, "add", move)
    with pytest.raises(
        BesiegeError, match=r"was moved, deleted or replaced while .* continues from"
    ):
        sweep(out)
    monkeypatch.undo()
    assert parts.all_parts(out) == []
    assert len(sim.lab.open(moved).runs) == 3
    assert sweep(moved).done == 9


@pytest.mark.parametrize("gone", [".lock", "."])
def test_a_lock_or_folder_that_is_deleted_stops_its_writer(tmp_path, gone):
    held = writer.Writer(load(SPEC), tmp_path / "out")
    target = tmp_path / "out" / gone
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    with pytest.raises(BesiegeError, match="moved, deleted or replaced"):
        held.flush()
    held.close()


def _nothing():
    return os.getpid()


def test_forked_workers_of_a_driver_that_is_gone_do_not_hold_its_lock(tmp_path):
    held = writer.Writer(load(SPEC), tmp_path)
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        assert pool.submit(_nothing).result() != os.getpid()
        held.close()  # as the system does when a process is killed
        writer.Writer(load(SPEC), tmp_path).close()
    assert (tmp_path / ".lock").read_text() == ""


# ------------------------------------------------------------ what a power cut may cost
def test_a_part_reaches_the_disk_before_its_name_and_hours_before_runs(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(writer, "SOONEST", 600.0)  # one part, on a busy machine as well
    monkeypatch.setattr(writer, "LATEST", 600.0)
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda n: (seen.append(os.readlink(f"/proc/self/fd/{n}")), fsync(n))[1])  # fmt: skip
    monkeypatch.setattr(Path, "replace", lambda half, path: (seen.append(f"{half}>"), replace(half, path))[1])  # fmt: skip
    sweep(tmp_path)
    each = [
        word
        for table in ("hours", "timing", "runs")
        for half in [f"{tmp_path}/{table}/all-000001.part"]
        for word in (half, f"{half}>", f"{tmp_path}/{table}")
    ]
    assert [word for word in seen if Path(word).name in parts.TABLES or "/all-" in word] == each


# ------------------------------------------------------------ in processes of their own
def start(file, out, *more):
    return subprocess.Popen(
        [sys.executable, "-c", "from sim.cli import main; main()", "sweep", str(file), "--out", str(out), "--quiet", *more],
        cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


@pytest.mark.slow
def test_of_two_sweeps_started_at_once_one_is_refused_and_the_table_is_whole(tmp_path):
    file, out = tmp_path / "spec.toml", tmp_path / "out"
    file.write_text(tomli_w.dumps(SPEC | {"runs": 40}))
    both = [start(file, out, "--workers", "1") for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], said
    assert "is being written by process" in "".join(said)
    assert counts(out, "runs") == (160, 160)


@pytest.mark.slow
def test_a_reader_never_meets_half_a_part_and_rows_only_become_more(tmp_path):
    file, out = tmp_path / "spec.toml", tmp_path / "out"
    file.write_text(tomli_w.dumps(SPEC | {"runs": 60}))
    process = start(file, out, "--workers", "1")
    seen = [0]
    while process.poll() is None:
        if list((out / "runs").glob("*.parquet")):
            n, n_keys = counts(out, "runs")
            assert n == n_keys >= seen[-1]
            assert len(sim.lab.open(out).runs) >= n
            seen.append(n)
        time.sleep(0.05)
    assert process.returncode == 0
    assert counts(out, "runs") == (240, 240)
    assert len(seen) > 5


@pytest.mark.slow
def test_a_driver_with_forked_workers_is_killed_and_its_folder_is_free_at_once(tmp_path):
    code = f"""
import sim
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
pool = ProcessPoolExecutor(2, mp_context=get_context("fork"))
sim.sweep({SPEC | {"runs": 4000}!r}, out={str(tmp_path / "out")!r}, executor=pool, quiet=True)
"""
    driver = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    end = time.monotonic() + 120
    while not list(tmp_path.glob("out/runs/*.parquet")) and time.monotonic() < end:
        time.sleep(0.1)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    try:
        writer.Writer(load(SPEC), tmp_path / "out").close()
    finally:
        os.killpg(driver.pid, signal.SIGKILL)  # its orphans
