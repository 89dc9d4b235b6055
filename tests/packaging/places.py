"""Where a package is tried as a user has it: the checkout as a clone gives it, fresh Pythons."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LONGEST = 1800
"""Seconds that a process may take: a fresh environment downloads and compiles."""

OURS = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "PYENV_VERSION", "MPLBACKEND"}


def call(arguments, folder, path=None, check=True):
    """Run a command as a user would, who knows nothing of the environment of the tests."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    if path is not None:
        clean["PATH"] = f"{path}{os.pathsep}{clean['PATH']}"
    done = subprocess.run(
        [str(a) for a in arguments], cwd=folder, env=clean, capture_output=True, text=True,
        check=False, timeout=LONGEST,
    )  # fmt: skip
    if check:
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done


def clone(folder):
    """Copy what git tracks, with the changes that are not committed, into an empty folder."""
    listed = call(["git", "ls-files", "-z"], ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def fresh_python(version, folder):
    """Make an environment with the venv of one of this machine's Pythons; return its commands."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(kept.glob(f"{version}.*/bin/python"))]
    for python in filter(None, candidates):
        if call([python, "-c", "import venv"], folder, check=False).returncode == 0:
            call([python, "-m", "venv", folder / "venv"], folder)
            return folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pytest.skip(f"no Python {version}: neither on the path nor among those of pyenv")
