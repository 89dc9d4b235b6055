"""A visitor's worlds, side by side, run in slices by a few threads."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sim.running.model import Siege
from sim.views.page.choices import Checked, Choices, check
from sim.views.page.network import Sample, sample
from sim.views.page.studies import Study, run_study
from sim.views.page.view import View, view_of

SLICE = 0.2
"""Seconds between two pictures of a running world; a slice of work is no longer."""
PACES = {"1 day per second": 24.0, "6 hours per second": 6.0, "as fast as possible": 1e9}
"""How fast a world runs, in hours a second."""
LONGEST = 200
"""Letters of a field: more than any right value has."""
RUNNERS = ThreadPoolExecutor(32, thread_name_prefix="besiege-world")
WORKERS = ThreadPoolExecutor(1, thread_name_prefix="besiege-study")
AT_WORK = threading.BoundedSemaphore(2)
"""Slices that are computed at a time, so that many worlds share the machine fairly."""


class Session:
    """A visitor's choices and the worlds they make, side by side.

    Attributes
    ----------
    choices
        The fields of the page.
    views
        The latest snapshot of each world; empty before the first.
    pace
        A key of `PACES`.
    is_busy
        Whether a thread works on the worlds.
    fault
        What went wrong in a run, on one line.
    studies
        By kind, ``compare`` and ``hindcast``.
    version
        Rises with every change, so that pages know when to draw anew.
    nbytes
        Bytes of its living worlds.
    """

    def __init__(self, session_id: str, make_room: Callable[["Session"], None]) -> None:
        self.id = session_id
        self._make_room = make_room
        self.nbytes = 0
        self.choices = Choices()
        self.made_from: Checked | None = None
        self.views: tuple[View, ...] = ()
        self.pace = next(iter(PACES))
        self.is_busy = False
        self.fault = ""
        self.studies: dict[str, Study] = {}
        self.version = 0
        self._changed = threading.Condition()
        self._guard = threading.Lock()  # over the three that follow
        self._wanted = 0.0  # hours still to run
        self._again = False  # from hour 0, with the choices of now
        self._lock = threading.Lock()  # over the worlds: held for a slice
        self._sieges: list[Siege] = []
        self._sample: Sample | None = None

    # ------------------------------------------------------------ what a visitor does
    def choose(self, **fields: str) -> None:
        """Change fields of the page; a world that is there goes on as it was made.

        What no field can hold, as a client of its own making may send it, changes nothing.
        """
        if all(isinstance(text, str) and len(text) <= LONGEST for text in fields.values()):
            self.choices = replace(self.choices, **fields)
        self._tell()

    def choose_pace(self, pace: str) -> None:
        """Choose how fast worlds run."""
        self.pace = pace if pace in list(PACES) else self.pace
        self._tell()

    def run(self, hours: float = float("inf")) -> None:
        """Run on for some hours or to the end; first make the worlds, if choices changed."""
        if not check(self.choices).scenarios:
            return
        with self._guard:
            self._wanted = hours
            ended = hours > 0 and any(view.is_finished for view in self.views)
            self._again = self._again or ended or self.made_from != check(self.choices)
            if not self.is_busy:
                self.is_busy = True
                RUNNERS.submit(self._work)
        self._tell()

    def pause(self) -> None:
        """Stop after the slice that runs."""
        with self._guard:
            self._wanted = 0
        self._tell()

    def start_over(self) -> None:
        """Make the worlds anew and stand at hour 0."""
        if check(self.choices).scenarios:
            with self._guard:
                self._again = True
            self.run(0)

    @property
    def is_running(self) -> bool:
        """Whether hours are still to be run."""
        return self.is_busy and self._wanted > 0

    @property
    def is_outdated(self) -> bool:
        """Whether the choices are others than those the worlds were made from."""
        return self.made_from is not None and self.made_from != check(self.choices)

    def study(self, kind: str) -> None:
        """Begin a comparison of the two responses, or a hindcast, over many worlds."""
        checked = check(self.choices)
        running = self.studies.get(kind)
        if checked.faults or (running and running.is_running):
            return
        study = Study(kind, total=checked.worlds)
        self._note(study)
        WORKERS.submit(run_study, study, checked, self._note)

    def stop_study(self, kind: str) -> None:
        """Stop a study after the run it is at."""
        if kind in self.studies:
            self.studies[kind].stop.set()
        self._tell()

    # ------------------------------------------------------------ what pages ask
    def wait(self, seen: int, seconds: float) -> int:
        """Wait until there is something newer than a version, and give its number."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != seen, seconds)
            return self.version

    def use[T](self, n: int, read: Callable[[Siege], T]) -> T:
        """Read a world while it stands still; one that was let go comes back from its seed.

        Raises
        ------
        LookupError
            If there is no such world.
        """
        with self._lock:
            if n >= len(self.views) or self.made_from is None:
                raise LookupError(n)
            self._bring_back()
            return read(self._sieges[n])

    # ------------------------------------------------------------ threads
    def _tell(self) -> None:
        with self._changed:
            self.version += 1
            self._changed.notify_all()

    def _note(self, study: Study) -> None:
        others = {kind: s for kind, s in self.studies.items() if kind != study.kind}
        self.studies = others if study.was_stopped else {**others, study.kind: study}
        self._tell()

    def _work(self) -> None:
        """Run the worlds, slice by slice, as long as hours are wanted."""
        try:
            while self._slice():
                pass
        except Exception as error:  # whatever it is, the page says so and lives on
            self.fault = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
            with self._guard:
                self.is_busy, self._wanted, self._again = False, 0, True
            self._tell()

    def _slice(self) -> bool:
        """Do a slice of work, and say whether there is more."""
        began = time.perf_counter()
        with AT_WORK, self._lock:
            with self._guard:
                again, self._again = self._again, False
            checked = check(self.choices)
            if again and checked.scenarios:  # a field may have been spoilt meanwhile
                self._make(checked)
            self._bring_back()
            done = self._step(began)
            with self._guard:
                self._wanted = 0 if self._are_finished else max(0, self._wanted - done)
                going = self._again or self._wanted > 0
            self._look(whole=not going)
            with self._guard:
                going = going or self._again or self._wanted > 0
                self.is_busy = going
        self._tell()
        if going:
            time.sleep(max(0.01, began + done / PACES[self.pace] - time.perf_counter()))
        return going

    @property
    def _are_finished(self) -> bool:
        return not any(siege.running for siege in self._sieges)

    def _make(self, checked: Checked) -> None:
        self.fault = ""
        self.made_from = checked
        self.views, self._sieges, self._sample = (), [], None
        for scenario in checked.scenarios:
            self._sieges.append(Siege(scenario, seed=checked.seed))
        self._weigh()

    def _bring_back(self) -> None:
        """Make worlds again that were let go, up to the hour they had reached."""
        if self._sieges or self.made_from is None:
            return
        for scenario in self.made_from.scenarios:
            siege = Siege(scenario, seed=self.made_from.seed)
            for _ in range(self.views[0].hours if self.views else 0):
                siege.step()
            self._sieges.append(siege)
        self._weigh()

    def _weigh(self) -> None:
        worlds = [siege.world for siege in self._sieges]
        self.nbytes = sum(w.nbytes + w.graph.neighbours.nbytes for w in worlds)
        self._make_room(self)

    def _step(self, began: float) -> int:
        due = min(self._wanted, max(1, PACES[self.pace] * SLICE))
        done = 0
        while done + 1 <= due and not self._are_finished:
            for siege in self._sieges:
                siege.step()
            done += 1
            if time.perf_counter() - began > SLICE:
                break
        return done

    def _look(self, *, whole: bool) -> None:
        if self._sieges and self._sample is None:
            world = self._sieges[0].world
            self._sample = sample(world.graph, world.crowd.role)
        if self._sample is not None:
            self.views = tuple(view_of(s, self._sample, whole=whole) for s in self._sieges)

    # ------------------------------------------------------------ memory
    def release(self) -> bool:
        """Let its worlds go if nobody works on them; its pictures stay."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            for siege in self._sieges:
                siege.release()
            self._sieges, self.nbytes = [], 0
            return True
        finally:
            self._lock.release()
