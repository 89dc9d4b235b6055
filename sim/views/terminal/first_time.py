"""The first command on a machine: the engine is compiled, and it is said how far that is."""

import sys

from sim.core.compiled import DECLARED
from sim.core.compiling import heard
from sim.outcomes.outcomes import measure
from sim.running.loop import Loop

WARMING = "protect"
"""The response of the run that compiles: one that looks through actions, and pays."""


def compile_engine() -> None:
    """Compile what a run needs, by a small one, and say how far it is on the error output.

    Workers that start afterwards load what one process has compiled.
    """
    line = _Line()
    line.say(
        "Compiling the engine; this happens once on each machine and takes about twenty seconds …"
    )
    with heard(line.count):
        measure(Loop.begin("small", 1, response=WARMING).run().record)
    line.end()


class _Line:
    """A line that is written anew on a terminal, and once where there is none."""

    def __init__(self) -> None:
        self._compiled: set[str] = set()
        self._again = sys.stderr.isatty()

    def say(self, text: str) -> None:
        """Write a text where the line stands."""
        print(text, end="" if self._again else "\n", file=sys.stderr, flush=True)

    def count(self, name: str) -> None:
        """Take the name of a kernel that is compiled."""
        self._compiled.add(name)
        if self._again:
            done = f"{len(self._compiled)} of at most {len(DECLARED)}"
            self.say(f"\rCompiling the engine, once on each machine: {done} functions …\033[K")

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._again:
            self.say("\r\033[K")
