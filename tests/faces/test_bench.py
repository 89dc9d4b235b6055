"""The bench gives every field and sane numbers; how fast it is no test can say."""

import json
import sys

import pytest

from sim.bench import bench
from sim.running.loop import RENEWAL, STAGES


@pytest.fixture(scope="module")
def quick():
    return bench.measure(quick=True)


def test_the_quick_bench_measures_every_figure_and_names_what_it_left_out(quick):
    told = json.loads(bench.to_json(quick))
    assert set(told["figures"]) == {
        "stepping_seconds", "whole_run_seconds", "whole_run_peak_mb",
        "whole_run_processor_seconds", "start_up_seconds",
    }  # fmt: skip
    counted = [f for name, f in told["figures"].items() if name != "whole_run_peak_mb"]
    assert all(run > 0 for figure in counted for run in figure["runs"])
    assert told["figures"]["whole_run_peak_mb"]["value"] > 0 or sys.platform == "win32"
    assert set(told["left_out"]) == {"first_run", "plain_mesa"}
    assert set(told["start_up"]) == {"bare import mesa", "mesa", "engine", "world", "first_hour"}


def test_a_profile_names_every_stage_of_the_hour_and_adds_up_to_the_run(quick):
    stages = {stage.name for stage in (*STAGES, RENEWAL)}
    for profile in quick.profiles:
        assert set(profile.stages) == stages | {"clock"}
        assert min(profile.stages.values()) > 0
    whole = quick.figures["whole_run_seconds"].median
    large = quick.profiles[-1]
    parts = large.found + sum(large.stages.values()) + large.outcomes
    assert parts == pytest.approx(whole)


def test_every_figure_and_stage_stands_in_the_lines_for_people(quick):
    text = "\n".join(bench.to_lines(quick))
    assert all(figure.label[:50] in text for figure in quick.figures.values())
    assert all(stage.name in text for stage in STAGES)


def test_a_cost_that_is_a_line_is_found_to_be_one():
    growth = bench.fit_growth((0.1, 0.5, 1.0), (1.2, 2.0, 3.0))
    assert growth.fixed == pytest.approx(1.0)
    assert growth.per_scale == pytest.approx(2.0)
    assert growth.largest_miss == pytest.approx(0.0, abs=1e-12)
    assert bench.fit_growth((0.1, 1.0), (0.3, 3.0)).exponent == pytest.approx(1.0)


def test_a_target_is_met_from_the_right_side():
    assert bench.Figure("speed", "times", (150.0, 250.0, 260.0), 200.0, at_least=True).met
    assert bench.Figure("time", "s", (0.7, 0.9, 1.0), 0.8).met is False
    assert bench.Figure("time", "s", (0.7,)).met is None
