"""Whose world is whose: sessions by browser and address, bounded in number and memory."""

import threading
from collections import OrderedDict

from sim.running.model import Siege
from sim.views.page.worlds import RUNNERS, WORKERS, Session

MOST_SESSIONS = 100
"""Visits that are remembered: choices, pictures and studies, a megabyte each."""
MOST_BYTES = 1_000_000_000
"""Of all living worlds together; those not looked at for longest go first, and come back from
their seed when they are wanted."""


class Sessions:
    """The sessions of a server, the one used last at the end."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, owner: str, world: str) -> Session:
        """Return a session, a new one if it is not known (any more).

        Parameters
        ----------
        owner
            The secret of the browser that asks: of two browsers with one address each has its own.
        world
            The name in the page's address.
        """
        with self._lock:
            session = self._sessions.get((owner, world))
            if session is None:
                session = self._sessions[owner, world] = Session(world, self.make_room)
            self._sessions.move_to_end((owner, world))
            gone = []
            while len(self._sessions) > MOST_SESSIONS:
                gone.append(self._sessions.popitem(last=False)[1])
        for old in gone:
            old.pause()
            for kind in old.studies:
                old.stop_study(kind)
            old.release()
        return session

    def find(self, owner: str, world: str) -> Session | None:
        """Return a session if it is known."""
        with self._lock:
            return self._sessions.get((owner, world))

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
            if session is not keep and (held := session.nbytes) and session.release():
                total -= held


SESSIONS = Sessions()


def warm_up() -> None:
    """Load the compiled kernels before anybody waits for them."""
    RUNNERS.submit(lambda: Siege("small", seed=0, scale=0.001, hours=60).run())
