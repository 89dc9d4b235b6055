"""Responses: the library's, moved in time, and measures that a user writes in Python."""

import warnings
from functools import cache

import numpy as np
import pytest

import sim.responses
from sim.core.units import BesiegeError
from sim.lab.design.levels import level_of
from sim.lab.design.spec import load
from sim.lab.execution.pool import Task, run_many
from sim.responses import Measure, Orders, Response, Trigger, found_share, measures
from sim.running.model import Siege
from sim.scenario.library import load_response
from sim.scenario.scenario import Scenario
from sim.scenario.toml import library_names

SMALL = {"scale": 0.01, "hours": 76, "population.n_consumers": 100_000}
WORLD = Scenario.load("taobao-2011").replace(SMALL)


class Amnesty(Measure):
    """Promise that nobody is punished: a user's measure, with a parameter of its own."""

    calm: float = 0.5

    def orders(self, view):
        """Answer part of the demands."""
        return Orders(answer=self.calm, statement=True)


@cache
def run(*given, seed=1):
    response = Response(name="under test", measures=given)
    return Siege(WORLD.replace(response=response), seed=seed).run()


def test_a_measure_written_in_python_works_in_a_scenario_as_the_librarys_do():
    idle, own = run(), run(Amnesty(trigger=Trigger(hour=60)))
    assert own.hours[:60].equals(idle.hours[:60])
    assert not own.hours.equals(idle.hours)
    assert run(Amnesty(trigger=Trigger(hour=60), strength=0.0)).hours.equals(idle.hours)
    assert run(Amnesty(trigger=Trigger(hour=9999))).hours.equals(idle.hours)


def test_a_measure_of_ones_own_is_named_by_its_class_and_costs_what_it_says():
    own = Amnesty(trigger=Trigger(hour=60), cost_per_hour=100.0, strength=0.5)
    assert own.kind == "amnesty"
    assert run(own).record.series["response_cost"].sum() == 16 * 50.0


def test_a_measure_of_ones_own_enters_the_fingerprint_by_its_source_and_parameters():
    def fingerprint(measure):
        return WORLD.replace(response=Response(name="x", measures=(measure,))).fingerprint

    def make(factor):
        class Amnesty(Measure):
            def orders(self, view):
                return Orders(answer=0.5)

        class Other(Measure):
            kind: str = "amnesty"

            def orders(self, view):
                return Orders(answer=0.6)

        return (Amnesty if factor else Other)(trigger=Trigger(hour=60))

    assert fingerprint(make(True)) == fingerprint(make(True))
    assert fingerprint(make(True)) != fingerprint(make(False))
    strong, weak = (Amnesty(trigger=Trigger(hour=60), calm=c) for c in (0.5, 0.4))
    assert fingerprint(strong) != fingerprint(weak)


def test_a_measure_of_ones_own_stays_itself_when_the_scenario_changes():
    scenario = WORLD.replace(
        response=Response(name="x", measures=(Amnesty(trigger=Trigger(hour=60)),))
    )
    changed = scenario.replace({"response.measures.0.strength": 0.5, "scale": 0.02})
    assert isinstance(changed.response.measures[0], Amnesty)
    assert changed.response.measures[0].strength == 0.5


@pytest.mark.slow
def test_a_measure_of_ones_own_travels_to_a_worker_process():
    scenario = WORLD.replace(
        {"hours": 3}, response=Response(name="x", measures=(Amnesty(trigger=Trigger(hour=0), cost_per_hour=7.0),))
    )  # fmt: skip
    tasks = [Task("a", scenario, 1, ("online",)), Task("b", scenario, 2, ("online",))]
    done = list(run_many(tasks, workers=2))
    assert [d.failure for d in done] == [None, None]


def test_a_measure_may_not_take_the_name_of_one_of_the_library():
    with pytest.raises(BesiegeError, match="a name that the library does not use"):

        class Throttle(Measure):
            pass


def test_every_measure_of_the_design_is_there_and_exported_by_its_class():
    asked = (
        "RestoreRatings VoidOrders RefundClicks Throttle CompensateStores PoliceReport "
        "Arrest PunishSellers CloseChannel OpenTalks ContactMerchants Statement Postpone Grandfather "
        "RollBack HalveDeposit Subsidise Regulator"
    ).split()
    assert {m.__name__ for m in measures().values()} == set(asked)
    assert set(asked) <= set(sim.responses.__all__)


@pytest.mark.parametrize("kind", measures())
def test_half_the_strength_orders_half_the_shares_and_not_more(kind):
    own = measures()[kind](trigger=Trigger(hour=0))
    view = sim.responses.PlatformView(5, 1.0, 1, -1, -1, begun=5)
    full, half = own.orders_at(view), own.model_copy(update={"strength": 0.5}).orders_at(view)
    assert half == full.scaled_by(0.5)
    assert half.cost == full.cost / 2


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.2, 1.0])
def test_detection_finds_more_the_further_false_scores_lie_apart(share):
    found = [found_share(d, share) for d in (0.0, 1.0, 2.0, 4.0)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(share)  # a score that tells nothing finds as many of both


def test_scores_drawn_from_two_normals_are_found_as_the_formula_says():
    generator = np.random.default_rng(1)
    honest, false = generator.normal(0, 1, 200_000), generator.normal(3.17, 1, 200_000)
    threshold = np.quantile(honest, 0.99)
    assert (false > threshold).mean() == pytest.approx(found_share(3.17, 0.01), abs=0.01)


@pytest.mark.parametrize("name", library_names("responses"))
def test_a_response_of_the_library_can_be_moved_in_time(name):
    response = load_response(name)
    later = load_response(f"{name}@+6")
    assert later == response.later(6)
    assert len(later.measures) == len(response.measures)


def test_a_response_begun_at_an_hour_begins_with_its_first_measure():
    moved = load_response("as-happened@60")
    hours = [m.trigger.hour for m in moved.measures]
    assert hours == [60, 72, 74, 96, 110, 110, 152, 154, 198, 198, 198]
    assert [m.trigger.hour for m in load_response("protect@50").measures] == [50, 50, 50]


def test_a_response_that_waits_for_different_things_says_how_to_move_it():
    mixed = Response(
        name="mixed",
        measures=(
            Amnesty(trigger=Trigger(hour=5)),
            Amnesty(trigger=Trigger(after_deadline=1)),
        ),
    )
    with pytest.raises(BesiegeError, match=r"allowed a delay such as @\+6"):
        mixed.at(60)
    assert mixed.later(6).measures[1].trigger.after_deadline == 7


def test_punished_sellers_leave_the_protest_and_honest_ones_are_hit_by_mistake():
    given = {"kind": "punish-sellers", "trigger": {"hour": 50}, "checked_per_day": 2.0,
             "false_positive_share": 0.05}  # fmt: skip
    eager = WORLD.replace({"population.seller_threshold_mean": 0.7, "hours": 60})
    siege = Siege(eager.replace(response={"name": "x", "measures": [given]}), seed=1).run()
    o = siege.outcomes
    assert o["n_sellers_punished"] > o["n_honest_sellers_punished"] > 0
    n = siege.world.n_sellers
    fined = siege.world.sellers.fined
    assert fined.sum() * siege.world.weight == siege.record.series["fines"].sum()
    counted = siege.world.crowd.neighbours_in
    graph, inside = siege.world.graph, np.zeros(siege.world.crowd.role.size)
    inside[siege.world.inside] = 1
    rows = np.repeat(np.arange(counted.size), np.diff(graph.offsets))
    assert (np.bincount(rows, inside[graph.neighbours], counted.size) == counted).all()
    assert fined.size == n


def test_closing_the_channel_scatters_part_of_the_crowd_once():
    closed = run(measures()["close-channel"](trigger=Trigger(hour=70), lost_share=0.5)).hours
    open_ = run().hours
    members = closed.n_onlookers_in + closed.n_sellers_in
    before = open_.n_onlookers_in + open_.n_sellers_in
    assert closed[:70].equals(open_[:70])
    assert 0.4 < members[71] / before[71] < 0.65


def test_calls_reach_each_seller_once_and_end_when_all_are_called():
    everybody = measures()["contact-merchants"](
        trigger=Trigger(hour=20), calls_per_day=1e6, backfire_share=0.0, persuasion=1.0
    )
    siege = run(everybody)
    assert siege.outcomes["n_sellers_called"] == 49_500
    assert siege.hours.legitimacy[22] > 0.95


def test_stores_are_paid_a_share_of_what_they_claim_and_what_they_pad():
    def paid(**given):
        own = measures()["compensate-stores"](trigger=Trigger(hour=46), **given)
        return run(own).outcomes["cum_compensation"]

    assert paid(share=0.0) == 0
    half, whole = paid(share=0.5, padding_share=0.0), paid(share=1.0, padding_share=0.0)
    assert whole == pytest.approx(2 * half)
    assert paid(share=0.5, padding_share=0.2) == pytest.approx(1.2 * half)


def test_a_measure_of_ones_own_is_written_without_a_word_of_warning():
    response = Response(name="", measures=(Amnesty(trigger=Trigger(hour=3)),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = response.model_dump()["measures"][0]
        scenario = Scenario.load("small").replace(response=response)
        label = level_of(response).label
        plan = load({"scenario": "small", "factors": {"response": [response, "silence"]}})
        written = [scenario.model_dump_json(), plan.spec.model_dump_json()]
    assert told["kind"] == "amnesty"
    assert [text for text in [str(label), *written] if '"amnesty"' not in text] == []


def test_a_measure_is_the_librarys_by_its_entry_and_not_by_the_name_of_its_module():
    class Lookalike(Measure):
        __module__ = "sim.responses.lookalike"

        def orders(self, view):
            return Orders(answer=0.5)

    own = Lookalike(trigger=Trigger(hour=0))
    assert "lookalike" not in measures()
    assert not own.is_of_the_library
    assert own.source_hash is not None
    assert measures()["throttle"](trigger=Trigger(hour=0)).is_of_the_library


def test_a_measure_made_from_one_of_the_library_is_a_users_own():
    class Gentle(measures()["throttle"]):
        kind: str = "gentle"

    own = Gentle(trigger=Trigger(hour=0))
    assert not own.is_of_the_library
    assert own.source_hash not in {None, Amnesty.source_hash}
    assert Response(name="x", measures=(own,)).measures == (own,)
    assert measures()["throttle"].source_hash is None


def test_what_a_measure_inherits_beside_its_bases_here_counts_in_its_hash():
    def make(answer):
        if answer > 0.5:

            class Loud:
                def told(self):
                    return 0.6
        else:

            class Loud:
                def told(self):
                    return 0.5

        class Shout(Measure, Loud):
            def orders(self, view):
                return Orders(answer=self.told())

        return Shout(trigger=Trigger(hour=0))

    assert make(0.6).source_hash != make(0.5).source_hash
    assert make(0.6).source_hash == make(0.6).source_hash


def test_every_public_name_of_responses_is_there_once_with_every_measure():
    names = sim.responses.__all__
    assert len(names) == len(set(names))
    assert {kind.__name__ for kind in measures().values()} <= set(names)
    assert all(hasattr(sim.responses, name) for name in names)
    assert dir(sim.responses) == sorted(names)
