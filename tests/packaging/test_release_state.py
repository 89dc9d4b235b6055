"""What keeps a checkout from being released is told, each thing in a line."""

import importlib.util
import subprocess

import pytest

from tests.packaging.places import ROOT

_spec = importlib.util.spec_from_file_location("release_state", ROOT / ".ci" / "release_state.py")
release_state = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(release_state)

READY = {
    "pyproject.toml": (
        '[project]\nname = "besiege"\nversion = "0.2.0"\n'
        '[project.urls]\nRepository = "https://forge.invalid/besiege"\n'
    ),
    "CHANGELOG.md": "# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- More.\n\n## 0.1.0 (2026-11-01)\n",
    "CITATION.cff": "cff-version: 1.2.0\nversion: 0.2.0\ndate-released: 2026-12-01\n",
}


def git(folder, *words):
    named = ["-c", "user.name=A", "-c", "user.email=a@forge.invalid"]
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path):
    """Make a repository that is ready for its tag."""
    for name, text in READY.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "Ready")
    return tmp_path


def test_a_checkout_with_everything_in_its_place_may_be_released(checkout):
    assert release_state.missing(checkout) == []
    git(checkout, "tag", "v0.2.0")  # set already, here: the forge runs the same again
    assert release_state.missing(checkout) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("CHANGELOG.md", "0.2.0 (2026-12-01)", "0.2.0 (unreleased)", 'CHANGELOG.md: given "## 0.2.0 (unreleased)"'),
        ("CHANGELOG.md", "## 0.2.0 (2026-12-01)\n", "", 'given "## 0.1.0 (2026-11-01)" on top'),
        ("CITATION.cff", "version: 0.2.0", "version: 0.1.0", "CITATION.cff: version: given 0.1.0"),
        ("CITATION.cff", "2026-12-01", "2026-11-01", "date-released: given 2026-11-01, required is 2026-12-01"),
        ("CITATION.cff", "date-released: 2026-12-01\n", "", "date-released: given nothing"),
        ("pyproject.toml", "[project.urls]", "[tool.urls]", "[project.urls]: missing"),
    ],
)  # fmt: skip
def test_each_thing_that_is_missing_for_a_release_is_told(checkout, name, old, new, told):
    assert old in READY[name]
    (checkout / name).write_text(READY[name].replace(old, new, 1), encoding="utf-8")
    git(checkout, "commit", "-qam", "Less")
    (line,) = release_state.missing(checkout)
    assert told in line


def test_changes_that_are_not_committed_keep_a_release_back(checkout):
    (checkout / "new.txt").write_text("new", encoding="utf-8")
    (line,) = release_state.missing(checkout)
    assert line.startswith("git status")


def test_a_tag_at_another_commit_keeps_a_release_back(checkout):
    git(checkout, "tag", "v0.2.0")
    git(checkout, "commit", "-qm", "Later", "--allow-empty")
    (line,) = release_state.missing(checkout)
    assert line.startswith("git tag v0.2.0")
