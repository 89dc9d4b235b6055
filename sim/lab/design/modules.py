"""Python files of a user's own: each is run once, and what it declares is taken from it."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.quoting import format_value, quote, reason
from sim.core.units import BesiegeError
from sim.io.folders import file_hash
from sim.outcomes.outcomes import Outcome, collected


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file that was run."""

    path: Path
    name: str
    contents: Mapping[str, Any]  # what stands in it, by name
    outcomes: Mapping[str, Outcome]  # those it declares with the decorator `outcome`
    source: str

    @property
    def source_hash(self) -> str:
        """A hash of the whole file: constants of it count."""
        return file_hash(self.path)


def load_module(path: Path, field: str, given: object) -> Module:
    """Run a Python file and give what it declares.

    It is not entered among Python's modules, so what it defines travels to workers by value, and
    its outcomes are not entered in the session's table: they belong to who asked for the file.

    Parameters
    ----------
    path
        The file.
    field, given
        Where it is asked for and how, for the message if it cannot be had.

    Raises
    ------
    BesiegeError
        If it cannot be read or run.
    """
    try:
        path = path.resolve(strict=True)
        found = importlib.util.spec_from_file_location(path.stem, path)
        if found is None or found.loader is None:
            raise ImportError("not a Python file")
        loaded = importlib.util.module_from_spec(found)
        with collected() as outcomes:
            found.loader.exec_module(loaded)
        source = path.read_text(encoding="utf-8")
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {reason(error)}"
        raise BesiegeError(
            f"{field}: given {format_value(given)}, which cannot be loaded ({said})"
        ) from None
    return Module(path, loaded.__name__, vars(loaded), outcomes, source)


def load_modules(names: tuple[str, ...], home: Path) -> tuple[Module, ...]:
    """Run the files of a specification's ``modules``, named relative to it.

    Raises
    ------
    BesiegeError
        If one cannot be had, or two have the same file name or declare the same outcome.
    """
    modules = tuple(load_module(home / name, "modules", name) for name in names)
    files: set[str] = set()
    declared: dict[str, str] = {}
    for module in modules:
        file = module.path.name
        if file in files:  # the sweep's folder keeps a copy of each
            raise BesiegeError(f"modules: given {format_value(file)} twice, allowed only different file names")  # fmt: skip
        files.add(file)
        for name in module.outcomes:
            if name in declared:
                raise BesiegeError(
                    f"modules: the outcome {name} is declared in {quote(declared[name])} and in {quote(file)}, "
                    "allowed once"
                )
            declared[name] = file
    return modules
