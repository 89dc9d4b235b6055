"""Runs of one world under several responses: they share its hours before the first measure acts.

Until a measure begins, a response changes nothing. So one loop, in which nobody responds, runs
for all of them; before each hour's response every one that waits is asked whether it begins, and
goes on in a copy of the world. A response that never begins ends with the loop itself.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from sim.lab.execution.tasks import Done, Task, carry_out, execute
from sim.outcomes.outcomes import Outcome
from sim.responses import Response
from sim.running import memory
from sim.running.loop import Loop
from sim.scenario.scenario import Scenario
from sim.stages.platform import view_of

RESPONDING = "respond"
"""The stage that is the first to look at a scenario's response."""
WINDOW = 256
"""Tasks among which those are looked for that share a world."""
NOBODY = Response()

type Group = tuple[Task, ...]
"""Tasks that differ in their responses alone."""


def groups_of(tasks: Iterable[Task], most: int) -> Iterator[Group]:
    """Put tasks together that may share a world, as they are drawn from the iterable.

    Parameters
    ----------
    tasks
        What to run.
    most
        The largest group, so that all workers have something to do.
    """
    coming = iter(tasks)
    while window := tuple(islice(coming, WINDOW)):
        if most < 2 or all(t.scenario.response == window[0].scenario.response for t in window):
            yield from ((task,) for task in window)
            continue
        found: dict[object, list[Task]] = {}
        for n, task in enumerate(window):
            branches = task.scenario.response.is_of_the_library()
            found.setdefault(
                (task.seed, task.need, _unanswered(task)) if branches else n, []
            ).append(task)
        for alike in found.values():
            pieces = -(-len(alike) // most)
            yield from (tuple(alike[piece::pieces]) for piece in range(pieces))


def _unanswered(task: Task) -> Scenario:
    return task.scenario.model_copy(update={"response": NOBODY})


def execute_together(group: Group, own: Mapping[str, Outcome] | None = None) -> Iterator[Done]:
    """Run a group of tasks to their ends; each gives what it would give by itself.

    If anything goes wrong in what they share, those that have not parted from it are run by
    themselves, so that no failure of one is that of another.

    Parameters
    ----------
    group
        What to run.
    own
        As for `execute`.

    Yields
    ------
    Done
        Each task once, with the time since the one before.
    """
    waiting = {task.key: task for task in group}
    if len(group) > 1 and memory.has_room(group[0].scenario, worlds=2):
        parted, since = _parted(group), time.perf_counter()
        while waiting and (done := _next_done(parted, own, since)) is not None:
            since = time.perf_counter()
            del waiting[done.key]
            yield done
    yield from (execute(task, own) for task in waiting.values())


def _next_done(
    parted: Iterator[tuple[Task, Loop]], own: Mapping[str, Outcome] | None, since: float
) -> Done | None:
    """Run the next task that parts from the others; None if none can."""
    try:
        task, loop = next(parted)
    except (Exception, SystemExit):  # those that wait meet it again, each by itself
        return None
    return carry_out(task, lambda: loop, own, since)


def _parted(group: Group) -> Iterator[tuple[Task, Loop]]:
    """Give each task with its loop, when it parts from the others."""
    first, waiting = group[0], list(group)
    trunk = replace(first, scenario=_unanswered(first)).begin()
    while waiting and not trunk.is_over:
        trunk.step(before=RESPONDING)
        view = view_of(trunk.world)
        for task in [task for task in waiting if task.scenario.response.begins(view)]:
            waiting.remove(task)
            yield task, trunk.branch(task.scenario)
        trunk.step()
    for task in waiting:
        yield task, trunk.branch(task.scenario)
