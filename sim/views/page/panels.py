"""The page's charts as panels of Mesa's own page."""

from collections.abc import Callable
from importlib import resources
from typing import Any

import solara

from sim.running.model import Siege
from sim.views.page.charts import Chart, draw
from sim.views.page.network import draw_network, sample
from sim.views.page.view import CHARTS, View, view_of

CSS = (resources.files("sim") / "views" / "page" / "page.css").read_text("utf-8")


def _panel(drawn: str) -> Any:
    page = f'<style>{CSS}</style><div class="b-page" style="min-height: 0">{drawn}</div>'
    return solara.HTML(unsafe_innerHTML=page)


def _for_mesa(chart: Callable[[View], Chart]) -> Callable[[Siege], Any]:
    return lambda siege: _panel(draw(chart(_seen(siege))))


def _network_for_mesa(siege: Siege) -> Any:
    v = _seen(siege)
    return _panel(draw_network(v.sample, v.stances))


def _seen(siege: Siege) -> View:
    kept = vars(siege).get("_page_sample")
    if kept is None:
        kept = vars(siege)["_page_sample"] = sample(siege.world.graph, siege.world.crowd.role)
    return view_of(siege, kept)


PANELS = [*map(_for_mesa, CHARTS), _network_for_mesa]
"""The charts as components for ``mesa.visualization.SolaraViz(siege, components=PANELS)``."""
