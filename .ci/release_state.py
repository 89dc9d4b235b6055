"""Say what is still missing for a release: version, changelog, citation, addresses, a clean tree.

Needs Python 3.11 and git alone: ``python3 .ci/release_state.py`` prints one line for each thing
that is missing and exits 1, or names the tag to set.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path


def missing(root: Path) -> list[str]:
    """Return one line for each thing that keeps the checkout at ``root`` from being released."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    newest = next(iter(re.findall(r"^## (.+)$", changelog, re.MULTILINE)), "nothing")
    dated = re.fullmatch(rf"{re.escape(version)} \((\d{{4}}-\d\d-\d\d)\)", newest)
    found = []
    if dated is None:
        found.append(
            f'CHANGELOG.md: given "## {newest}" on top, required is "## {version} (YYYY-MM-DD)"'
        )
    cited = re.search(r"^version: (\S+)$", citation, re.MULTILINE)
    if cited is None or cited[1] != version:
        given = cited[1] if cited else "nothing"
        found.append(f"CITATION.cff: version: given {given}, required is {version}")
    released = re.search(r"^date-released: [\"']?([\d-]+)[\"']?$", citation, re.MULTILINE)
    if dated and (released is None or released[1] != dated[1]):
        given = released[1] if released else "nothing"
        found.append(f"CITATION.cff: date-released: given {given}, required is {dated[1]}")
    if not project.get("urls"):
        found.append("pyproject.toml: [project.urls]: missing, required is at least Repository")
    if _git(root, "status", "--porcelain"):
        found.append("git status: given changes that are not committed, required are none")
    head = _git(root, "rev-parse", "HEAD")
    tagged = _git(root, "rev-list", "-n", "1", "--ignore-missing", f"refs/tags/v{version}")
    if tagged and tagged != head:
        found.append(f"git tag v{version}: stands at another commit; raise the version")
    return found


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    if lines := missing(here):
        sys.exit("\n".join(lines))
    project = tomllib.loads((here / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    print(f"ready for the tag v{project['version']}")
