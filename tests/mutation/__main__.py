"""Would the tests notice a fault in a rule? Mutants of sim/rules, each held to its tests.

    uv run python -m tests.mutation [--mutants N] [--seed S] [--out FILE] [--only NUMBER ...]

mutmut passes over every decorated function, and each rule has its ``@kernel``; cosmic-ray
writes its mutants into the checkout and starts Python and its libraries anew for each. Here one
process loads the libraries and compiles what stands below the rules (random numbers, graph);
each mutant is then a fork of it which reads one file changed, leaves the rules uncompiled (as
``NUMBA_DISABLE_JIT=1`` would, so that no cache can hide a mutant) and runs the file's tests until
the first that fails. Results are kept line by line, so that a run which was stopped goes on.
"""

import argparse
import json
import os
import random
import resource
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from scipy.stats import binomtest

from tests.mutation.mutants import Mutant, mutants_of, mutated

ROOT = Path(__file__).parents[2]
RULES = ROOT / "sim" / "rules"
MOST_SECONDS = 30
"""Processor time after which the tests of a mutant are called endless, and the mutant killed."""

OPTIONS = (
    "-x", "-q", "--assert=plain", "-o", "addopts=--import-mode=importlib", "-m", "not slow",
    "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider", "--hypothesis-profile=mutants",
)  # fmt: skip

CONTRACT = "tests/contract/test_rules.py"
LOOPS = "tests/contract/test_loops.py"
QUEUE = "tests/limiting_cases/test_m_d_1_k.py::test_five_places_refuse_the_share_of_the_law"
BASELINE = "tests/worlds/test_baseline.py"
TESTS = {
    "assembly.py": [],
    "attack.py": [f"{CONTRACT}::test_those_who_act_are_those_whose_own_rule_says_so",
                  f"{CONTRACT}::test_actions_are_drawn_person_by_person_and_tactic_by_tactic",
                  f"{CONTRACT}::test_goods_and_budgets_go_to_actions_in_the_order_of_the_lottery"],
    "attention.py": [],
    "beliefs.py": [f"{CONTRACT}::test_views_of_the_platform_move_by_each_sellers_own_rule"],
    "channel.py": [f"{QUEUE}[1.2-0.19915]"],
    "crossing.py": [f"{CONTRACT}::test_people_move_exactly_as_each_ones_own_rule_says",
                    f"{CONTRACT}::test_counts_of_neighbours_inside_follow_those_who_cross"],
    "detection.py": [],
    "mobilisation.py": [f"{CONTRACT}::test_people_move_exactly_as_each_ones_own_rule_says",
                        f"{CONTRACT}::test_the_phase_changes_who_joins_and_who_leaves"],
    "persuasion.py": [],
    "poaching.py": [f"{CONTRACT}::test_second_shops_are_opened_exactly_as_each_sellers_own_rule_says",
                    f"{CONTRACT}::test_at_renewal_each_seller_chooses_by_the_logit_of_its_own_values"],
    "shopping.py": [],
    "visits.py": [],
    "losses.py": [f"{LOOPS}::test_losses_and_claims_are_each_stores_own"],
    "stores.py": [f"{CONTRACT}::test_stores_open_and_close_exactly_as_each_ones_own_rule_says",
                  f"{CONTRACT}::test_ratings_and_advertising_are_each_stores_own"],
}  # fmt: skip
"""What concerns a file, besides tests/unit/rules/test_FILE and the tiny worlds of the baseline."""


def tests_of(file: str) -> list[str]:
    """Name the tests that concern a file, those that know the answer from outside first."""
    own = f"tests/unit/rules/test_{file}"
    return [*([own] if (ROOT / own).is_file() else []), *TESTS[file], BASELINE]


class _MutantLoader(MetaPathFinder, Loader):
    """Gives one module of the rules with a mutant in it."""

    def __init__(self, mutant: Mutant | None) -> None:
        self.mutant = mutant
        self.path = RULES / mutant.file if mutant else None

    def find_spec(self, name, path=None, target=None):
        if self.path is None or name != f"sim.rules.{self.path.stem}":
            return None
        spec = ModuleSpec(name, self, origin=str(self.path))
        spec.has_location = True
        return spec

    def exec_module(self, module):
        tree = mutated(self.path.read_text("utf-8"), self.mutant)
        exec(compile(tree, str(self.path), "exec"), module.__dict__)


class _Watch:
    """Remembers the first test that failed."""

    failed = ""

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.failed:
            self.failed = report.nodeid.partition("::")[0] + "::" + report.head_line

    def pytest_collectreport(self, report):
        if report.failed and not self.failed:
            self.failed = f"{report.nodeid} (cannot be read)"


def _load_libraries() -> None:
    """Load and compile everything that no mutant stands in."""
    os.environ |= {"MPLBACKEND": "Agg", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import sim.core.compiled

    compiled = sim.core.compiled.kernel
    sim.core.compiled.kernel = lambda f: f if f.__module__.startswith("sim.rules.") else compiled(f)
    for library in ("duckdb", "matplotlib.pyplot", "mesa", "networkx", "pandas", "pydantic",
                    "scipy.special", "scipy.stats", "tomli_w", "sim.core.chance", "sim.core.curves",
                    "sim.setup.fees", "sim.setup.graph", "sim.core.units", "sim.core.calendar", "_hypothesis_pytestplugin"):  # fmt: skip
        __import__(library)
    _warm()
    base = hypothesis.settings(deadline=None, derandomize=True, database=None)
    hypothesis.settings.register_profile(
        "mutants",
        base,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # none need be shrunk
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def _warm() -> None:
    """Compile for the types with which uncompiled rules call, once and not in every fork."""
    from sim.core import chance, curves

    # Plain ints and floats: one compiled version each, and numba need not look at all hundred
    # members of an enumeration to learn the type of one.
    def plain(compiled, *kinds):
        return lambda key, *given: compiled(key, *(k(x) for k, x in zip(kinds, given, strict=True)))

    key, lanes = chance.key_of(1), np.empty((4, chance.LANES), np.uint32)
    chance.words_in_lanes(key, 0, 0, 0, 0, tuple(lanes))
    poisson = plain(chance.poisson, int, int, int, float)
    words, uniform = (plain(f, int, int, int, int) for f in (chance.words, chance.uniform))
    poisson(key, 4, 0, 0, 1.5)
    uniform(key, 4, 0, 0, 0)
    chance.unit(words(key, 0, 0, 0, 0)[0])
    chance.unit(lanes[0, 0])
    curves.sigmoid(0.5, 0.1, True)
    curves.saturating(1.0, 2.0)
    chance.poisson, chance.words, chance.uniform = poisson, words, uniform


def _try(mutant: Mutant | None, tests: list[str]) -> tuple[str, float]:
    """Return the test that kills a mutant, empty if none does, and its processor time (s)."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(out)
            resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            sys.meta_path.insert(0, _MutantLoader(mutant))
            watch = _Watch()
            code = pytest.main([*OPTIONS, *tests], plugins=[watch])
            said = watch.failed if code else ""
            os.write(into, (said or ("" if code == 0 else f"pytest said {code}")).encode())
        finally:
            os._exit(0)
    os.close(into)
    _pid, status, used = os.wait4(child, 0)
    said = os.read(out, 4096).decode()
    os.close(out)
    return "endless" if os.WIFSIGNALED(status) else said, used.ru_utime + used.ru_stime


def drawn(n: int, seed: int) -> list[Mutant]:
    """Draw mutants over all files, each as likely as the other."""
    everyone = [
        mutant
        for path in sorted(RULES.glob("*.py"))
        for mutant in mutants_of(path.name, path.read_text("utf-8"))
    ]
    print(f"{len(everyone)} mutants in {len(TESTS)} files, {n} drawn with seed {seed}", flush=True)
    return random.Random(seed).sample(everyone, n)


def main() -> None:
    """Try every mutant that was drawn and say how many were killed."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--mutants", type=int, default=300)
    reader.add_argument("--seed", type=int, default=2011)
    reader.add_argument("--out", type=Path, default=ROOT / "runs" / "mutants.jsonl")
    reader.add_argument("--only", type=int, nargs="*", help="numbers of mutants to try again")
    asked = reader.parse_args()
    chosen = drawn(asked.mutants, asked.seed)
    asked.out.parent.mkdir(exist_ok=True)
    lines = asked.out.read_text("utf-8").splitlines() if asked.out.is_file() else []
    results = {row["number"]: row for row in map(json.loads, lines)}
    _load_libraries()
    if not results:  # else it was seen when the run began
        every = dict.fromkeys(test for file in TESTS for test in tests_of(file))
        said, _ = _try(None, list(every))
        if said:
            raise SystemExit(f"without a mutant a test fails: {said}")
    for number, mutant in enumerate(chosen):
        if number in results and number not in (asked.only or ()):
            continue
        if asked.only and number not in asked.only:
            continue
        killed_by, seconds = _try(mutant, tests_of(mutant.file))
        row = {"number": number, "file": mutant.file, "line": mutant.line, "text": mutant.text,
               "killed_by": killed_by, "seconds": round(seconds, 1)}  # fmt: skip
        results[number] = row
        with asked.out.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(f"{number:4} {mutant.file}:{mutant.line}: {mutant.text}: "
              f"{killed_by or 'SURVIVES'} ({seconds:.1f} s)", flush=True)  # fmt: skip
    tell(results)


def tell(results: dict[int, dict]) -> None:
    """Return how many were killed, with the interval, and by what."""
    n, killed = len(results), sum(bool(row["killed_by"]) for row in results.values())
    span = binomtest(killed, n).proportion_ci(0.95, method="exact")
    print(
        f"{killed} of {n} killed: {killed / n:.1%}, 95 % interval {span.low:.1%} to {span.high:.1%}"
    )
    alone = sum("test_baseline" in row["killed_by"] for row in results.values())
    print(f"{alone} of them by the baseline's worlds alone")
    for file in sorted({row["file"] for row in results.values()}):
        of_file = [row for row in results.values() if row["file"] == file]
        print(f"  {file}: {sum(bool(r['killed_by']) for r in of_file)} of {len(of_file)}")


if __name__ == "__main__":
    main()
