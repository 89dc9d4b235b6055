"""Hours and dates, and the shape of a day."""

from datetime import datetime, timedelta, timezone

import numpy as np

from sim.core.units import F64

CHINA = timezone(timedelta(hours=8))
HOUR_ZERO = datetime(2011, 10, 10, tzinfo=CHINA)
"""Hour 0 of every run: 10 October 2011, 00:00, UTC+8."""

HOURS_A_DAY = 24

# Assumed: trough before dawn, top at 21-22 h, still .95 at 23 h (prototype).
_PRESENCE = [
    0.72, 0.48, 0.36, 0.28, 0.22, 0.24, 0.30, 0.42, 0.55, 0.64, 0.70, 0.73,
    0.74, 0.74, 0.74, 0.75, 0.76, 0.77, 0.80, 0.88, 0.95, 1.00, 1.00, 0.95,
]  # fmt: skip
# Assumed: orders of an online mall over the day, mean one.
_SHOPPING = [
    0.55, 0.30, 0.16, 0.10, 0.08, 0.10, 0.20, 0.40, 0.75, 1.20, 1.45, 1.40,
    1.25, 1.30, 1.45, 1.45, 1.40, 1.20, 1.10, 1.30, 1.65, 1.90, 1.85, 1.46,
]  # fmt: skip


def presence_shape() -> F64:
    """Return the day's shape of being online, 24 values in (0, 1], top 1."""
    return np.array(_PRESENCE)


def shopping_shape() -> F64:
    """Return the day's shape of shopping, 24 values with mean 1."""
    shape = np.array(_SHOPPING)
    return shape / shape.mean()


def date_of(hour: int) -> datetime:
    """Return the date and time (UTC+8) at which an hour begins."""
    return HOUR_ZERO + timedelta(hours=hour)


def day_of(hour: int) -> int:
    """Return the calendar day of an hour, 0 for 10 October 2011."""
    return hour // HOURS_A_DAY


def hour_of_day(hour: int) -> int:
    """Return the hour of the day, 0 to 23."""
    return hour % HOURS_A_DAY


def describe(hour: int) -> str:
    """Write an hour for people, such as ``11 October 21:00``."""
    date = date_of(hour)
    return f"{date.day} {date:%B %H:%M}"
