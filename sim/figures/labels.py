"""Words on a panel: its name, what its colours and lines are, or why it is empty."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea
from matplotlib.textpath import text_to_path

from sim.figures.style import GREY, INK, SMALL, TINY, WIDTH

LEFT, RIGHT = 0.085, 0.84  # of the figure's width, where the panels begin and end


NAME = 10.5
"""Size of a panel's name (points)."""
_GAP = 12
"""Between words over a panel (points)."""


def _width_of(text: str, size: float) -> float:
    """Return how wide a bold text is (points)."""
    bold = FontProperties(size=size, weight="bold")
    width: float = text_to_path.get_text_width_height_descent(text, bold, ismath=False)[0]
    return width


def write_headline(fig: Figure, text: str, *, left: float, below_top: float) -> None:
    """Write a picture's headline: where it begins is a share of the width, its top in inches."""
    top = 1 - below_top / fig.get_figheight()
    fig.text(left, top, text, fontsize=17, weight="bold", color=INK, va="top")


def points_of(ax: Axes) -> float:
    """Return how high a panel is."""
    figure = ax.get_figure(root=True)
    return ax.get_position().height * figure.get_figheight() * 72 if figure else 1.0


def room_of(text: str) -> float:
    """Estimate a small text's width as a share of a panel's."""
    return (len(text) * 0.56 + 0.8) * TINY / 72 / (WIDTH * (RIGHT - LEFT))


def name_panel(ax: Axes, name: str, keys: Sequence[tuple[str, str]]) -> None:
    """Write a panel's name over it, and what its colours mean in those colours.

    Where they would run over the picture's edge they are written smaller.
    """
    room = 0.97 * (1.0 - LEFT) * WIDTH * 72 - _GAP * (len(keys) + 1)  # hinting widens words
    needed = _width_of(name, NAME) + sum(_width_of(text, SMALL) for text, _ in keys)
    fit = min(1.0, room / needed)
    words: list[Artist] = [
        TextArea(name, textprops={"fontsize": NAME * fit, "weight": "bold", "color": INK})
    ]
    words += [
        TextArea(text, textprops={"fontsize": SMALL * fit, "weight": "bold", "color": colour})
        for text, colour in keys
    ]
    ax.add_artist(
        AnchoredOffsetbox(
            loc="lower left", child=HPacker(children=words, align="baseline", pad=0, sep=_GAP),
            pad=0, borderpad=0.2, frameon=False, bbox_to_anchor=(0.0, 1.0),
            bbox_transform=ax.transAxes,
        )
    )  # fmt: skip


def say_instead(ax: Axes, sentence: str, name: str) -> None:
    """Write a sentence into a panel in which there is nothing to draw."""
    name_panel(ax, name, [])
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.text(
        0.5, 0.5, sentence, transform=ax.transAxes, ha="center", va="center", fontsize=11,
        color=GREY, bbox={"facecolor": "white", "edgecolor": "none", "pad": 3},
    )  # fmt: skip


def label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write a line's name beside its end, pushing names apart where ends are close."""
    low, high = ax.get_ylim()
    need = 11.5 * (high - low) / points_of(ax)
    order = sorted(ends)
    spots = [min(max(y, low), high) for y, _, _ in order]
    for _ in range(200):
        close = [i for i in range(len(spots) - 1) if spots[i + 1] - spots[i] < need * 0.999]
        if not close:
            break
        for i in close:
            push = (need - (spots[i + 1] - spots[i])) / 2
            spots[i] -= push
            spots[i + 1] += push
    for spot, (_, text, colour) in zip(spots, order, strict=True):
        ax.annotate(
            text, (1.0, spot), xycoords=("axes fraction", "data"), xytext=(5, 0),
            textcoords="offset points", fontsize=SMALL, color=colour, va="center",
            weight="bold", annotation_clip=False,
        )  # fmt: skip
