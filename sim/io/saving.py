"""Saving what a command leaves: all its files, or none of them."""

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb

from sim.core.units import BesiegeError
from sim.io.folders import prepare_folder, remove_if_empty, unwritable

_HALF = ".saving"
"""Where files are written until all of them are whole."""


@contextlib.contextmanager
def saved_whole(folder: str | Path, mark: str, pages: Iterable[str] = ()) -> Iterator[Path]:
    """Return a place to write files in, which then move into a folder together.

    A disk that fills, or an interrupt, leaves what was in the folder before. While the files
    move, the folder lacks its mark, so that old and new files are never read as one result.

    Parameters
    ----------
    folder
        Where the files go; made if it is not there.
    mark
        Name of the file that says what the folder holds.
    pages
        Names of pictures and reports: those of earlier tables go with them.

    Yields
    ------
    pathlib.Path
        The place to write in.

    Raises
    ------
    BesiegeError
        If something cannot be written.
    """
    out = prepare_folder(folder)
    half = out / _HALF
    try:
        shutil.rmtree(half, ignore_errors=True)  # of one that was killed
        half.mkdir()
        yield half
        _take_away_what_is_old(out, mark, pages)
        for file in sorted(half.iterdir(), key=lambda file: file.name == mark):
            file.replace(out / file.name)
    except (OSError, duckdb.Error) as error:
        raise unwritable(out, error) from None
    finally:
        shutil.rmtree(half, ignore_errors=True)
        remove_if_empty(out)


def _take_away_what_is_old(out: Path, mark: str, pages: Iterable[str]) -> None:
    if (out / mark).is_file():
        for name in (mark, *pages):
            (out / name).unlink(missing_ok=True)


def is_interrupt(error: BaseException) -> bool:
    """Return whether an error is Ctrl-C, which DuckDB, when at work, makes an error of its own."""
    in_duckdb = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    return in_duckdb or isinstance(error, KeyboardInterrupt)


class PageError(BesiegeError):
    """A picture or report that could not be made; the tables beside it are whole."""


def make_page(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Make a picture or report of tables that are whole; a reader sees the old one or the new one.

    Parameters
    ----------
    path
        Where it goes.
    write
        Works it out and writes it to the path it is given.

    Raises
    ------
    PageError
        Whatever goes wrong: a page that fails must not hide the tables it was made of.
    """
    out = Path(path)
    half = out.with_name(f".part-{out.name}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write(half)
        half.replace(out)
    except Exception as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        said = getattr(error, "strerror", None) or " ".join(str(error).split())[:300]
        kind = "" if isinstance(error, (OSError, BesiegeError)) else f"{type(error).__name__}: "
        raise PageError(
            f"{out}: cannot be written ({kind}{said}); the tables that it describes are not affected"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
    return out
