"""The page's parts that need no browser: choices, charts, the sample, the server's refusals."""

import socket
import sys
from dataclasses import replace

import numpy as np
import pytest

import sim.cli
from sim.core.units import Role, Stance
from sim.scenario.scenario import load_fees
from sim.setup.graph import Graph
from sim.views.page import server
from sim.views.page.charts import Chart, Line, draw
from sim.views.page.choices import Choices, check
from sim.views.page.network import SHOWN, draw_network, sample

FAULTY = [
    ("scenario", "taobao", "scenario: given \"taobao\", allowed calm, small, taobao-2011 did you mean taobao-2011?"),
    ("scenario", "/etc/hostname.toml", "scenario: given"),
    ("fee", "phase", "fee: given \"phase\""),
    ("response", "protekt", "did you mean protect?"),
    ("response", "protect@60", "response: given \"protect@60\""),
    ("other", "../x.toml", "other: given \"../x.toml\""),
    ("hour", "-1", "hour: given -1, allowed a whole number from 0 to 10_000"),
    ("hour", "2011-10-11T11:30:00", "allowed a full hour"),
    ("scale", "", "scale: given \"\", allowed a number from 0.001 to 1"),
    ("scale", "0.3", "allowed on this page at most 0.2"),
    ("hours", "1001", "allowed on this page at most 1000"),
    ("seed", "1.5", "seed: given 1.5, allowed a whole number"),
    ("worlds", "101", "worlds: given 101, allowed a whole number from 2 to 100"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "given", "said"), FAULTY)
def test_what_is_wrong_with_a_choice_is_told_by_its_field(field, given, said):
    checked = check(replace(Choices(), **{field: given}))
    assert list(checked.faults) == [field]
    assert all(part in checked.faults[field] for part in said.split(" did "))
    assert bool(checked.scenarios) == (field == "worlds")


def test_choices_make_a_world_for_each_response_with_everything_chosen():
    chosen = Choices("small", "phased", "protect", "60", "silence", "", "0.005", "100", "9", "5")
    checked = check(chosen)
    assert [s.response.name for s in checked.scenarios] == ["protect@60", "silence"]
    assert {(s.scale, s.hours) for s in checked.scenarios} == {(0.005, 100)}
    assert checked.scenarios[0].fees.new == load_fees("phased")
    assert (checked.seed, checked.worlds) == (9, 5)


def test_a_date_is_an_hour_at_which_a_response_may_begin():
    checked = check(Choices(hour="2011-10-12T12:00:00"))
    assert checked.scenarios[0].response.name == "as-happened@60"


def test_a_chart_says_in_words_that_there_is_nothing_to_see():
    lines = [Line("online", np.zeros(5), "#000")]
    assert "Nobody is here." in draw(Chart("Crowd", "people", 10, lines, "Nobody is here."))
    assert "<svg" not in draw(Chart("Crowd", "people", 10, lines, "Nobody is here."))


@pytest.mark.parametrize("values", [[5.0], [-3.0, 2.0], [0.0, 1e9], [1e-7, 0.0], list(range(5000))])
def test_a_chart_keeps_its_lines_inside_its_frame(values):
    drawn = draw(Chart("A", "b", len(values), [Line("c", np.array(values, float), "#000")]))
    path = drawn.split('class="b-line" d="M')[1].split('"')[0]
    points = [tuple(map(float, p.split())) for p in path.split("L")]
    assert all(0 <= x <= 1000 and -0.1 <= y <= 240.1 for x, y in points)
    assert len(points) <= 701


def test_names_that_hold_html_are_shown_and_not_obeyed():
    chart = Chart("<b>", "&", 3, [Line("<script>", np.ones(3), "#000")], of="<i>x")
    assert "<script>" not in draw(chart)
    assert "<i>x" not in draw(chart)


def ring(n):
    return Graph(np.arange(0, 2 * n + 1, 2), np.array([[(i - 1) % n, (i + 1) % n] for i in range(n)], np.int32).ravel())  # fmt: skip


def test_the_sample_is_the_first_seller_and_those_around_it_with_their_ties():
    taken = sample(ring(1000), np.full(1000, Role.CURIOUS, np.uint8))
    assert len(taken.rows) == SHOWN
    assert taken.rows[:5] == [0, 999, 1, 998, 2]
    assert len(taken.ties) == SHOWN - 1
    assert 0 <= taken.places.min() <= taken.places.max() <= 1
    again = sample(ring(1000), np.full(1000, Role.CURIOUS, np.uint8))
    assert np.array_equal(again.places, taken.places)


@pytest.mark.parametrize("n", [1, 2, 200])
def test_people_without_ties_are_drawn_as_well(n):
    alone = Graph(np.zeros(n + 1, np.int64), np.zeros(0, np.int32))
    taken = sample(alone, np.zeros(n, np.uint8))
    drawn = draw_network(taken, [Stance.MEMBER] * len(taken.rows))
    assert drawn.count("<circle") == min(n, SHOWN)
    assert f"in the protest {min(n, SHOWN)}" in drawn


def refused(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["besiege", "dashboard", *arguments])
    with pytest.raises(SystemExit) as stop:
        sim.cli.main()
    lines = [li for li in capsys.readouterr().err.splitlines() if not li.startswith("Compiling")]
    assert stop.value.code == 2
    assert len(lines) == 1
    return lines[0]


def test_a_missing_extra_is_one_line_that_names_the_command(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "solara", None)
    assert "uv sync --extra dashboard" in refused(monkeypatch, capsys)


def test_an_address_that_cannot_be_had_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(server, "check_installed", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "a free port" in refused(monkeypatch, capsys, f"--port={port}")
    assert "--port: given 70000" in refused(monkeypatch, capsys, "--port=70000")
    assert "--host: given no.such.host" in refused(monkeypatch, capsys, "--host=no.such.host.invalid")  # fmt: skip


def test_the_page_is_bound_to_this_machine_unless_told():
    import inspect

    assert inspect.signature(sim.cli.dashboard).parameters["host"].default == "127.0.0.1"
