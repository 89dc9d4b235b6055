"""Every public name has an example in its docstring, and each example gives what it shows."""

import doctest
import inspect

import pytest

import sim
import sim.lab
import sim.responses
from sim.agents.agent_set import KindSet
from sim.agents.agents import KINDS
from sim.lab.storage.store import SweepFolder
from sim.outcomes.outcomes import OUTCOMES, outcome
from sim.responses import measures
from sim.running.loop import Loop

CONSTANTS = {"MODEL_VERSION", "STAGES", "__version__", "IDLE", "AnyMeasure"}
"""Public names that are values and have no docstring of their own."""
OF_THE_LIBRARY = {kind.__name__ for kind in measures().values()}
"""Measures, which are named in files by their kind; `Measure` shows how one is used."""


def public_names():
    """Return every public name by the dotted path under which a user finds it."""
    named = {f"sim.{name}": getattr(sim, name) for name in sim.__all__ if name not in CONSTANTS}
    named |= {
        f"sim.responses.{name}": getattr(sim.responses, name)
        for name in sim.responses.__all__
        if name not in CONSTANTS | OF_THE_LIBRARY
    }
    named |= {f"sim.lab.{name}": getattr(sim.lab, name) for name in ("open", "repeat", "merge")}
    named |= {kind.__name__: kind for kind in KINDS.values()}
    named |= {"SweepFolder": SweepFolder, "Loop": Loop, "KindSet": KindSet, "outcome": outcome}
    named |= {
        f"{kind.__name__}.{name}": getattr(kind, name)
        for kind, names in {
            sim.Scenario: ("load", "ensemble", "parse", "replace", "to_toml"),
            sim.Siege: ("agent", "watch"),
            sim.RunResult: ("save",),
        }.items()
        for name in names
    }
    return named


def example_of(name, what):
    """Return the example in a docstring, with the class at hand for a method."""
    known = {"Scenario": sim.Scenario, "Siege": sim.Siege} if "." in name else {}
    return doctest.DocTestParser().get_doctest(inspect.getdoc(what) or "", known, name, None, 0)


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Give examples a folder to write into, and take back the outcomes that they enter."""
    monkeypatch.chdir(tmp_path)
    before = dict(OUTCOMES)
    yield
    OUTCOMES.clear()
    OUTCOMES.update(before)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("name", public_names())
def test_every_public_name_has_an_example_that_gives_what_it_shows(name):
    example = example_of(name, public_names()[name])
    assert example.examples, f"{name}: no example in its docstring"
    told = []
    failed, tried = doctest.DocTestRunner().run(example, out=told.append)
    assert (failed, tried) == (0, len(example.examples)), "".join(told)


def test_an_example_that_shows_something_else_is_found():
    def wrong():
        """Add.

        Examples
        --------
        >>> 1 + 1
        3
        """

    assert doctest.DocTestRunner().run(example_of("wrong", wrong), out=lambda _: None).failed == 1
