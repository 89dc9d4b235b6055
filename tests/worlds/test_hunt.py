"""A hunt through all scenarios there are: no crash, no warning, no NaN, and every account holds."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sim.core.units import BesiegeError
from sim.running.model import Siege
from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of
from sim.scenario.toml import parse_toml
from sim.setup.graph import OWN
from tests.damage import damaged, misplaced
from tests.drawn import FIELDS, SIEGE, scenarios
from tests.invariants import check_run

anything = settings(suppress_health_check=list(HealthCheck), deadline=None)


def hunt(scenario, seed):
    """Run a world that was drawn, and hold it to all that holds in every world."""
    siege = check_run(scenario, seed)
    event(f"attacked: {siege.outcomes['cum_actions'] > 0}")
    return siege


seeds = st.integers(0, 2**64 - 1)


@settings(anything, max_examples=60)
@given(scenarios(), seeds)
def test_any_legal_scenario_runs_and_every_account_of_it_holds(scenario, seed):
    hunt(scenario, seed)


@pytest.mark.slow
@settings(anything, max_examples=2000)
@given(scenarios(), seeds)
def test_two_thousand_legal_scenarios_run_and_every_account_of_them_holds(scenario, seed):
    hunt(scenario, seed)


EVENTFUL = Scenario(hours=40, **SIEGE).to_toml()


def tiny(scenario):
    """Return a scenario with no more people, shops and hours than a test has time for."""
    p, most = scenario.population, {"n_sellers": 3000, "n_onlookers": 3000, "n_consumers": 30_000}
    fewer = {f"population.{name}": min(getattr(p, name), n) for name, n in most.items()}
    fewer["population.n_stores"] = min(p.n_stores, 25)
    return scenario.replace(
        {**fewer, "scale": min(scenario.scale, 0.01), "hours": min(scenario.hours, 40)}
    )


def run_what_is_accepted(text, examples):
    """Damage a scenario's text so many times and run what is still one; say how many were."""
    ran = []

    @settings(anything, max_examples=examples)
    @given(damaged(text) | misplaced(text), seeds)
    def once(data, seed):
        try:
            scenario = Scenario.parse(parse_toml(data, "damaged.toml"), "damaged.toml")
        except BesiegeError:
            return
        if scenario.graph.family in OWN:  # of a graph that is not there: a line, and no run
            with pytest.raises(BesiegeError):
                Siege(tiny(scenario), seed=seed)
            return
        hunt(tiny(scenario), seed)
        ran.append(scenario.fingerprint)

    once()
    return len(ran), len(set(ran))


def test_a_damaged_scenario_that_is_accepted_runs_and_every_account_of_it_holds():
    ran, different = run_what_is_accepted(EVENTFUL, 200)  # about a quarter is accepted
    assert ran > 25
    assert different > 8


@pytest.mark.slow
def test_two_thousand_damaged_scenarios_are_refused_or_run_and_every_account_holds():
    ran, different = run_what_is_accepted(EVENTFUL, 2000)
    assert ran > 400
    assert different > 150


@pytest.mark.slow
def test_the_scenarios_drawn_are_of_all_kinds_and_many_see_a_siege():
    seen = Counter()

    @settings(anything, max_examples=200)
    @given(scenarios(), seeds)
    def look(scenario, seed):
        siege = Siege(scenario, seed=seed).run()
        seen["attacked"] += siege.outcomes["cum_actions"] > 0
        seen["delisted"] += siege.outcomes["n_stores_delisted"] > 0
        seen["measures"] += len(siege.record.begun) > 0
        seen["no sellers"] += len(siege.sellers) == 0
        seen[scenario.graph.family] += 1
        seen["same again"] += Scenario.parse(scenario.to_dict()) == scenario
        seen["all"] += 1

    look()
    assert seen["same again"] == seen["all"]
    for kind, least in (("attacked", 0.2), ("delisted", 0.05), ("measures", 0.1)):
        assert seen[kind] >= least * seen["all"], (kind, seen)
    assert min(seen[kind] for kind in ("no sellers", "complete", "small_world")) > 0
    declared = {f.path for f in fields_of(Scenario) if "[" not in f.path}
    assert {path for path in declared if not path.startswith("response.")} <= set(FIELDS)
