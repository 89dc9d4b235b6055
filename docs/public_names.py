"""The public names of the package as a page: signatures and docstrings as the source has them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import sim
from docs.make_odd import table
from sim import lab, responses
from sim.agents import agents
from sim.responses import Measure, Orders, PlatformView, Trigger
from sim.running.loop import Loop

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)


def markdown(doc: str) -> str:
    """Turn a numpydoc docstring into Markdown: entries become a list, examples a session."""
    text, *sections = SECTION.split(doc)
    parts = [_plain(text.strip())]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Examples":
            parts.append(f"**Examples**\n\n```pycon\n{body.strip()}\n```")
        else:
            parts += [f"**{title}**", "\n".join(_entries(body))]
    return "\n\n".join(part for part in parts if part)


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _entries(body: str) -> Iterator[str]:
    for entry in re.split(r"\n(?=\S)", _plain(body.strip())):
        name, _, told = entry.partition("\n")
        names = ", ".join(f"`{n}`" for n in name.split(", "))
        yield f"- {names}: {' '.join(inspect.cleandoc(told).split())}" if told else f"- {name}"


def signature(function: Callable[..., Any]) -> str:
    """Write a function's parameters as its source has them."""
    source = textwrap.dedent(inspect.getsource(function))
    found = ast.parse(source).body[0]
    assert isinstance(found, ast.FunctionDef)
    arguments, gives = found.args, found.returns
    for every in (arguments.posonlyargs, arguments.args):
        if every and every[0].arg in {"self", "cls"}:
            del every[0]
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = _unquoted(argument.annotation)
    returns = f" -> {ast.unparse(_unquoted(gives) or gives)}" if gives else ""
    return f"({ast.unparse(arguments)}){returns}"


def _unquoted(annotation: ast.expr | None) -> ast.expr | None:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation


INNER = {"check_settable", "diary_key", "model_json_schema"}
"""Names that the package needs of itself and a reader does not."""


def _members(kind: type) -> list[tuple[str, str, str]]:
    """List what a class offers: how it is written, its docstring, and what it is."""
    found: dict[str, tuple[str, str, str]] = {}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("sim."):
            continue
        for name, what in vars(base).items():
            read = getattr(what, "func", None) or getattr(what, "fget", None)
            call = getattr(what, "__func__", what)
            told = inspect.getdoc(read or call) or ""
            if name.startswith("_") or not told or name in INNER:
                continue
            if read is not None:
                found[name] = (name, told, "attribute")
            elif inspect.isfunction(call):
                found[name] = (name + signature(call), told, "method")
    return list(found.values())


def _described(name: str, what: Any, level: str = "##") -> str:
    is_class = inspect.isclass(what)
    init = vars(what).get("__init__") if is_class else what
    ours = inspect.isfunction(init) and init.__module__.startswith("sim")
    made = ours and not (is_class and hasattr(what, "__dataclass_fields__"))
    parts = [f"{level} {name}"]
    parts += [f"```text\n{name}{signature(init)}\n```"] if made else []
    parts.append(markdown(inspect.getdoc(what) or ""))
    for base in what.__mro__[1:] if is_class else ():  # what it has from there
        doc = inspect.cleandoc(base.__doc__ or "")  # from 3.13 on it is so from the start
        if base.__module__.startswith("sim.") and "Attributes\n---" in doc:
            parts.append("**Attributes**" + markdown(doc).split("**Attributes**")[1])
    if is_class and not issubclass(what, Exception):
        parts += [
            f"{level}# {name}.{how.partition('(')[0]}\n\n"
            + (f"```text\n{how}\n```\n\n" if kind == "method" else "")
            + markdown(told)
            for how, told, kind in _members(what)
        ]
    return "\n\n".join(parts)


def python() -> str:
    """Return every public name with its docstring."""
    parts = ["# Python\n\nThe names that `from sim import …` gives."]
    parts += [_described(name, getattr(sim, name)) for name in FIRST]
    parts.append(
        "## MODEL_VERSION, \\_\\_version\\_\\_\n\nWhole number that rises whenever results move; "
        "the version of the package."
    )
    parts.append(
        "## STAGES\n\nThe stages of an hour, in order, each a `Stage`: "
        + ", ".join(f"`{stage.name}`" for stage in sim.STAGES)
        + "."
    )
    parts += [_described("Stage", sim.Stage), _described("Loop", Loop)]
    parts.append(f"## sim.lab\n\n{markdown(inspect.getdoc(lab) or '')}")
    parts += [_described(name, getattr(lab, name), "###") for name in ("open", "repeat", "merge")]
    parts.append(
        _described("SweepFolder", import_module("sim.lab.storage.store").SweepFolder, "###")
    )
    parts.append(f"## sim.responses\n\n{markdown(inspect.getdoc(responses) or '')}")
    parts += [_described(k.__name__, k, "###") for k in (Measure, Trigger, responses.Response)]
    parts += [f"### {k.__name__}\n\n{_fields(k)}" for k in (PlatformView, Orders)]
    parts.append(f"## sim.agents.agents\n\n{markdown(inspect.getdoc(agents) or '')}")
    for kind in KINDS_OF_AGENTS:
        rows = (
            (f"`{how}`", markdown(told).split("\n\n")[0].replace("\n", " "))
            for how, told, _ in _members(kind)
        )
        parts.append(
            f"### {kind.__name__}\n\n{markdown(inspect.getdoc(kind) or '')}\n\n"
            + table(("attribute or method", "what it gives"), rows)
        )
    return "\n\n".join(parts)


FIRST = (
    "Scenario", "Siege", "run", "RunResult", "compare", "Comparison", "sweep", "hindcast",
    "Hindcast", "BesiegeError",
)  # fmt: skip
"""Public names in the order in which one meets them."""

KINDS_OF_AGENTS = (
    agents.Seller, agents.Onlooker, agents.Store, agents.Consumer, agents.Platform,
    agents.RivalPlatform, agents.Organisers,
)  # fmt: skip


def _fields(kind: type) -> str:
    """Return a dataclass as a table: name, default and the comment that stands beside it."""
    rows = []
    for line in inspect.getsource(kind).splitlines():
        if found := re.match(r"    (\w+): ([^=#]+?)(?: = ([^#]+?))?(?:\s+# (.*))?$", line):
            name, type_, default, said = found.groups()
            default = "" if default is None or "field(" in default else f"`{default}`"
            rows.append((f"`{name}`", type_, default, said or ""))
    return f"{markdown(inspect.getdoc(kind) or '')}\n\n{table(('field', 'type', 'default', 'meaning'), rows)}"
