"""How rules become machine code: one decorator, one cache that cannot go stale."""

import contextlib
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import llvmlite
import numba
from llvmlite import binding
from numba.core.caching import FunctionCache
from numba.core.sigutils import normalize_signature

from sim.core import caches

_ROOT = Path(__file__).parents[1]
_MAKES_KERNELS = re.compile(rb"^[ \t]*(@|from sim\.core\.compiled import)[^\r\n]*\bkernel\b", re.MULTILINE)  # fmt: skip
_NAMED_BY_KERNELS = (
    "core/units.py",
    "core/state.py",
    "core/quoting.py",
    "core/compiled.py",
    "core/caches.py",
)


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


def _folder() -> Path | None:
    """Find the folder for compiled kernels; None if they are not kept."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return None
    if Path(__file__) not in kernel_sources():
        caches.warn("The package's source files cannot be read, so compiled code is not kept; install the package unpacked")  # fmt: skip
        return None
    return caches.kernel_folder(f"kernels-{_source_fingerprint()}", _ROOT / "__pycache__")


FOLDER = _folder()
"""Where compiled kernels are kept between runs; None if they are not."""
caches.settle_matplotlib()


def kernels_are_cached() -> bool:
    """Return whether this source state has compiled kernels on this machine already."""
    return FOLDER is not None and any(FOLDER.rglob("*.nbc"))


def kernel[F: Callable[..., object]](function: F) -> F:
    """Compile a function: no fast-math, no threads, numpy's division, kept on disk.

    Parameters
    ----------
    function
        A scalar rule or a loop over rows. It must be pure: arrays and tuples in, ``out`` last.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    compiled = numba.njit(error_model="numpy", nogil=True)(function)
    if FOLDER is not None:
        _keep(compiled)
    return cast(F, compiled)


def _keep(compiled: Any) -> None:
    """Keep on disk what is compiled of a function; other packages' stay where they are."""
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(FOLDER)
    try:
        compiled._cache = _KernelCache(compiled.py_func)
    finally:
        settings.CACHE_DIR = before


_NumbasCache: Any = FunctionCache  # its methods tell no types


class _KernelCache(_NumbasCache):  # type: ignore[misc]
    """numba's cache, which is never the end of a run: what it does not give is compiled."""

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
        try:
            super().save_overload(sig, data)
        except OSError as error:
            caches.warn(
                f"Compiled code cannot be written to {FOLDER} ({error.strerror}), so it will be compiled "
                "again next time; free some space, or set NUMBA_CACHE_DIR to another folder"
            )
