"""What results carry so that they can be had again: versions, and what they were made with."""

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

__version__ = version("besiege")

MODEL_VERSION = 5
"""Rises whenever equal scenarios and seeds give other results; see CHANGELOG.md."""

LIBRARIES = ("mesa", "networkx", "numba", "numpy", "scipy")
"""Whose versions a folder names: another may round the last digit otherwise."""


@cache
def made_with() -> dict[str, Any]:
    """Say what a run is made with, beside scenario, seed and version of the model.

    Where all of it is equal, equal runs give equal bytes. On another kind of processor the last
    digits may differ: the C library's ``exp`` and ``log`` are other code where there is no fused
    multiply-add (docs/explanation/design.md says how far).

    Returns
    -------
    dict
        ``python``, ``platform``, ``processor`` (its kind, and the sets of instructions that
        numpy found on it), ``c_library``, and ``libraries`` by name.
    """
    import numpy as np
    from llvmlite import binding

    extensions: Any = np.show_config(mode="dicts")
    found = extensions["SIMD Extensions"]
    sets = [*found["baseline"], *found.get("found", [])]
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": f"{platform.machine()} {binding.get_host_cpu_name()}: {' '.join(sets)}",
        "c_library": " ".join(platform.libc_ver()).strip(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
