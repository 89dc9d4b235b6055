"""Whose world is whose: sessions by id, run in slices by a few threads, bounded in memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from sim.comparing.comparison import Comparison, compare
from sim.hindcasts import Hindcast, hindcast
from sim.model import Siege
from sim.views.dashboard_choices import Checked, Choices, check
from sim.views.dashboard_network import Sample, sample
from sim.views.dashboard_studies import show_comparison, show_hindcast
from sim.views.dashboard_view import View, view_of

SLICE = 0.2
"""Seconds between two pictures of a running world; a slice of work is no longer."""
PACES = {"a day a second": 24.0, "6 hours a second": 6.0, "as fast as it goes": 1e9}
"""How fast a world runs, in hours a second."""
MOST_SESSIONS = 500
"""Visits that are remembered: choices and pictures, some hundred kilobytes each."""
MOST_BYTES = 1_000_000_000
"""Of all living worlds together; those not looked at for longest go first, and come back from
their seed when they are wanted."""
RUNNERS = ThreadPoolExecutor(32, thread_name_prefix="besiege-world")
WORKERS = ThreadPoolExecutor(1, thread_name_prefix="besiege-study")
AT_WORK = threading.BoundedSemaphore(2)
"""Slices that are computed at a time, so that many worlds share the machine fairly."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """A study was stopped by its visitor."""


@dataclass(frozen=True, slots=True)
class Study:
    """A comparison or a hindcast on its way, or done."""

    kind: str
    done: int = 0
    total: int = 0
    result: Comparison | Hindcast | None = None
    html: str = ""
    fault: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.result is None and not self.fault


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
    """

    def __init__(self, session_id: str, store: "Store") -> None:
        self.id = session_id
        self.store = store
        self.choices = Choices()
        self.made_by = self.choices
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
        """Change fields of the page; a world that is there goes on as it was made."""
        self.choices = replace(self.choices, **fields)
        self._tell()

    def choose_pace(self, pace: str) -> None:
        """Choose how fast worlds run."""
        self.pace = pace if pace in PACES else self.pace
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
        WORKERS.submit(self._study, study, checked)

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
        self.studies = {**self.studies, study.kind: study}
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
            if again:
                self._make(self.choices)
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

    def _make(self, choices: Choices) -> None:
        checked = check(choices)
        self.fault, self.made_by = "", choices
        self.made_from = checked if checked.scenarios else None
        self.views, self._sieges, self._sample = (), [], None
        for scenario in checked.scenarios:
            self._sieges.append(Siege(scenario, seed=checked.seed))
        self.store.make_room(self)

    def _bring_back(self) -> None:
        """Make worlds again that were let go, up to the hour they had reached."""
        if self._sieges or self.made_from is None:
            return
        for scenario in self.made_from.scenarios:
            siege = Siege(scenario, seed=self.made_from.seed)
            for _ in range(self.views[0].hours if self.views else 0):
                siege.step()
            self._sieges.append(siege)
        self.store.make_room(self)

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

    def _study(self, study: Study, checked: Checked) -> None:
        def progress(done: int, total: int) -> None:
            if study.stop.is_set():
                raise Cancelled
            self._note(replace(self.studies[study.kind], done=done, total=total))

        scenario, options = checked.scenarios[0], {"seed": checked.seed, "progress": progress}
        try:
            if study.stop.is_set():
                raise Cancelled
            if study.kind == "hindcast":
                found: Any = hindcast(scenario, checked.worlds, workers=1, **options)
                html = show_hindcast(found)
            else:
                responses = [s.response for s in checked.scenarios]
                found = compare(
                    responses, scenario=scenario, runs=checked.worlds, workers=1, **options
                )
                html = show_comparison(found)
            self._note(replace(self.studies[study.kind], result=found, html=html))
        except Cancelled:
            self.studies = {k: s for k, s in self.studies.items() if k != study.kind}
            self._tell()
        except Exception as error:  # the page says what it was
            self._note(replace(study, fault=" ".join(str(error).split())[:300]))

    # ------------------------------------------------------------ memory
    @property
    def nbytes(self) -> int:
        """Bytes of its worlds."""
        return sum(s.world.nbytes + s.world.graph.neighbours.nbytes for s in list(self._sieges))

    def let_go(self) -> bool:
        """Let its worlds go if nobody works on them; its pictures stay."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            sieges, self._sieges = self._sieges, []
            for siege in sieges:
                siege.let_go()
            return True
        finally:
            self._lock.release()


class Store:
    """The sessions of a server, the one used last at the end."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session_id: str) -> Session:
        """Give a session, a new one if the id is not known (any more)."""
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                session = self._sessions[session_id] = Session(session_id, self)
            self._sessions.move_to_end(session_id)
            gone = []
            while len(self._sessions) > MOST_SESSIONS:
                gone.append(self._sessions.popitem(last=False)[1])
        for old in gone:
            old.pause()
            for kind in old.studies:
                old.stop_study(kind)
        return session

    def find(self, session_id: str) -> Session | None:
        """Give a session if it is known."""
        with self._lock:
            return self._sessions.get(session_id)

    def close(self) -> None:
        """Stop whatever runs, so that the server can end."""
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.pause()
            for kind in session.studies:
                session.stop_study(kind)
        RUNNERS.shutdown(wait=False, cancel_futures=True)
        WORKERS.shutdown(wait=False, cancel_futures=True)

    def make_room(self, keep: Session) -> None:
        """Let worlds go until those that stay are small enough together."""
        with self._lock:
            sessions = list(self._sessions.values())
        total = sum(session.nbytes for session in sessions)
        for session in sessions:
            if total <= MOST_BYTES:
                break
            if session is not keep and (held := session.nbytes) and session.let_go():
                total -= held


STORE = Store()


def warm_up() -> None:
    """Load the compiled kernels before anybody waits for them."""
    RUNNERS.submit(lambda: Siege("small", seed=0, scale=0.001, hours=60).run())
