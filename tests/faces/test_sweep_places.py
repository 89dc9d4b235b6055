"""Sweeps on disks that are full or read-only, on a Dask cluster, in a notebook."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pandas as pd
import pytest
import tomli_w

import sim
from sim.core.units import BesiegeError
from sim.lab.storage import writer

SPEC = {
    "name": "places",
    "scenario": "small",
    "constants": {"scale": 0.002, "hours": 40},
    "runs": 3,
    "factors": {"fees.new.standard": [6000, 60000], "response": ["silence", "protect"]},
    "keep": {"hours": ["online"]},
}
LONGER = SPEC | {"runs": 30, "constants": {"scale": 0.002, "hours": 120}}


def same(table, other):
    pd.testing.assert_frame_equal(
        table.drop(columns="repeat"), other.drop(columns="repeat"), check_exact=True
    )


@contextmanager
def disk(folder, options):
    """Mount a small disk, where that is permitted."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True
    )
    if made.returncode:
        # needs root; a disk that fills up is also tried without one, in test_sweep.py
        pytest.skip("mounting is not permitted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def written_often(monkeypatch):
    monkeypatch.setattr(writer, "SOONEST", 0.0)


@pytest.mark.usefixtures("written_often")
def test_a_small_disk_that_fills_up_is_an_error_and_with_more_room_the_sweep_goes_on(tmp_path):
    with disk(tmp_path / "disk", "size=300k") as place:
        with pytest.raises(
            BesiegeError, match=r"--out: .* cannot be written .* continues from them"
        ):
            sim.sweep(SPEC | {"runs": 9}, out=place / "out", workers=1, quiet=True)
        kept = len(sim.lab.open(place / "out").runs)
        assert 0 < kept < 36
        assert not list(place.rglob("*.part"))
        subprocess.run(["mount", "-o", "remount,size=8m", str(place)], check=True)
        table = sim.sweep(SPEC, out=place / "out", workers=1, quiet=True)
    assert len(table) >= 12


def test_a_read_only_disk_is_refused_and_can_still_be_read(tmp_path):
    with disk(tmp_path / "disk", "size=8m") as place:
        table = sim.sweep(SPEC | {"runs": 1}, out=place / "out", workers=1, quiet=True)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        with pytest.raises(BesiegeError, match=r"--out: given .* allowed one that can be"):
            sim.sweep(SPEC, out=place / "out", workers=1, quiet=True)
        same(sim.lab.open(place / "out").runs, table)


@contextmanager
def cluster(workers):
    """Start a scheduler and workers in processes of their own, and give address and both."""
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    started = [subprocess.Popen([*dask, "--host", "127.0.0.1"], stderr=subprocess.PIPE, text=True)]
    try:
        for line in started[0].stderr:
            if "Scheduler at:" in line:
                address = line.split("Scheduler at:")[1].strip()
                break
        else:
            pytest.fail("no scheduler")
        for _ in range(workers):
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "distributed.cli.dask_worker", address,
                     "--nthreads", "1", "--no-dashboard", "--no-nanny"],
                    stderr=subprocess.DEVNULL, cwd=os.getcwd(),
                )
            )  # fmt: skip
        yield address, started[1:], started[0]
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_table_even_when_it_loses_a_worker(tmp_path):
    whole = sim.sweep(LONGER, workers=1, quiet=True)
    with cluster(2) as (address, workers, _):
        same(sim.sweep(SPEC, out=tmp_path / "a", scheduler=address, quiet=True),
             sim.sweep(SPEC, workers=1, quiet=True))  # fmt: skip
        file = tmp_path / "spec.toml"
        file.write_text(tomli_w.dumps(LONGER))
        command = ["-c", "from sim.cli import main; main()", "sweep", str(file), "--quiet"]
        driver = subprocess.Popen([sys.executable, *command, "--out", str(tmp_path / "b"), "--scheduler", address])  # fmt: skip
        end = time.monotonic() + 120
        while not list((tmp_path / "b").glob("runs/*.parquet")) and time.monotonic() < end:
            time.sleep(0.2)
        os.kill(workers[0].pid, signal.SIGKILL)
        assert driver.wait(timeout=300) == 0
    same(sim.lab.open(tmp_path / "b").runs, whole)
    assert sim.lab.open(tmp_path / "b").failed.empty


MODULE = """
from sim.outcomes import outcome

@outcome("cum_online", "people", "members present, summed")
def _(r):
    return r.series["online"].sum()
"""


@pytest.mark.slow
def test_an_outcome_of_a_module_is_measured_by_dask_workers_that_have_not_the_file(tmp_path):
    (tmp_path / "mine.py").write_text(MODULE)
    file = tmp_path / "spec.toml"
    file.write_text(tomli_w.dumps({**SPEC, "modules": ["mine.py"]}))
    with cluster(2) as (address, _, _):
        found = sim.sweep(file, out=tmp_path / "out", scheduler=address, quiet=True)
    same(found, sim.sweep(file, workers=1, quiet=True))
    assert (found["cum_online"] > 0).all()


@pytest.mark.slow  # the client tries for some time to reach it again
def test_a_scheduler_that_is_killed_is_a_line_and_what_is_finished_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SOONEST", 0.0)
    whole = sim.sweep(LONGER, workers=1, quiet=True)
    with cluster(2) as (address, _, scheduler):
        sim.sweep(SPEC, scheduler=address, quiet=True)  # kernels are loaded
        kill = threading.Timer(1.0, scheduler.kill)
        kill.start()
        with pytest.raises(
            BesiegeError, match=r"--scheduler: tcp.* is lost .* continues from them"
        ):
            sim.sweep(LONGER, out=tmp_path / "out", scheduler=address, quiet=True)
    before = len(sim.lab.open(tmp_path / "out").runs)
    assert 0 < before < len(whole)
    same(sim.sweep(LONGER, out=tmp_path / "out", workers=1, quiet=True), whole)


@pytest.mark.slow
def test_a_dask_worker_that_is_stopped_for_a_while_costs_nothing(tmp_path):
    whole = sim.sweep(LONGER, workers=1, quiet=True)
    with cluster(2) as (address, workers, _):
        sim.sweep(SPEC, scheduler=address, quiet=True)  # kernels are loaded
        stop = threading.Timer(1.0, workers[0].send_signal, [signal.SIGSTOP])
        go_on = threading.Timer(8.0, workers[0].send_signal, [signal.SIGCONT])
        stop.start(), go_on.start()
        same(sim.sweep(LONGER, out=tmp_path / "out", scheduler=address, quiet=True), whole)
        go_on.join()
    assert sim.lab.open(tmp_path / "out").failed.empty


@pytest.mark.slow  # connecting is tried for fifteen seconds
def test_a_scheduler_that_is_not_there_is_refused_with_a_word(tmp_path):
    with pytest.raises(BesiegeError, match="which cannot be reached"):
        sim.sweep(SPEC, out=tmp_path, scheduler="tcp://127.0.0.1:9", quiet=True)


CELL = """
import sim
from sim.outcomes import outcome
from sim.responses import Response, Statement, Trigger

@outcome("cum_online", "people", "members present, summed")
def cum_online(record):
    return record.series["online"].sum()

class Whisper(Statement):
    volume: float = 0.5

    def orders(self, view):
        return super().orders(view)

own = Response(name="whisper", measures=(Whisper(trigger=Trigger(hour=20)),))
table = sim.sweep(
    {"scenario": "small", "constants": {"scale": 0.002, "hours": 40}, "runs": 3,
     "factors": {"response": ["silence", own]}},
    workers=2,
)
assert len(table) == 6 and set(table["response"]) == {"silence", "whisper"}, table
assert (table["cum_online"] > 0).all(), table
"""


@pytest.mark.slow
def test_a_measure_and_an_outcome_defined_in_a_notebook_cell_are_run_by_two_workers(tmp_path):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [cell | {"source": CELL}], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
    file = tmp_path / "own.ipynb"
    file.write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "pytest", "--nbmake", "-c", os.devnull, str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout[-3000:]
