"""Pictures of every kind of world, drawn without a warning and without a trace."""

import functools
import warnings
from dataclasses import replace
from functools import cache

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from sim.core.units import Phase
from sim.figures import style
from sim.figures.labels import LEFT, RIGHT, name_panel
from sim.figures.numbers import count
from sim.figures.payers import who_pays_figure
from sim.figures.plots import _tiers, siege_figure
from sim.figures.style import DPI, WIDTH, Drawing
from sim.outcomes.facts import Fact
from sim.outcomes.outcomes import measure
from sim.outcomes.payments import balance
from sim.running.model import Siege
from tests.small_worlds import with_every_store

WORLDS = {
    "as happened": ("taobao-2011", {}),
    "silence": ("taobao-2011", {"response": "silence"}),
    "protect": ("taobao-2011", {"response": "protect"}),
    "thirty hours": ("taobao-2011", {"hours": 30}),
    "one hour": ("taobao-2011", {"hours": 1}),
    "six weeks": ("taobao-2011", {"hours": 1000, "response": "silence"}),
    "calm": ("calm", {}),
    "calm but answered": ("calm", {"response": "as-happened"}),
}


def world_of(kind):
    """Return the record and the scenario of a run of a kind of world."""
    name, changes = WORLDS[kind]
    siege = with_every_store(name, **changes)
    return siege.record, siege.scenario


@cache
def picture_of(kind):
    """Return the picture of a kind of world, drawn once and without a warning; only to be read."""
    return drawn(siege_figure(*world_of(kind)))


@pytest.fixture
def besieged():
    return world_of("as happened")


@pytest.fixture
def picture():
    return picture_of("as happened")


@cache
def paid():
    """Return who pays in a siege, and its picture; only to be read."""
    books = balance(world_of("as happened")[0])
    return books, drawn(who_pays_figure(books))


def drawn(figure):
    """Draw a figure, every warning an error, and give it back."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()
    return figure


def texts(figure):
    """Give every text of a figure that was drawn that is not empty and can be seen."""
    found = figure.findobj(mpl.text.Text)
    return [t.get_text() for t in found if t.get_text() and t.get_visible()]


@pytest.mark.parametrize("kind", WORLDS)
def test_every_world_draws_without_a_warning_and_says_what_it_is(kind):
    record, scenario = world_of(kind)
    said = texts(picture_of(kind))
    subtitle = f"scenario {scenario.name} · response {scenario.response.name} · seed 1 · scale 0.01"
    assert subtitle in said
    outcomes = measure(record)
    if outcomes["peak_online"] == 0:
        assert said.count("Nobody protested") == 2
    else:
        assert f"online, peak {count(outcomes['peak_online'])}" in said
    assert ("first attack" in " ".join(said)) == (outcomes["hour_first_attack"] is not None)
    assert ("No store was attacked" in said) == (outcomes["cum_actions"] == 0)


def test_every_panel_of_a_siege_has_a_name_and_its_axes_are_labelled(picture):
    figure, said = picture, texts(picture)
    assert {"The crowd", "False actions", "Stores that protect themselves"} <= set(said)
    assert all(ax.get_ylabel() for ax in figure.axes)
    assert "October 2011" in figure.axes[-1].get_xlabel()
    assert {"10 Oct", "24 Oct"} <= set(said)
    assert any("," in t for t in said if t.replace(",", "").isdigit())


def test_the_picture_shows_facts_phases_and_what_happened(besieged, picture):
    record, _ = besieged
    said = texts(picture)
    assert {"F01", "F02", "F03", "F04a", "F04b"} <= set(said)
    assert "F10" not in said
    seen = {Phase(int(p)).name.lower() for p in record.series["phase"]}
    assert {"attack"} <= seen & set(said)
    for label in ("fees announced", "first attack", "police report", "regulator's statement"):
        assert label in said
    assert "old fee kept, deposit cut, subsidy" in said


def test_the_facts_are_those_of_the_table_that_is_given(besieged):
    mine = Fact("M1", "", "", "max(online, 50, 60)", 10.0, 1e6, "people", "", "check", "")
    other = replace(mine, id="M2", outcome="peak_online")
    late = replace(mine, id="M3", outcome="at(online, 336)")
    summed = replace(mine, id="M4", outcome="sum(online, 0, 9)")
    figure = drawn(siege_figure(*besieged, facts=[mine, other, late, summed]))
    said = texts(figure)
    assert {"M1", "M2"} <= set(said)
    assert {"M3", "M4", "F01"} & set(said) == set()
    assert figure.axes[0].get_ylim()[1] > 1e6
    assert "F…: reported" not in texts(drawn(siege_figure(*besieged, facts=[])))


@pytest.mark.parametrize("kind", WORLDS)
def test_no_text_leaves_the_figure(kind):
    figure = picture_of(kind)
    canvas = figure.canvas
    width, height = canvas.get_width_height()
    for text in figure.findobj(mpl.text.Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent(canvas.get_renderer())
            assert box.x0 >= 0, text
            assert box.x1 <= width, text
            assert box.y0 >= 0, text
            assert box.y1 <= height, text


def test_a_figure_leaves_no_global_trace(besieged):
    before, backend = dict(mpl.rcParams), mpl.get_backend()
    siege_figure(*besieged)
    assert dict(mpl.rcParams) == before
    assert mpl.get_backend() == backend
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def test_a_record_whose_hours_have_not_all_run_is_drawn_as_far_as_it_goes(besieged):
    record, scenario = besieged
    half = replace(record, hours=60, renewal=None)
    figure = drawn(siege_figure(half, scenario))
    assert texts(figure) == texts(drawn(siege_figure(record.until(60), scenario)))
    assert figure.axes[0].get_xlim() == (0, 60)


def test_before_the_first_hour_there_is_a_picture_of_nothing(besieged):
    record, scenario = besieged
    assert "Nobody protested" in texts(drawn(siege_figure(record.until(0), scenario)))


def test_flags_that_would_meet_fly_at_different_heights():
    assert _tiers([(0, "a"), (200, "b")], 336) == [0, 0]
    assert _tiers([(45, "first attack"), (46, "police report"), (300, "end")], 336) == [1, 0, 0]
    crowded = _tiers([(h, "a long label of a measure") for h in range(10)], 336)
    assert crowded == list(reversed(range(10)))
    assert _tiers([], 336) == []


def test_who_pays_shows_every_party_with_its_amount_in_words():
    _books, figure = paid()
    said = texts(figure)
    for party in ("platform", "big stores", "small sellers", "shoppers", "rivals", "all parties"):
        assert party in said
    assert any(t.startswith(("lost ", "gained ")) for t in said)
    assert figure.get_figwidth() == WIDTH
    assert "million yuan" in figure.axes[0].get_xlabel()


def test_who_pays_compares_several_runs_by_name(besieged):
    record, _ = besieged
    runs = {"in the run": balance(replace(record, renewal=None)), "with next year": balance(record)}
    said = texts(drawn(who_pays_figure(runs, "Two ways to count")))
    assert said.count("in the run") == said.count("with next year") == 6
    assert "Two ways to count" in said


def test_who_pays_of_a_calm_world_says_that_nobody_did():
    siege = Siege("calm", seed=1, scale=0.01, hours=48)
    siege.run_for(48)
    said = texts(drawn(who_pays_figure(balance(siege.world.books))))
    assert said.count("neither lost nor gained") == 6


def test_a_bar_of_the_loss_is_as_long_as_the_loss():
    books, figure = paid()
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    expected = [books.platform, books.stores, books.sellers, books.shoppers, books.rivals, books.social]  # fmt: skip
    assert np.allclose(widths, np.array(expected) / 1e6)


def test_a_figure_shows_itself_in_a_notebook_whatever_was_imported(picture):
    assert isinstance(picture, Drawing)
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_a_figure_keeps_its_layout_under_the_settings_of_the_user(besieged):
    with plt.style.context("sim.figures.slide"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mpl.rcParams["figure.constrained_layout.use"]
        figure = siege_figure(*besieged)
        places = [ax.get_position().bounds for ax in figure.axes]
        first, second = figure._repr_png_(), figure._repr_png_()
    assert [ax.get_position().bounds for ax in figure.axes] == places
    assert first == second


def test_a_picture_is_drawn_once_when_it_is_saved(besieged, tmp_path, monkeypatch):
    drawings = []
    monkeypatch.setattr(
        Axes, "draw", functools.partialmethod(lambda ax, *_, **__: drawings.append(ax))
    )
    figure = siege_figure(*besieged)
    figure.savefig(tmp_path / "siege.png")
    figure.savefig(tmp_path / "again.png")
    assert len(drawings) == 2 * len(figure.axes)


def test_the_look_for_slides_has_the_colours_of_the_house():
    with plt.style.context("sim.figures.slide"):
        cycle = [to_hex(c).upper() for c in mpl.rcParams["axes.prop_cycle"].by_key()["color"]]
    ours = (style.BLUE, style.RED, style.GREEN, style.ORANGE, style.PINK, style.SKY, style.INK)
    assert cycle == [c.upper() for c in ours]


@pytest.mark.parametrize("n", [1, 4, 9])
def test_the_words_over_a_panel_end_within_the_picture(n):
    fig = Figure(figsize=(WIDTH, 3.0), dpi=DPI)
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((LEFT, 0.1, RIGHT - LEFT, 0.7))
    name_panel(ax, "The crowd", [("onlookers in the protest, peak 300,000", "black")] * n)
    canvas.draw()
    (box,) = ax.artists
    assert box.get_window_extent(canvas.get_renderer()).x1 <= fig.bbox.x1
