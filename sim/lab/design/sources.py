"""What Python code of a user's own does, as text to be hashed: equal code gives equal text."""

import functools
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from sim.outcomes.outcomes import Outcome


def source_of(function: FunctionType) -> str:
    """Return a function's source, or its bytecode where that is not at hand."""
    try:
        return inspect.cleandoc(inspect.getsource(function))
    except (OSError, TypeError):
        return _bytecode_of(function.__code__)


def _bytecode_of(code: CodeType) -> str:
    """Return what a function does where its source is not at hand, as in a plain session."""
    constants = [
        _bytecode_of(c) if isinstance(c, CodeType)
        else repr(sorted(map(repr, c))) if isinstance(c, frozenset)  # in no order of its own
        else repr(c)
        for c in code.co_consts
    ]  # fmt: skip
    return json.dumps([code.co_code.hex(), list(code.co_names), constants])


def outcomes_told(own: Mapping[str, Outcome]) -> list[list[Any]]:
    """Tell outcomes of a user's own: name, unit, and what each function does.

    Functions of the same file that one calls, and plain values that it names, count as well;
    what is imported from elsewhere does not.
    """
    return [
        [name, outcome.unit, _told(outcome.work_out, set())]
        for name, outcome in sorted(own.items())
    ]


def _told(work_out: Callable[..., Any], seen: set[int]) -> list[Any]:
    if isinstance(work_out, functools.partial):
        return [_told(work_out.func, seen), _value(work_out.args), _value(work_out.keywords)]
    function = inspect.unwrap(getattr(work_out, "py_func", work_out))  # numba keeps it there
    if not isinstance(function, FunctionType):  # an object that can be called
        inner = vars(work_out) if hasattr(work_out, "__dict__") else {}
        return [type(work_out).__qualname__, _told(type(work_out).__call__, seen), _value(inner)]
    if id(function) in seen:
        return [function.__qualname__]
    seen.add(id(function))
    named = inspect.getclosurevars(function)
    defaults = _value([function.__defaults__, function.__kwdefaults__])
    said: list[Any] = [source_of(function), defaults]
    for name, value in sorted({**named.globals, **named.nonlocals}.items()):
        inner = getattr(value, "py_func", value)
        if isinstance(inner, FunctionType):
            if inner.__module__ == function.__module__:
                said.append([name, _told(inner, seen)])
        elif (told := _value(value)) is not None:
            said.append([name, told])
    return said


def _value(value: Any) -> Any:
    """Tell a plain value; what is none, such as a module, is not told."""
    if isinstance(value, np.ndarray):
        data = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return [str(value.dtype), list(value.shape), data]
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, dict):
        return [[repr(key), _value(inner)] for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        return [_value(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.generic)):
        return repr(value)
    return None
