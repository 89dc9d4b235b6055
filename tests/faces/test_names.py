"""Names in any script and of any length, in pictures, tables and reports, without a warning."""

import csv
import logging
import warnings

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from sim import compare, hindcast, run, sweep
from sim.figures import lettering
from sim.figures.lettering import MISSING, lettered, readable, width_of
from sim.figures.style import Drawing
from sim.outcomes.facts import COLUMNS
from sim.scenario.scenario import Scenario
from sim.views.terminal import compare as compared
from sim.views.terminal import hindcast_text, sweep_text, terminal
from sim.views.terminal.reports import write_page

NAMES = {
    "scripts that DejaVu lacks": "围城 घेरा 한 🏛\ufe0f 🏴\U000e0067\U000e007f \ue000",
    "right to left": "حصار שלום",
    "formulas and markup": "[red]x[/y] :smile: $x_1$ \\frac{a}{b} _^%",
    "long and wide": "围" * 3000,
    "blanks and joiners": "\u3000a\u00a0\u200bb\u00ad\ufeff e\u0301",
}


@pytest.fixture(autouse=True)
def _every_warning_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def named(name):
    """Return a small scenario in which everything has this name."""
    table = Scenario.load("small").replace(scale=0.001, hours=48, response="protect").to_dict()
    for of in (table, table["response"]):
        of |= {"name": name, "description": name}
    for rival in table["rivals"]:
        rival["name"] = name
    return Scenario.parse(table)


@pytest.mark.parametrize("kind", NAMES)
def test_names_of_every_kind_are_run_drawn_told_and_reported(kind, tmp_path, capsys):
    name = NAMES[kind]
    scenario = named(name)
    result = run(scenario, seed=1)
    folder = result.save(tmp_path / "run")
    terminal.tell(result)
    terminal.tell_where(result, folder)
    terminal.show_run(folder, json=False)
    write_page(folder, tmp_path / "run.html")
    found = compare([scenario.response, "silence"], scenario=scenario, runs=2, workers=1)
    compared._tell(found)
    found.report(tmp_path / "compare.html")
    found.plot(name).savefig(tmp_path / "plot.png")
    with open(tmp_path / "facts.csv", "w", newline="", encoding="utf-8") as file:
        row = [name, "", name, "peak_online", 1, 9, name, "", "check", name]
        csv.writer(file).writerows([COLUMNS, row])
    held = hindcast(scenario, 2, workers=1, construction=False, facts=tmp_path / "facts.csv")
    held.save(tmp_path / "hindcast")
    hindcast_text.tell_hindcast(held, tmp_path / "hindcast")
    levels = [{"label": name, "value": 20.0}, 30.0]
    spec = {"name": name, "question": name, "scenario": scenario, "runs": 2}
    spec["factors"] = {"attention.memory": levels, "response": [scenario.response, "silence"]}
    sweep(spec, out=tmp_path / "sweep", workers=1, quiet=True)
    sweep_text.show_sweep(tmp_path / "sweep", json=False)
    write_page(tmp_path / "sweep", tmp_path / "sweep.html")
    said = capsys.readouterr().out.replace("\n", "")
    assert said.replace(" ", "").count(name.replace(" ", "")[:10]) > 3


def test_a_sign_that_no_font_has_becomes_a_square_and_is_told_once(caplog, monkeypatch):
    monkeypatch.setattr(lettering, "_told", set())
    with caplog.at_level(logging.WARNING, "sim"):
        assert lettered("a围城b") == f"a{MISSING}{MISSING}b"
        assert lettered("घ") == MISSING
    (record,) = caplog.records
    assert "U+56F4" in record.message
    assert "\n" not in record.message


def test_a_font_that_is_installed_shows_what_the_usual_one_lacks(monkeypatch):
    monkeypatch.setattr(lettering, "FALLBACKS", ("Not Installed", "Last Resort High-Efficiency"))
    assert readable("围城 a") == "围城 a"
    figure = Drawing()
    text = figure.text(0.5, 0.5, "围城 a", weight="bold")
    FigureCanvasAgg(figure).draw()
    assert text.get_text() == "围城 a"
    assert text.get_fontfamily() == [*mpl.rcParams["font.family"], "Last Resort High-Efficiency"]


@pytest.mark.parametrize("text", ["حصار", "שלום", "e\u0301", "a\u00adb", "\N{MINUS SIGN}·→…"])
def test_what_the_usual_font_has_is_left_as_it_is(text):
    assert lettered(text) == text


def test_a_long_name_is_cut_by_the_room_that_it_takes():
    assert lettered("n" * 49) == "n" * 47 + "…"
    assert lettered("n" * 48) == "n" * 48
    assert width_of("围" * 24) == 48
    assert width_of("e\u0301") == 1
    assert lettered("one\ntwo\x07") == "one two "
    assert len(lettered("\u0301" * 100_000 + "a")) < 1000


def test_a_text_of_ones_own_in_a_picture_is_drawn_without_a_warning():
    figure = Drawing(layout="constrained")
    ax = figure.subplots()
    ax.set_title("围城\n$x_")
    ax.annotate("\ue000", (0.5, 0.5))
    FigureCanvasAgg(figure).draw()
    said = [text.get_text() for text in figure.findobj(Text)]
    assert f"{MISSING}{MISSING}\n$x_" in said


def test_a_table_of_inputs_alone_is_drawn_without_a_warning(tmp_path):
    with open(tmp_path / "facts.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, ["a", "", "q", "", 1, 9, "1", "", "input", "s"]])
    held = hindcast(
        "small",
        1,
        scale=0.001,
        hours=12,
        workers=1,
        construction=False,
        facts=tmp_path / "facts.csv",
    )
    assert (held.save(tmp_path / "hindcast") / "hindcast.png").is_file()
