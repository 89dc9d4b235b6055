"""Hours and dates, and the shape of a day."""

from datetime import timedelta

import pytest

from sim.core import calendar


def test_hour_zero_is_the_midnight_before_10_october_in_china():
    assert calendar.date_of(0).isoformat() == "2011-10-10T00:00:00+08:00"
    assert calendar.date_of(45) - calendar.date_of(0) == timedelta(hours=45)


@pytest.mark.parametrize("hour", [0, 23, 24, 45, 335, 10_000])
def test_day_and_hour_of_day_make_the_hour_again(hour):
    assert calendar.day_of(hour) * 24 + calendar.hour_of_day(hour) == hour
    assert calendar.date_of(hour).hour == calendar.hour_of_day(hour)


def test_an_hour_is_written_for_people_with_day_month_and_time():
    assert calendar.describe(0) == "10 October 00:00"
    assert calendar.describe(45) == "11 October 21:00"
    assert calendar.describe(24 * 22) == "1 November 00:00"


def test_the_shapes_of_a_day_have_a_top_of_one_and_a_mean_of_one():
    presence, shopping = calendar.presence_shape(), calendar.shopping_shape()
    assert presence.shape == shopping.shape == (24,)
    assert (presence.max(), presence.min() > 0) == (1.0, True)
    assert shopping.mean() == pytest.approx(1.0, abs=1e-15)
    presence[:] = 0.0  # a caller's own
    assert calendar.presence_shape().max() == 1.0
