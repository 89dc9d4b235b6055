"""What all pictures share: colours, sizes, quiet axes, and that a notebook shows them.

The same look for pictures of one's own: ``plt.style.use("sim.figures.slide")``.
"""

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from sim.figures.lettering import families, readable

# Okabe and Ito (2008): told apart by colour-blind people.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, RED, PINK, INK, GREY = "#0072B2", "#D55E00", "#CC79A7", "#222222", "#6b6b6b"

WIDTH, DPI = 11.0, 100
SMALL, TINY = 9.0, 8.0


class Drawing(Figure):
    """A figure that a notebook shows as it is, whether or not pyplot was ever used.

    Jupyter knows how to show a plain figure only once pyplot has made one. Panels stand where
    they were put, even if the user's settings ask for an automatic layout.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"layout": "none", **kwargs})

    def set_layout_engine(self, layout: Any = None, **kwargs: Any) -> None:
        """Set how panels are laid out; None leaves them where they were put.

        matplotlib sets None after it has saved and takes that for the user's setting. With an
        engine of any kind it draws twice.
        """
        super().set_layout_engine("none" if layout is None else layout, **kwargs)

    def draw(self, renderer: RendererBase) -> None:
        """Draw it; a name with dollar signs is a name and no formula, in whatever script."""
        usual, fonts = mpl.rcParams["font.family"], families()
        for text in self.findobj(Text):
            text.set_parse_math(False)
            text.set_text(readable(text.get_text()))
            if text.get_fontfamily() == usual:
                text.set_fontfamily(fonts)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png")
        return out.getvalue()


def dress(ax: Axes) -> None:
    """Draw the axes of a panel quietly, thousands apart."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color("#999999")
    ax.tick_params(labelsize=SMALL, colors=INK, length=3, color="#999999")
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda y, _: f"{y:,.6g}".replace("-", "\N{MINUS SIGN}"))
    )
    ax.locator_params(axis="y", nbins=5)
