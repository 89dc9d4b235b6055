"""How rules become machine code: one decorator, one cache that cannot go stale.

numba is loaded when the first kernel is called: a list of scenarios or a schema needs none.
"""

import functools
import hashlib
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from sim.core import caches

_ROOT = Path(__file__).parents[1]
_MAKES_KERNELS = re.compile(rb"^[ \t]*(@|from sim\.core\.compiled import)[^\r\n]*\bkernel\b", re.MULTILINE)  # fmt: skip
_NAMED_BY_KERNELS = (
    "core/units.py", "core/state.py", "core/quoting.py", "core/compiled.py", "core/compiling.py", "core/caches.py",
)  # fmt: skip

DECLARED: set[str] = set()
"""Names of the kernels of all modules that are loaded."""
_ONE_AT_A_TIME = threading.RLock()


class Kernel:
    """A function that is compiled when it is first called, by Python or by another kernel.

    Everything else that is asked of it, such as ``py_func``, is answered by what numba made.

    Parameters
    ----------
    function
        What to compile.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        DECLARED.add(function.__qualname__)

    @functools.cached_property
    def compiled(self) -> Any:
        """The function as numba compiles it."""
        from sim.core import compiling

        compiling.see_through(Kernel)
        with _ONE_AT_A_TIME:  # of two threads one makes it
            made = self.__dict__.get("compiled")
            return compiling.dispatcher_of(self.__wrapped__, folder()) if made is None else made

    def __call__(self, *given: Any) -> Any:
        """Call the compiled function."""
        return self.compiled(*given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.compiled, name)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Go by its name where that leads to it, and with its function elsewhere."""
        module = sys.modules.get(self.__module__)
        if self.__module__ != "__main__" and getattr(module, self.__qualname__, None) is self:
            return self.__qualname__  # type: ignore[no-any-return]
        return Kernel, (self.__wrapped__,)


def kernel[F: Callable[..., object]](function: F) -> F:
    """Compile a function: no fast-math, no threads, numpy's division, kept on disk.

    Parameters
    ----------
    function
        A scalar rule or a loop over rows. It must be pure: arrays and tuples in, ``out`` last.

    Returns
    -------
    callable
        The compiled function, with the same signature (`Kernel`).
    """
    return cast(F, Kernel(function))


def _source_fingerprint() -> str:
    """Hash every source file that kernels are made of, and the processor they are made for.

    numba re-checks only the file a kernel stands in; a rule inlined from another file
    would be left as it was compiled. A cache folder per state of those sources cannot go
    stale, and a change of the command line or of a plot compiles nothing anew.
    """
    digest = hashlib.sha256(repr(_made_with()).encode())
    for path in kernel_sources():
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(b"\n".join(path.read_bytes().splitlines()))  # whatever ends its lines
    return digest.hexdigest()[:16]


def _made_with() -> tuple[str, ...]:
    """Name what compiles and the instructions it may use: a home folder is shared by machines."""
    import llvmlite
    import numba
    from llvmlite import binding

    name, features = numba.config.CPU_NAME, numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    return (
        numba.__version__,
        llvmlite.__version__,
        binding.get_host_cpu_name() if name is None else name,
        binding.get_host_cpu_features().flatten() if features is None else features,
    )


def kernel_sources() -> list[Path]:
    """List the files that hold kernels, this one, and those with what kernels name."""
    named = {_ROOT / name for name in _NAMED_BY_KERNELS}
    return [
        path
        for path in sorted(_ROOT.rglob("*.py"))
        if path in named or _MAKES_KERNELS.search(path.read_bytes())
    ]


@functools.cache
def folder() -> Path | None:
    """Return where compiled kernels are kept between runs; None if they are not."""
    import numba

    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return None
    if Path(__file__) not in kernel_sources():
        caches.warn("The package's source files cannot be read, so compiled code is not kept; install the package unpacked")  # fmt: skip
        return None
    return caches.kernel_folder(f"kernels-{_source_fingerprint()}", _ROOT / "__pycache__")


def kernels_are_cached() -> bool:
    """Return whether this source state has compiled kernels on this machine already."""
    kept_in = folder()
    return kept_in is not None and any(kept_in.rglob("*.nbc"))


caches.settle_matplotlib()
