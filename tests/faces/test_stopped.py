"""Comparisons and hindcasts that are stopped, or cannot write: what is finished is kept."""

import errno
import os
import signal
import sys

import duckdb
import pytest

import sim.cli
from sim import Scenario, compare, hindcast
from sim.comparing import comparison
from sim.core.units import BesiegeError
from sim.io import parquet
from sim.io.saving import PageError
from sim.lab.execution import progress
from sim.lab.execution.tasks import execute
from sim.lab.hindcast import Hindcast
from sim.lab.storage import kept
from sim.running.loop import Loop
from sim.running.run import run
from tests.small_worlds import SMALL

HOURS = 4
WORLD = Scenario.load("taobao-2011").replace({**SMALL, "hours": HOURS})
FACTS = """id,pattern,quantity,outcome,low,high,unit,window,use,source
A1,crowd,peak,"until(peak_online, 3)",0,1e6,people,always,check,made up
"""
WORDS = [f"--set={path}={value}" for path, value in {**SMALL, "hours": HOURS}.items()]
COMPARE = ["compare", "silence", "protect", *WORDS, "--runs=3", "--workers=1", "--out=here"]
HINDCAST = ["hindcast", *WORDS, "--runs=6", "--workers=1", "--facts=facts.csv", "--out=here"]
STUDIES = {"compare": COMPARE, "hindcast": HINDCAST}


@pytest.fixture
def besiege(monkeypatch, capsys, tmp_path):
    """Call the command line here, in a folder of its own; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.csv").write_text(FACTS)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["besiege", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            sim.cli.main()
        return (stop.value.code or 0, *capsys.readouterr())

    return call


def stop_after(n):
    """Return a progress callback that interrupts when so many runs are done."""

    def say(done, _total):
        if done == n:
            raise KeyboardInterrupt

    return say


def compared(out, **options):
    return compare(
        ["silence", "protect"], scenario=WORLD, **{"runs": 3, "workers": 1, "out": out} | options
    )


def files(folder):
    """Return the bytes of every file in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_comparison_that_was_stopped_goes_on_and_ends_in_the_same_bytes(tmp_path):
    compared(None).save(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path / "a", progress=stop_after(4))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["unfinished"]
    assert kept.count_kept(tmp_path / "a") == 4
    said = []
    again = compared(tmp_path / "a", progress=lambda *counts: said.append(counts))
    assert said == [(4, 6), (5, 6), (6, 6)]
    again.save(tmp_path / "a")
    assert files(tmp_path / "a") == files(tmp_path / "whole")


def test_a_hindcast_that_was_stopped_goes_on_and_ends_in_the_same_bytes(tmp_path):
    facts = tmp_path / "facts.csv"
    facts.write_text(FACTS)
    given = {"facts": facts, "workers": 1}
    hindcast(WORLD, 4, **given).save(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        hindcast(WORLD, 4, **given, out=tmp_path / "a", progress=stop_after(2))
    assert kept.count_kept(tmp_path / "a") == 2
    hindcast(WORLD, 4, **given, out=tmp_path / "a").save(tmp_path / "a")
    assert files(tmp_path / "a") == files(tmp_path / "whole")


OTHERS = {
    "another seed": {"seed": 2},
    "more worlds": {"runs": 4},
    "other hours": {"hours": 5},
    "another ensemble": {"ensemble": None},
    "another beginning": {"begin": 2},
    "other fees": {"fees": ["phased"]},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_folder_that_keeps_another_comparison_is_refused_in_one_line(tmp_path, other):
    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path, progress=stop_after(2))
    before = files(tmp_path / "unfinished")
    with pytest.raises(BesiegeError, match=r"contains 2 of 6 runs of another call \(comparison of"):
        compared(tmp_path, **other)
    assert files(tmp_path / "unfinished") == before


def test_a_run_that_failed_is_tried_again_by_the_call_that_goes_on(tmp_path, monkeypatch):
    step = Loop.step
    broken = {2}

    def breaks(siege):
        if siege.seed in broken:
            raise RuntimeError("as asked")
        step(siege)

    monkeypatch.setattr(Loop, "step", breaks)
    assert len(compared(tmp_path).failed) == 2
    assert kept.count_kept(tmp_path) == 4
    broken.clear()
    assert compared(tmp_path).failed.empty


def test_a_kept_part_with_a_changed_byte_is_refused_by_its_name(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path, progress=stop_after(3))
    (part,) = (tmp_path / "unfinished").glob("*.parquet")
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(BesiegeError, match=f"{part.name}: damaged"):
        compared(tmp_path)
    part.unlink()
    assert len(compared(tmp_path).runs) == 6


def test_two_calls_cannot_keep_runs_in_one_folder_at_a_time(tmp_path):
    with kept.Kept(tmp_path, "same", "this", 6) as first:
        first.add(execute(kept.Task("1", WORLD, 1)))
        with pytest.raises(BesiegeError, match="one call at a time"):
            kept.Kept(tmp_path, "same", "this", 6)
    assert kept.count_kept(tmp_path) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", STUDIES.values(), ids=STUDIES)
def test_a_stopped_study_says_what_is_kept_and_goes_on(besiege, tmp_path, monkeypatch, words, number):  # fmt: skip
    step, begun = Loop.step, []

    def interrupted(siege):
        begun.append(siege.world.hour)
        if begun.count(0) == 3 and siege.world.hour == 1:
            signal.raise_signal(number)
        step(siege)

    usual = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Loop, "step", interrupted)
    code, out, err = besiege(*words)
    assert (code, out) == (130, "")
    assert (
        "2 finished runs are kept in here/unfinished; the same command continues from there." in err
    )
    assert "Traceback" not in err
    assert signal.getsignal(signal.SIGTERM) is usual
    monkeypatch.setattr(Loop, "step", step)
    assert besiege(*words)[0] == 0
    assert not (tmp_path / "here" / "unfinished").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_kept_runs_are_written_waits_until_they_are_whole(besiege, monkeypatch, number):  # fmt: skip
    monkeypatch.setattr(kept, "SECONDS", 0.0)
    parquet_write = parquet.write_in_place

    def interrupted(table, path, note=""):
        signal.raise_signal(number)
        parquet_write(table, path, note)

    monkeypatch.setattr("sim.io.parquet.write_in_place", interrupted)
    code, _, err = besiege(*COMPARE)
    assert code == 130
    assert "1 finished run is kept in here/unfinished" in err


@pytest.mark.parametrize("words", [*STUDIES.values(), ["run", *WORDS]], ids=[*STUDIES, "run"])
def test_an_interrupt_that_duckdb_makes_an_error_of_its_own_ends_with_130(besiege, monkeypatch, words):  # fmt: skip
    def interrupted(_tables):  # of the result, no kept runs
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("sim.io.parquet.write_all", interrupted)
    code, _, err = besiege(*words)
    assert code == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("words", STUDIES.values(), ids=STUDIES)
def test_a_study_stopped_before_its_first_run_leaves_no_folder(besiege, tmp_path, monkeypatch, words):  # fmt: skip
    monkeypatch.setattr(Loop, "step", lambda _siege: signal.raise_signal(signal.SIGINT))
    code, _, err = besiege(*words)
    assert code == 130
    assert "No run had finished" in err
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("wrong", [["--set=scale=0.02", "--ensemble=nothing"], ["--seed=-1"]])
@pytest.mark.parametrize("words", STUDIES.values(), ids=STUDIES)
def test_a_study_that_is_refused_leaves_no_folder(besiege, tmp_path, words, wrong):
    assert besiege(*words, *wrong)[0] == 2
    assert not (tmp_path / "here").exists()


READ_ONLY = {
    "run": ["run", *WORDS],
    "compare": COMPARE,
    "hindcast": HINDCAST,
    "sweep": ["sweep", "spec.toml"],
    "report": ["report", "finished"],
}


@pytest.mark.parametrize("words", READ_ONLY.values(), ids=READ_ONLY)
def test_a_folder_that_cannot_be_written_is_refused_before_any_run(besiege, tmp_path, monkeypatch, words):  # fmt: skip
    if words[0] == "report":
        run(WORLD).save(tmp_path / "finished")
    (tmp_path / "a-file").write_text("")
    (tmp_path / "spec.toml").write_text('name = "a"\nscenario = "small"\nfactors = {scale = [0.1]}')
    monkeypatch.setattr(Loop, "step", lambda _siege: pytest.fail("a run was begun"))
    monkeypatch.setattr(
        "sim.views.terminal.reports.write_page", lambda *_: pytest.fail("it was drawn")
    )
    code, out, err = besiege(*words, "--out=a-file/below")
    assert (code, out) == (2, "")
    assert "--out: given a-file/below" in err or "--out: given a-file," in err
    assert len(err.splitlines()) == 1


FULL = (
    'IO Error: Async write failed: {"exception_type":"IO","exception_message":"Could not write '
    'file \\"x.part\\": No space left on device","errno":"28"}'
)


def full(*_arguments, **_options):
    """Stand for a disk that is full."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("kind", ["run", "compare", "hindcast"])
def test_a_disk_that_fills_while_tables_are_saved_leaves_what_was_there(tmp_path, monkeypatch, kind):  # fmt: skip
    facts = tmp_path / "facts.csv"
    facts.write_text(FACTS)
    make = {
        "run": lambda seed: run(WORLD, seed),
        "compare": lambda seed: compared(None, seed=seed),
        "hindcast": lambda seed: hindcast(WORLD, 2, seed=seed, facts=facts, workers=1),
    }[kind]
    make(1).save(tmp_path / "a")
    before, other = files(tmp_path / "a"), make(2)
    copy, written = parquet._copy, []

    def fills(db, table, path):
        written.append(path)
        if len(written) > (0 if kind == "hindcast" else 1):
            path.write_bytes(b"half")
            raise duckdb.IOException(FULL)
        copy(db, table, path)

    monkeypatch.setattr("sim.io.parquet._copy", fills)
    with pytest.raises(BesiegeError, match=r"\(Could not write file .*No space left on device\)$"):
        other.save(tmp_path / "a")
    assert files(tmp_path / "a") == before
    written.clear()
    with pytest.raises(BesiegeError):
        other.save(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_tables_that_cannot_be_saved_leave_their_runs_kept_and_say_where(tmp_path, monkeypatch):
    c = compared(tmp_path / "a")
    with monkeypatch.context() as patched:
        patched.setattr(comparison, "write_json", full)
        said = r"No space left on device\); 6 finished runs are kept in .*unfinished"
        with pytest.raises(BesiegeError, match=said):
            c.save(tmp_path / "a")
    assert kept.count_kept(tmp_path / "a") == 6
    c.save(tmp_path / "elsewhere")
    assert kept.count_kept(tmp_path / "a") == 6
    c.save(tmp_path / "a")
    assert kept.count_kept(tmp_path / "a") == 0


def test_a_disk_that_fills_while_runs_are_kept_ends_the_call_and_keeps_the_rest(tmp_path, monkeypatch):  # fmt: skip
    monkeypatch.setattr(kept, "SECONDS", 0.0)
    parquet_write, written = parquet.write_in_place, []

    def fills(table, path, note=""):
        written.append(path)
        if len(written) > 2:
            path.write_bytes(b"half")
            raise duckdb.IOException("IO Error: No space left on device")
        parquet_write(table, path, note)

    monkeypatch.setattr("sim.io.parquet.write_in_place", fills)
    with pytest.raises(BesiegeError, match="No space left on device"):
        compared(tmp_path)
    assert kept.count_kept(tmp_path) == 2
    assert [p.name for p in (tmp_path / "unfinished").iterdir() if p.suffix == ".part"] == []
    monkeypatch.setattr("sim.io.parquet.write_in_place", parquet_write)
    assert len(compared(tmp_path).runs) == 6


@pytest.mark.parametrize("error", [full, lambda *_: 1 / 0])
def test_a_report_that_fails_hides_no_tables_and_leaves_no_older_report(besiege, tmp_path, monkeypatch, error):  # fmt: skip
    assert besiege(*COMPARE)[0] == 0
    assert (tmp_path / "here" / "report.html").exists()
    monkeypatch.setattr(comparison, "brief_of", error)
    code, out, err = besiege(*COMPARE)
    assert code == 1
    assert "costs all parties together" in out
    assert "here/report.html: cannot be written (" in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "here" / "report.html").exists()
    assert len(comparison.Comparison.load(tmp_path / "here").runs) == 6


@pytest.mark.parametrize("words", [["run", *WORDS, "--out=here"], HINDCAST], ids=["run", "hindcast"])  # fmt: skip
def test_a_picture_that_fails_hides_no_tables(besiege, tmp_path, monkeypatch, words):
    monkeypatch.setattr("sim.figures.plots.siege_figure", full)
    monkeypatch.setattr(Hindcast, "plot", full)
    code, out, err = besiege(*words)
    assert code == 1
    assert ".png: cannot be written (No space left on device)" in err
    assert "Written to here: " in out
    assert ".png" not in out
    assert besiege("show", "here")[0] == 0


def test_a_picture_that_fails_is_an_error_of_its_own_in_python(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.figures.plots.siege_figure", full)
    with pytest.raises(PageError, match=r"siege\.png"):
        run(WORLD).save(tmp_path)
    assert (tmp_path / "outcomes.json").is_file()


@pytest.mark.parametrize("words", STUDIES.values(), ids=STUDIES)
def test_off_a_terminal_a_line_now_and_then_says_how_far_a_study_is(besiege, monkeypatch, words):
    monkeypatch.setattr(progress, "SECONDS_A_LINE", 0.0)
    code, _, err = besiege(*words)
    assert code == 0
    assert f"{words[0]}: 3 of 6 runs, " in err
    assert f"{words[0]}: 6 of 6 runs, " in err
    assert " per second, " in err
    assert err.splitlines()[-1].endswith(" left")
