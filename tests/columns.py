"""Columns for kernels that are tried apart from a world."""

import numpy as np

from sim.core.units import F32, F64, I8, I16, I32, I64, U8, U32, Bool

_KINDS = {
    F64: np.float64, U32: np.uint32, F32: np.float32, I64: np.int64, I32: np.int32, I16: np.int16, I8: np.int8,
    U8: np.uint8, Bool: np.bool_,
}  # fmt: skip


def columns(kind, n, **given):
    """Return a tuple of columns with n rows: some as given, in the right type, the others 0."""
    types = {name: _KINDS[alias] for name, alias in kind.__annotations__.items()}
    return kind(
        **{
            name: np.asarray(given[name]).astype(dtype, copy=False)
            if name in given
            else np.zeros(n, dtype)
            for name, dtype in types.items()
        }
    )
