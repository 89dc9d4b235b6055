"""Damaged texts: one engine for everything that users write, line by line or byte by byte."""

import contextlib
import json
import signal

from hypothesis import strategies as st

VALUES = st.one_of(
    st.sampled_from(
        ["", "nan", "-inf", "true", "''", "'x'", "[]", "[[]]", "{}", "{a=1}", "[{}]", "-1", "0",
         "1e400", "1e308", "2011-02-31", "2011-10-09", "1979-05-27T07:32:00Z", "07:32:00", "0x10",
         "9" * 5000, "'none'", '"\\u0000"', "99999999999999999999", "1e-320", "-0.0", "1_000",
         "{low = 0, high = 1}", "{around = 0.5}", "{low = 1, high = 2, steps = 1000000000}",
         "{label = 1, value = []}", "[1, 1]", "[1, [2], 'x']"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
)  # fmt: skip
PIECES = st.one_of(
    st.sampled_from(["\0", "\ufeff", "\r", "\n", '"', "'", "#", "[", "]", "{", "=", ",", ".", "\t",
                     "-", "é", "\ud800", "\x1b", "9" * 20, "(", ")", "%", "$", "\u2028"]),
    st.text(max_size=3),
)  # fmt: skip


@st.composite
def damaged(draw, text):
    """Draw a text with one to three things wrong in it, as bytes.

    A value after `=` or between commas is changed, a key or any piece of a line; a line is
    dropped, doubled, moved, cut off or put in from elsewhere; or bytes are no longer UTF-8.
    """
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        lines = lines or [""]
        at = draw(st.integers(0, len(lines) - 1))
        lines[at : at + 1] = draw(_another(lines[at], lines))
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 15)) == 15:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at:]
    return data


@st.composite
def misplaced(draw, text):
    """Draw a text in which one to five values are another line's, or off by a digit, as bytes.

    Most of what `damaged` makes is refused; this is what a slip of the hand leaves allowed.
    """
    lines = text.splitlines()
    valued = [at for at, line in enumerate(lines) if " = " in line]
    for at in draw(st.lists(st.sampled_from(valued), min_size=1, max_size=5, unique=True)):
        key, _, value = lines[at].partition(" = ")
        try:
            number = type(json.loads(value))(
                json.loads(value) * draw(st.sampled_from([0, 0.1, 0.5, 2, 10]))
            )
        except (ValueError, TypeError):  # no number
            number = None
        other = lines[draw(st.sampled_from(valued))].partition(" = ")[2]
        as_drawn = draw(st.booleans()) or number is None
        lines[at] = f"{key} = {other if as_drawn else json.dumps(number)}"
    return "\n".join(lines).encode()


@st.composite
def _another(draw, line, lines):
    """Draw what a line becomes: none, one or several."""
    key, sign, _ = line.partition(" = ")
    how = draw(
        st.sampled_from(["value", "value", "cell", "piece", "drop", "double", "cut", "copy"])
    )
    if how == "value" and sign:
        return [f"{key}{sign}{draw(VALUES)}"]
    if how in {"value", "cell"} and "," in line:
        cells = line.split(",")
        cells[draw(st.integers(0, len(cells) - 1))] = draw(VALUES)
        return [",".join(cells)]
    if how == "drop":
        return []
    if how == "double":
        return [line, line]
    if how == "copy":
        return [draw(st.sampled_from(lines)), line]
    at = draw(st.integers(0, len(line)))
    if how == "cut":
        return [line[:at]]
    return [line[:at] + draw(PIECES) + line[at + draw(st.integers(0, 2)) :]]


@contextlib.contextmanager
def no_longer_than(seconds):
    """Turn a hang into a failure (where the system has such alarms)."""

    def ring(_signal, _frame):
        raise AssertionError(f"nothing was said within {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
