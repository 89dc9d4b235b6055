"""Where runs are done: here, on a Dask cluster, or wherever an executor takes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sim.core.quoting import LONGEST_NAME, format_value, quote, short
from sim.core.units import BesiegeError
from sim.lab.execution.pool import Source

type Slots = int | Callable[[], int]


@contextmanager
def connect(
    scheduler: str | None, executor: Source | None, workers: int
) -> Iterator[tuple[Slots, Source | None]]:
    """Return how many runs are done at a time, and who does them.

    Raises
    ------
    BesiegeError
        If the scheduler cannot be reached, or both it and an executor are given. What tells how
        many raises it once the scheduler is lost.
    """
    if scheduler is None:
        yield workers, executor
        return
    if executor is not None:
        raise BesiegeError("--scheduler: given together with an executor, allowed only one of them")
    try:
        from distributed import Client

        _client: Any = Client  # without types
    except ImportError:
        raise BesiegeError(
            "distributed: missing, required for --scheduler; uv run --extra cluster besiege …"
        ) from None
    try:
        client: Any = _client(scheduler, timeout=15, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BesiegeError(
            f"--scheduler: given {format_value(scheduler)}, which cannot be reached ({_said(error)}), allowed the "
            "address of a running scheduler, such as tcp://127.0.0.1:8786"
        ) from None

    def slots() -> int:
        try:
            return sum(client.nthreads().values()) or workers
        except OSError as error:  # the client has tried to reach it again for a while
            raise BesiegeError(
                f"--scheduler: {quote(scheduler)} is lost ({_said(error)}); finished runs are kept, and "
                "the same command continues from them"
            ) from None

    try:
        yield slots, client.get_executor(pure=False)
    finally:
        client.close()


def _said(error: Exception) -> str:
    return short(str(error).partition("\n")[0] or type(error).__name__, LONGEST_NAME)
