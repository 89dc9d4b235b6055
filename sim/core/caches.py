"""Where what can be made anew is kept: compiled kernels, and matplotlib's list of fonts.

A place is used after a file has been written there, and a place that others share only through
a folder that nobody else can write: what lies there is loaded and run.
"""

import logging
import os
import stat
import tempfile
from functools import cache
from pathlib import Path

_WARNED = "BESIEGE_CACHE_WARNED"
"""Set once a warning was given, so that the processes this one starts do not give it again."""
_OWN = f"besiege-{os.getuid()}" if hasattr(os, "getuid") else "besiege"
"""Name of this user's folder, wherever it lies."""


def kernel_folder(name: str, beside: Path) -> Path | None:
    """Return a folder of this name for compiled kernels: the first place that takes files.

    These are tried: ``NUMBA_CACHE_DIR``, beside the package, the user's cache, and the folder
    for temporary files. The last, or none, is said in a warning of one line.

    Parameters
    ----------
    name
        Tells this state of the sources from every other.
    beside
        The folder in the package for what is made of its files.

    Returns
    -------
    pathlib.Path or None
        None where nothing can be kept.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        folder = Path(given).absolute() / _OWN
        fault = _fault_of_own(folder) or _fault(folder / name)
        if fault is None:
            return folder / name
        warn(f"NUMBA_CACHE_DIR: given {given}, allowed a writable folder ({fault})")
    if _fault(beside / name) is None:
        return beside / name
    home = user_cache()
    return home / name if home is not None and _fault(home / name) is None else None


def settle_matplotlib() -> None:
    """Return matplotlib a place for its list of fonts where it would find none.

    Called before matplotlib is loaded, which looks once and warns in words of its own.
    """
    given = os.environ.get("MPLCONFIGDIR")
    usual = [given] if given else [_base("XDG_CONFIG_HOME", ".config"), _base("XDG_CACHE_HOME", ".cache")]  # fmt: skip
    folders = [Path(base, "" if given else "matplotlib") for base in usual if base is not None]
    if len(folders) == len(usual) and all(_fault(folder) is None for folder in folders):
        return
    home = user_cache()
    if home is not None and _fault(home / "matplotlib") is None:
        os.environ["MPLCONFIGDIR"] = str(home / "matplotlib")


@cache
def user_cache() -> Path | None:
    """Return this user's own folder for what can be made anew; a temporary one if need be."""
    base = _base("XDG_CACHE_HOME", ".cache")
    fault: str | None = "there is no home folder"
    if base is not None:
        fault = _fault_of_own(base / _OWN)
        if fault is None:
            return base / _OWN
        fault = f"{base}: {fault}"
    advice = "set XDG_CACHE_HOME to a folder in which you can write"
    try:
        temporary = Path(tempfile.gettempdir()) / _OWN
        unfit = _fault_of_own(temporary)
    except OSError as error:  # not even a folder for temporary files
        temporary, unfit = Path(), error.strerror
    if unfit is None:
        warn(f"Compiled code cannot be kept permanently ({fault}), so it is kept in {temporary} for now; {advice}")  # fmt: skip
        return temporary
    warn(
        f"Compiled code cannot be kept ({fault}; {temporary}: {unfit}), so every process "
        f"compiles it again; {advice}"
    )
    return None


def warn(text: str) -> None:
    """Write one line on standard error, once for a command and all processes it starts."""
    if _WARNED not in os.environ:
        os.environ[_WARNED] = "1"
        logging.getLogger("sim").warning(" ".join(text.split()))


def _base(variable: str, usual: str) -> Path | None:
    """Return one of the XDG base folders; a relative one counts as not given."""
    given = Path(os.environ.get(variable, ""))
    if given.is_absolute():
        return given
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and a user whom the system does not know
        return None
    return home / usual if home.is_absolute() else None


def _fault(folder: Path) -> str | None:
    """Say why a folder takes no files; None if it has taken one."""
    probe = folder / f".writable-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(512))  # with a byte in it: a full disk takes empty files
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _fault_of_own(folder: Path) -> str | None:
    """Say why a folder takes no files or is not this user's alone; None if neither is so."""
    fault = _fault(folder)
    if fault is not None or not hasattr(os, "getuid"):
        return fault
    here, around = folder.lstat(), folder.parent.stat()
    if not stat.S_ISDIR(here.st_mode) or here.st_uid != os.getuid():
        return "it belongs to another user"
    if here.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "other users can write to it"
    if around.st_mode & stat.S_IWOTH and not around.st_mode & stat.S_ISVTX:
        return "other users can replace it"
    return None
