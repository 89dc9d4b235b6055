"""numba at work: a function compiled, or taken from the kernels that are kept."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.sigutils import normalize_signature
from numba.extending import typeof_impl

from sim.core import caches

_listeners: list[Callable[[str], None]] = []


def dispatcher_of(function: Callable[..., object], folder: Path | None) -> Any:
    """Return what compiles a function for the types it is called with.

    Parameters
    ----------
    function
        What to compile.
    folder
        Where what is compiled is kept; nowhere if None.
    """
    compiled: Any = numba.njit(error_model="numpy", nogil=True)(function)
    if folder is not None:
        _keep(compiled, folder)
    return compiled


@functools.cache
def see_through(kind: type) -> None:
    """Let numba take an object of this kind, where a kernel names it, for its ``compiled``."""
    typeof_impl.register(kind)(lambda value, context: typeof_impl(value.compiled, context))


@contextmanager
def heard(listener: Callable[[str], None]) -> Iterator[None]:
    """Tell a listener the name of each kernel that is compiled, once it is."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _keep(compiled: Any, folder: Path) -> None:
    """Keep on disk what is compiled of a function; other packages' stay where they are."""
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(folder)
    try:
        compiled._cache = _KernelCache(compiled.py_func)
        compiled._cache.folder = folder
    finally:
        settings.CACHE_DIR = before


_NumbasCache: Any = FunctionCache  # its methods tell no types


class _KernelCache(_NumbasCache):  # type: ignore[misc]
    """numba's cache, which is never the end of a run: what it does not give is compiled."""

    folder: Path

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what is kept for these types; None if nothing whole is."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # cut off by a full disk or a power cut: pickle's and LLVM's errors
            with contextlib.suppress(OSError):
                self.flush()
            return None
        # Two processes that compile at once may each give a file's name to other types.
        if found is not None and tuple(found.signature.args) != tuple(normalize_signature(sig)[0]):
            return None
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if there is room."""
        for listener in _listeners:
            listener(self._py_func.__qualname__)
        try:
            super().save_overload(sig, data)
        except OSError as error:
            caches.warn(
                f"Compiled code cannot be written to {self.folder} ({error.strerror}), so it will be compiled "
                "again next time; free some space, or set NUMBA_CACHE_DIR to another folder"
            )
