"""How rules become machine code: one decorator, one cache that cannot go stale."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numba

_ROOT = Path(__file__).parent
_HAS_KERNELS = re.compile(rb"^@kernel$", re.MULTILINE)


def _source_fingerprint() -> str:
    """Hash every source file that kernels are made of.

    numba re-checks only the file a kernel stands in; a rule inlined from another file
    would be left as it was compiled. A cache folder per state of those sources cannot go
    stale, and a change of the command line or of a plot compiles nothing anew.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for path in kernel_sources():
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def kernel_sources() -> list[Path]:
    """List the files that hold kernels, this one, and ``units.py`` with what kernels name."""
    return [
        path
        for path in sorted(_ROOT.rglob("*.py"))
        if path in {_ROOT / "units.py", _ROOT / "compiled.py"}
        or _HAS_KERNELS.search(path.read_bytes())
    ]


def _cache_folder() -> Path:
    name = f"kernels-{_source_fingerprint()}"
    beside = Path(__file__).parent / "__pycache__"
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return beside / name
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "besiege" / name


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_cache_folder())  # type: ignore[attr-defined]


def kernels_are_cached() -> bool:
    """Say whether this source state has compiled kernels on this machine already."""
    return any(Path(numba.config.CACHE_DIR).rglob("*.nbc"))  # type: ignore[attr-defined]


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
    return cast(F, numba.njit(cache=True, error_model="numpy", nogil=True)(function))
