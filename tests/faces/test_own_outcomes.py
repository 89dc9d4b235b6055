"""Outcomes of a user's own: in a script, a notebook, a module, at every worker, in the hash."""

import json
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pandas as pd
import pytest
import tomli_w

import sim
from sim.core.units import BesiegeError
from sim.lab.command import Asked, carry_out_sweep
from sim.lab.execution import carried
from sim.outcomes import outcomes
from sim.outcomes.outcomes import OUTCOMES, own_outcomes
from sim.views.terminal.reports import write_page

SPEC = {
    "name": "own",
    "scenario": "small",
    "constants": {"scale": 0.002, "hours": 40},
    "runs": 3,
    "factors": {"response": ["silence", "protect"]},
}
MODULE = """
from sim.outcomes import outcome

EVERY = 2.0

def _doubled(x):
    return EVERY * x

@outcome("cum_doubled", "people", "members present, summed and doubled")
def _(r):
    return _doubled(r.series["online"].sum())
"""


@pytest.fixture
def own():
    """Return the session's table, and take out of it what a test puts in."""
    before = dict(OUTCOMES)
    yield OUTCOMES
    OUTCOMES.clear()
    OUTCOMES.update(before)


def enter(times=1.0):
    @sim.outcomes.outcomes.outcome("cum_online", "people", "members present, summed")
    def _(r):
        return times * r.series["online"].sum()


def write(folder, module=MODULE, **more):
    (folder / "mine.py").write_text(module)
    file = folder / "own.toml"
    file.write_text(tomli_w.dumps({**SPEC, "modules": ["mine.py"], **more}))
    return file


def sweep(spec, **more):
    return sim.sweep(spec, quiet=True, **more)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    "where",
    [{"workers": 2}, {"workers": 1, "executor": lambda: ProcessPoolExecutor(1)},
     {"workers": 1, "executor": lambda: ThreadPoolExecutor(1)}],
)  # fmt: skip
def test_an_outcome_entered_by_the_session_is_measured_by_every_worker(where):
    enter()
    table = sweep(SPEC, **where)
    pd.testing.assert_frame_equal(table, sweep(SPEC, workers=1))
    assert (table.cum_online > 0).all()


@pytest.mark.usefixtures("own")
def test_an_outcome_changed_between_two_sweeps_is_the_new_one_at_workers_that_are_kept():
    enter()
    once = sweep(SPEC, workers=2)
    enter(times=3.0)
    assert (sweep(SPEC, workers=2).cum_online == 3.0 * once.cum_online).all()


@pytest.mark.usefixtures("own")
def test_compare_measures_an_outcome_of_the_session_with_two_workers():
    enter()
    c = sim.compare(["silence", "protect"], scenario="small", runs=2, workers=2, ensemble="none",
                    scale=0.002)  # fmt: skip
    assert (c.runs.cum_online > 0).all()


def test_a_module_of_the_specification_is_measured_by_every_worker(tmp_path):
    file = write(tmp_path, outcomes=["cum_doubled"])
    assert carry_out_sweep(Asked(file, tmp_path / "out"), json=False, quiet=True) is False
    table = sim.lab.open(tmp_path / "out").runs
    assert len(table) == 6
    assert (table.cum_doubled > 0).all()
    assert "cum_doubled" not in OUTCOMES
    told = json.loads((tmp_path / "out" / "columns.json").read_text())["runs"]["cum_doubled"]
    assert told["unit"] == "people"
    # Whoever did not run it, in a process that does not know the outcome, can look at it.
    write_page(tmp_path / "out", tmp_path / "page.html")
    assert "cum_doubled" in (tmp_path / "page.html").read_text()


def test_a_folder_keeps_the_modules_so_that_its_own_specification_repeats_it(tmp_path):
    sweep(write(tmp_path), out=tmp_path / "out", workers=1)
    (tmp_path / "mine.py").unlink()
    again = sweep(tmp_path / "out" / "spec.toml", workers=1)
    there = sim.lab.open(tmp_path / "out").runs
    assert list(again.cum_doubled) == list(there.cum_doubled)


def test_a_run_with_an_outcome_of_ones_own_is_repeated_with_it(tmp_path):
    file = write(tmp_path)
    row = sweep(file, out=tmp_path / "out", workers=1).iloc[0]
    assert row["repeat"].endswith(f"own.toml --repeat {row.key}")
    result = sim.lab.repeat(file, row.key)
    assert result.outcomes["cum_doubled"] == row.cum_doubled
    assert result.to_dict()["outcomes"]["cum_doubled"]["unit"] == "people"


@pytest.mark.parametrize(
    "changed",
    [MODULE.replace("EVERY = 2.0", "EVERY = 4.0"), MODULE.replace("EVERY * x", "EVERY * x + 1")],
)
def test_a_module_that_was_changed_is_refused_into_the_old_folder(tmp_path, changed):
    sweep(write(tmp_path), out=tmp_path / "out", workers=1)
    assert len(sweep(write(tmp_path), out=tmp_path / "out", workers=1)) == 6
    with pytest.raises(BesiegeError, match="other outcomes of your own"):
        sweep(write(tmp_path, changed), out=tmp_path / "out", workers=1)


@pytest.mark.usefixtures("own")
def test_what_an_outcome_of_the_session_names_counts_in_the_hash(tmp_path):
    enter(times=1.0)
    sweep(SPEC, out=tmp_path / "out", workers=1)
    sweep(SPEC, out=tmp_path / "out", workers=1)
    enter(times=2.0)  # the same source: only a value that it closes over differs
    with pytest.raises(BesiegeError, match="other outcomes of your own"):
        sweep(SPEC, out=tmp_path / "out", workers=1)


def test_a_sweep_without_outcomes_of_ones_own_keeps_the_keys_it_had():
    plan = sim.lab.design.spec.load(SPEC)
    planned = next(iter(sim.lab.design.listing.runs_of(plan)))
    identity = sim.lab.design.identity.scenario_identity(planned.scenario)
    assert planned.key == sim.lab.design.identity.run_key(identity, planned.seed)


@pytest.mark.usefixtures("own")
def test_an_outcome_that_cannot_leave_its_process_is_refused_before_any_run(tmp_path):
    lock = threading.Lock()

    @outcomes.outcome("n_locked", "1", "whether a lock is held")
    def _(r):
        return float(lock.locked())

    with pytest.raises(BesiegeError, match="outcome: n_locked cannot be sent to workers"):
        sweep(SPEC, out=tmp_path / "out", workers=2)
    assert sim.lab.open(tmp_path / "out").runs.empty
    assert len(sweep(SPEC, out=tmp_path / "out", workers=1)) == 6


def test_a_worker_that_lacks_what_an_outcome_needs_is_refused_with_a_word():
    packed = b"\x80\x04cno_such_module\nf\n."
    with pytest.raises(BesiegeError, match=r"worker: cannot load .*no_such_module"):
        carried.unpack_outcomes(packed)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["cum_actions", "key", "seed", "Peak", "a b", "", "9lives"])
def test_a_name_that_is_taken_or_no_name_is_refused(name):
    with pytest.raises(BesiegeError, match="outcome: given"):
        outcomes.outcome(name, "1", "nothing")(lambda r: 0.0)
    assert not own_outcomes()


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (["none.py"], "modules: given \"none.py\", which cannot be loaded"),
        (["bad.py"], "modules: given \"bad.py\", which cannot be loaded .ZeroDivisionError"),
        (["ends.py"], "modules: given \"ends.py\", which cannot be loaded .SystemExit"),
        (["mine.py", "mine.py"], "modules: given \"mine.py\" twice"),
        (["mine.py", "same.py"], "the outcome cum_doubled is declared in mine.py and in same.py"),
        ("mine.py", "modules: given"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_had_is_refused_in_one_line(tmp_path, modules, said):
    write(tmp_path)
    (tmp_path / "bad.py").write_text("1 / 0")
    (tmp_path / "ends.py").write_text("raise SystemExit(3)")
    (tmp_path / "same.py").write_text(MODULE)
    file = tmp_path / "own.toml"
    file.write_text(tomli_w.dumps({**SPEC, "modules": modules}))
    with pytest.raises(BesiegeError, match=said) as refused:
        sweep(file, workers=1)
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("own")
def test_an_outcome_that_raises_is_a_failure_of_its_run_and_loses_no_other(tmp_path):
    @outcomes.outcome("n_rare", "1", "fails in some runs")
    def _(r):
        return 1.0 / float(r.series["online"].sum() > 1e12)

    table = sweep(SPEC, out=tmp_path / "out", workers=2)
    failed = sim.lab.open(tmp_path / "out").failed
    assert table.empty
    assert set(failed.stage) == {"outcomes"}
    assert len(failed) == 6


@pytest.mark.slow
def test_a_script_with_an_outcome_of_its_own_sweeps_with_two_workers(tmp_path):
    (tmp_path / "helper.py").write_text(MODULE)
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import helper, sim
            from sim.outcomes import outcome

            @outcome("cum_online", "people", "members present, summed")
            def online(r):
                return r.series["online"].sum()

            if __name__ == "__main__":
                table = sim.sweep({SPEC}, workers=2, quiet=True)
                assert (table.cum_doubled == 2.0 * table.cum_online).all() and len(table) == 6
            """
        ).replace("{SPEC}", repr(SPEC))
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
