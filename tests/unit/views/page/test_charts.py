"""Charts of the page: lines inside their frame, words where there is nothing to see."""

import numpy as np
import pytest

from sim.views.page.charts import Chart, Line, draw


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
