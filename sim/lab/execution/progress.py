"""How far a sweep is: a bar where there is a terminal or a notebook, else a line now and then."""

import sys
import time
from types import TracebackType
from typing import Any, Self

SECONDS_A_LINE = 5.0


class ProgressBar:
    """Rate, failures and time left.

    Parameters
    ----------
    what
        The sweep's name.
    total
        Runs in all.
    show
        Whether to say anything.
    """

    def __init__(self, what: str, total: int, *, show: bool = True) -> None:
        self._what, self._total = what, total
        self._show = show
        self.before = self.done = self._failed = 0
        self._said = time.monotonic()
        self._first: float | None = None  # when the first run was done: workers are up
        self._bar: Any = None
        self._lines = 0

    def __enter__(self) -> Self:
        if self._show and (sys.stderr.isatty() or _in_notebook()):
            from tqdm.auto import tqdm

            self._bar = tqdm(total=self._total, desc=self._what, unit="run", smoothing=0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._bar is not None:
            self._bar.close()
        elif self._show and self._lines:
            self._say()

    def pass_by(self) -> None:
        """Count a run that was there already."""
        self.before += 1
        if self._bar is not None:
            self._bar.initial += 1  # no part of the rate
            self._bar.update()

    def add(self, *, failed: bool) -> None:
        """Count a run that is done."""
        self.done += 1
        self._first = time.monotonic() if self._first is None else self._first
        self._failed += failed
        if self._bar is not None:
            if failed:
                self._bar.set_postfix(failed=self._failed, refresh=False)
            self._bar.update()
        elif self._show and time.monotonic() - self._said >= SECONDS_A_LINE:
            self._say()
            self._said = time.monotonic()

    def _say(self) -> None:
        self._lines += 1
        since = 0.0 if self._first is None else time.monotonic() - self._first
        print(self.line(since), file=sys.stderr, flush=True)

    def line(self, seconds: float) -> str:
        """Say it in a line, so many seconds after the first run was done."""
        there = self.before + self.done
        failed = f", {self._failed} failed" if self._failed else ""
        said = f"{self._what}: {there} of {self._total} runs{failed}"
        if self.done < 2 or seconds <= 0.0:
            return said
        rate = (self.done - 1) / seconds
        return f"{said}, {rate:.3g} per second, {_duration((self._total - there) / rate)} left"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _in_notebook() -> bool:
    session = sys.modules.get("IPython")
    shell = session.get_ipython() if session is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"
