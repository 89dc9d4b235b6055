"""Who may write a folder: one sweep or comparison, or shards of a sweep side by side, each once."""

import contextlib
import datetime
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.core.units import BesiegeError

fcntl: Any
try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

_HELD: set[int] = set()
"""Descriptors of locks that this process holds."""


def _let_go() -> None:
    """Let go, in a child that was forked, of the parent's locks: they fall when the parent ends."""
    for held in _HELD:
        os.close(held)
    _HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


class FolderLock:
    """Keeps others from writing a folder; the system lets go of it however this process ends.

    Where a file system has no locks, nobody is kept out.

    Parameters
    ----------
    folder
        The folder that is written.
    shard
        Number of a shard and how many there are; None for a call that is alone.
    out
        The folder that the user named, if it is another.
    what
        What writes it, for people.

    Raises
    ------
    BesiegeError
        If somebody else writes it; it says who.
    """

    def __init__(
        self, folder: Path, shard: tuple[int, int] | None = None, *, out: Path | None = None,
        what: str = "sweep",
    ) -> None:  # fmt: skip
        self._folder, self._out, self._what = folder, out or folder, what
        self._held: list[int] = []
        try:
            self._main = self._take(".lock", shared=shard is not None)
            if shard is not None:
                self._take(f".lock-{shard[0]}of{shard[1]}", shared=False)
            _sign(self._held[-1])
        except BlockingIOError:
            self._close_all()
            raise BesiegeError(
                f"--out: {self._out} is being written by {_holders(folder, what)}, "
                f"allowed one {what} at a time"
            ) from None
        except OSError:
            self._close_all()
            raise

    def _take(self, name: str, *, shared: bool) -> int:
        held = _open(self._folder / name)
        self._held.append(held)
        _HELD.add(held)
        if fcntl is not None:
            _lock(held, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return held

    def check(self) -> None:
        """Make sure that the folder is still the one that was locked.

        Raises
        ------
        BesiegeError
            If it was moved or deleted, or its lock was, whatever stands in its place.
        """
        try:
            is_here = os.path.samestat(os.stat(self._folder / ".lock"), os.fstat(self._main))
        except OSError:
            is_here = False
        if not is_here:
            raise BesiegeError(
                f"--out: {self._out} or its file .lock was moved, deleted or replaced while this "
                f"{self._what} was writing; nothing more is written. Finished runs are where the "
                "folder is now, and the same command with that --out continues from them"
            )

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other shard replaces parts, and keep them from it for a moment."""
        held = _open(self._folder / ".lock-parts")
        _HELD.add(held)
        try:
            if fcntl is not None:
                _lock(held, fcntl.LOCK_EX)
            yield
        finally:
            _close(held)

    def release(self) -> None:
        """Let others write."""
        if self._held and self._held[-1] in _HELD:
            with contextlib.suppress(OSError):  # a disk that is gone
                os.ftruncate(self._held[-1], 0)
        self._close_all()

    def _close_all(self) -> None:
        for held in self._held:
            _close(held)
        self._held.clear()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def _close(held: int) -> None:
    if held in _HELD:  # not in a child that was forked: the number is another file's there
        _HELD.remove(held)
        os.close(held)


def _lock(held: int, kind: int) -> None:
    try:
        fcntl.flock(held, kind)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return


def _sign(held: int) -> None:
    """Write who holds a lock."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    os.ftruncate(held, 0)
    os.write(held, f"process {os.getpid()} on {platform.node()} since {now}\n".encode())


def _holders(folder: Path, what: str) -> str:
    """Say who writes a folder: the call that is alone in it, or a sweep's shards."""
    if _is_taken(folder / ".lock"):
        return _signature(folder / ".lock") or f"another {what}"
    shards = [p for p in sorted(folder.glob(".lock-*of*")) if _is_taken(p)]
    told = [f"shard {p.name.removeprefix('.lock-').replace('of', '/')} ({who})" for p in shards if (who := _signature(p))]  # fmt: skip
    more = f" and {len(told) - 3} more" if len(told) > 3 else ""
    return ", ".join(told[:3]) + more if told else f"another {what}"


def _is_taken(path: Path) -> bool:
    """Return whether somebody else holds a lock for himself."""
    held = _open(path)
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(held)
    return False


def _signature(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()
