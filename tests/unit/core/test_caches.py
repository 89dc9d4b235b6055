"""Where compiled kernels are kept: never where somebody else could have laid them."""

import logging
import os
import stat

import pytest

from sim.core import caches

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="a system without owners")


@pytest.fixture
def places(monkeypatch, tmp_path, caplog):
    """Return a place of each kind: usable ones are folders, unusable ones lie below a file."""
    monkeypatch.delenv("BESIEGE_CACHE_WARNED", raising=False)
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    caches.user_cache.cache_clear()
    yield tmp_path
    caches.user_cache.cache_clear()


def lines(caplog):
    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert all("\n" not in line for line in said)
    return said


def test_kernels_lie_beside_the_package_where_that_takes_files(places, caplog):
    assert caches.kernel_folder("kernels-1", places / "beside") == places / "beside" / "kernels-1"
    assert lines(caplog) == []


def test_kernels_lie_in_the_cache_of_the_user_where_the_package_takes_none(
    places, caplog, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(places / "cache"))
    found = caches.kernel_folder("kernels-1", places / "file" / "beside")
    assert found == places / "cache" / f"besiege-{os.getuid()}" / "kernels-1"
    assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700
    assert lines(caplog) == []


def test_a_folder_that_was_asked_for_is_taken_before_any_other(places, caplog, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(places / "asked"))
    found = caches.kernel_folder("kernels-1", places / "beside")
    assert found == places / "asked" / f"besiege-{os.getuid()}" / "kernels-1"
    assert lines(caplog) == []


def test_a_folder_that_was_asked_for_and_takes_nothing_is_said_and_another_found(
    places, caplog, monkeypatch
):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(places / "file" / "asked"))
    assert caches.kernel_folder("kernels-1", places / "beside") == places / "beside" / "kernels-1"
    (said,) = lines(caplog)
    assert said.startswith(f"NUMBA_CACHE_DIR: given {places / 'file' / 'asked'}, allowed")


def test_without_a_home_kernels_and_fonts_lie_in_a_temporary_folder_and_one_line_says_so(
    places, caplog
):
    found = caches.kernel_folder("kernels-1", places / "file" / "beside")
    caches.settle_matplotlib()
    own = places / "tmp" / f"besiege-{os.getuid()}"
    assert found == own / "kernels-1"
    assert os.environ.pop("MPLCONFIGDIR") == str(own / "matplotlib")
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    (said,) = lines(caplog)
    assert "set XDG_CACHE_HOME to a folder in which you can write" in said


@pytest.mark.parametrize("home", ["here", None])
def test_a_home_that_is_no_whole_path_is_no_place(places, caplog, monkeypatch, home):
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    if home is None:
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(caches.Path, "home", unknown_user)
    else:
        monkeypatch.setenv("HOME", home)
    monkeypatch.chdir(places)
    found = caches.kernel_folder("kernels-1", places / "file" / "beside")
    assert found == places / "tmp" / f"besiege-{os.getuid()}" / "kernels-1"
    assert not (places / "here").exists()
    assert len(lines(caplog)) == 1


def unknown_user():
    raise RuntimeError("Could not determine home directory.")


def test_where_nothing_takes_files_nothing_is_kept_and_one_line_says_so(
    places, caplog, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(places / "file" / "tmp"))
    assert caches.kernel_folder("kernels-1", places / "file" / "beside") is None
    caches.settle_matplotlib()
    (said,) = lines(caplog)
    assert "compiles it again" in said
    assert "XDG_CACHE_HOME" in said


def test_a_warning_is_given_once_for_a_command_and_the_processes_it_starts(places, caplog):
    caches.warn("first")
    caches.warn("second")
    assert lines(caplog) == ["first"]
    assert os.environ["BESIEGE_CACHE_WARNED"] == "1"  # what it starts inherits


def planted(places):
    """Lay a folder with the name that this user's would have, as somebody else might."""
    folder = places / "tmp" / f"besiege-{os.getuid()}"
    folder.mkdir(mode=0o700)
    return folder


def test_a_folder_that_belongs_to_somebody_else_is_never_loaded_from(places, caplog, monkeypatch):
    planted(places)
    mine = os.getuid()
    monkeypatch.setattr(caches, "_OWN", f"besiege-{mine}")
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    assert caches.kernel_folder("kernels-1", places / "file" / "beside") is None
    assert "it belongs to another user" in lines(caplog)[0]


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o720, 0o702])
def test_a_folder_that_others_can_write_is_never_loaded_from(places, caplog, mode):
    planted(places).chmod(mode)
    assert caches.kernel_folder("kernels-1", places / "file" / "beside") is None
    assert "other users can write to it" in lines(caplog)[0]


def test_a_link_to_a_folder_is_never_loaded_from(places, caplog):
    (places / "elsewhere").mkdir(mode=0o700)
    (places / "tmp" / f"besiege-{os.getuid()}").symlink_to(places / "elsewhere")
    assert caches.kernel_folder("kernels-1", places / "file" / "beside") is None
    assert "it belongs to another user" in lines(caplog)[0]


def test_a_shared_folder_needs_the_bit_that_keeps_others_from_renaming(places, caplog):
    (places / "tmp").chmod(0o777)
    assert caches.kernel_folder("kernels-1", places / "file" / "beside") is None
    assert "other users can replace it" in lines(caplog)[0]
    (places / "tmp").chmod(0o1777)
    caches.user_cache.cache_clear()
    found = caches.kernel_folder("kernels-1", places / "file" / "beside")
    assert found.parent.parent == places / "tmp"


def test_a_place_is_tried_with_a_file_that_is_not_empty(monkeypatch, tmp_path):
    probes = []
    monkeypatch.setattr(caches.Path, "write_bytes", lambda _path, data: probes.append(data))
    assert caches._fault(tmp_path / "new") is None
    assert len(probes[0]) > 0


def test_matplotlib_is_left_alone_where_it_finds_places_of_its_own(places, monkeypatch, caplog):
    monkeypatch.setenv("HOME", str(places / "home"))
    caches.settle_matplotlib()
    assert "MPLCONFIGDIR" not in os.environ
    assert lines(caplog) == []
