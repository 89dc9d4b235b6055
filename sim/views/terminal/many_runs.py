"""What commands of many runs show while they work, and what they say when they are stopped."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sim.io.saving import is_interrupt
from sim.lab.execution.progress import ProgressBar
from sim.lab.storage.kept import count_kept, where_kept


@contextmanager
def progress_of_runs(what: str, *, show: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show how many runs are done: a bar on a terminal, elsewhere a line now and then."""
    if not show:
        yield None
        return
    with ExitStack() as stack:
        shown: list[ProgressBar] = []

        def tell(done: int, total: int) -> None:
            if not shown:
                shown.append(stack.enter_context(ProgressBar(what, total)))
                for _ in range(done):
                    shown[0].pass_by()
            else:
                shown[0].add(failed=False)

        yield tell


@contextmanager
def told_when_stopped(folder: Path) -> Iterator[None]:
    """Say, when runs are interrupted, which are kept, where, and how to carry on.

    A SIGTERM, by which a batch system asks to end, counts as Ctrl-C.
    """
    usual = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        if not is_interrupt(error):
            raise
        kept = count_kept(folder)
        if kept:
            said = f"{where_kept(kept, folder)}; the same command continues from there."
        else:
            said = "No run had finished, so nothing is kept."
        print(said, file=sys.stderr)
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, usual)
