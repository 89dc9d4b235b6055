"""The calibration and what rests on it, in their quick forms and on small worlds."""

import numpy as np
import pandas as pd
import pytest

from experiments import ablations, calibrating, closeness, epidemic, infer, simulate, smoothing
from experiments.running import run_experiment
from sim import Scenario, hindcast
from sim.lab.analysis import matching
from sim.lab.design.draws import draws_of
from sim.lab.storage import kept
from sim.outcomes.expressions import parse
from sim.outcomes.facts import load_facts
from sim.running.run import run
from sim.scenario.ensembles import ensemble_of, load_ensemble
from sim.scenario.schema import fields_of
from sim.scenario.toml import parse_toml
from tests.small_worlds import finished

FEW = {"scale": 0.002, "hours": 60}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("calibration")


def few_points(n=3):
    return np.random.default_rng(1).random((n, len(calibrating.priors())))


def simulated(folder, x=None, seeds=(1, 2, 3), **more):
    x = few_points() if x is None else x
    return calibrating.run_points(folder, x, seeds, scale=0.002, need="siege", say=str, **more)


@pytest.fixture
def short(monkeypatch):
    """Let runs end at hour 60."""
    monkeypatch.setattr(calibrating, "hours_of", lambda facts: 60)


def test_runs_of_a_design_are_kept_and_not_done_again(folder, monkeypatch, short):
    first = simulated(folder / "a")
    assert first["seed"].tolist() == [1, 2, 3]
    monkeypatch.setattr(calibrating, "run_all", None)
    pd.testing.assert_frame_equal(simulated(folder / "a"), first)
    with pytest.raises(SystemExit, match="other points"):
        simulated(folder / "a", seeds=(4, 5, 6))


def test_runs_that_were_stopped_go_on_where_they_were_and_give_the_same(folder, monkeypatch, short):
    whole = simulated(folder / "whole", few_points(4), (1, 2, 3, 4))
    begun, count = [], kept.run_many

    def stopped(tasks, **more):
        for n, done in enumerate(count(tasks, **more)):
            if n == 2:
                raise KeyboardInterrupt
            begun.append(done.key)
            yield done

    monkeypatch.setattr(kept, "run_many", stopped)
    with pytest.raises(KeyboardInterrupt):
        simulated(folder / "b", few_points(4), (1, 2, 3, 4))

    def counted(tasks, **more):
        begun.extend(task.key for task in tasks)
        return count(tasks, **more)

    monkeypatch.setattr(kept, "run_many", counted)
    again = simulated(folder / "b", few_points(4), (1, 2, 3, 4))
    pd.testing.assert_frame_equal(again, whole)
    assert sorted(begun) == ["0", "1", "2", "3"]  # none lost, none done twice


def test_a_run_that_fails_costs_no_other_and_is_told(folder, monkeypatch, short):
    monkeypatch.setattr(calibrating.Reading, "__call__", fails_for_seed_two)
    said = []
    found = calibrating.run_points(
        folder / "c", few_points(), (1, 2, 3), scale=0.002, need="siege", say=said.append
    )
    assert found["row"].tolist() == [0.0, 2.0]
    assert any("1 runs failed" in line for line in said)


def fails_for_seed_two(reading, loop):
    if loop.seed == 2:
        raise ValueError("as the test wants it")
    return {"shopped": 0.0}


def test_points_of_the_cube_are_values_within_their_priors():
    x = few_points()
    x[0], x[1] = 0.0, 1.0
    for u, values in zip(x, calibrating.values_at(x, calibrating.priors()), strict=True):
        for f, share in zip(calibrating.priors(), u, strict=True):
            value = values[f.path]
            if f.type == "whole number":
                assert value == round(f.prior.at(share))
            else:
                assert f.prior.share(value) == pytest.approx(share, abs=1e-9), f.path
        calibrating.base().replace(values)


def test_only_facts_to_be_fitted_are_fitted_and_cheap_runs_read_none_of_shoppers():
    fitted = {f.id for f in calibrating.facts_fitted("shoppers")}
    assert fitted == {f.id for f in load_facts() if f.use == "calibrate" and f.outcome}
    assert {f.id for f in calibrating.facts_fitted("siege")} == fitted - {"F12"}


def test_runs_reach_the_last_hour_that_any_fact_names():
    last = max(parse(f.outcome).stop for f in load_facts() if f.outcome)
    assert calibrating.base().hours == last


def test_a_fact_with_one_value_in_nearly_all_runs_is_not_fitted():
    facts = calibrating.facts_fitted("siege")[:3]
    a, b, c = (f.id for f in facts)
    runs = pd.DataFrame(
        {a: [45.0] * 39 + [60.0], b: np.arange(40.0), c: [np.nan] * 38 + [1.0, 1.0]}
    )
    assert [f.id for f in calibrating.varied(facts, runs)] == [b]


def screening_of(rows):
    return pd.DataFrame(rows, columns=["parameter", "largest", "inert"])


def test_parameters_fitted_are_those_that_move_any_fact_and_never_inert():
    rows = [("a", 5.0, False), ("b", 0.0, True), ("c", 1.0, False), ("(chance)", 2.0, False)]
    size = simulate.Size(fitted=28, least=1)
    assert simulate.chosen(screening_of(rows), size) == ["a"]
    assert simulate.chosen(screening_of(rows), simulate.Size(fitted=28, least=3)) == ["a", "c"]


def test_members_are_drawn_by_weight_none_twice_and_none_that_is_ruled_out():
    weights = np.array([0.0, 1.0, 3.0, 0.0, 2.0])
    assert sorted(infer.drawn_by(weights, 8)) == [1, 2, 4]
    assert len(set(infer.drawn_by(weights, 2))) == 2
    assert infer.effective(weights) == pytest.approx(36 / 14)
    assert infer.effective(np.zeros(3)) == 0.0


def test_observed_facts_are_drawn_within_their_bounds_and_all_exist():
    facts = calibrating.facts_fitted("siege")
    runs = pd.DataFrame({f.id: [f.low, np.nan] for f in facts})
    summaries = infer.Summaries(runs, facts, 144)
    drawn = summaries.observed(np.random.default_rng(1), 50)
    low, high = matching.bounds(facts)
    assert ((drawn[:, : len(facts)] >= low) & (drawn[:, : len(facts)] <= high)).all()
    assert (drawn[:, len(facts) :] == 1.0).all()
    assert drawn.shape[1] == 2 * len(facts)
    assert np.isfinite(summaries.of(runs)).all()


def two_facts():
    return tuple(f for f in load_facts() if f.id in {"F01", "N19"})


def test_a_smoother_goes_to_where_the_facts_are_met():
    facts, rng = two_facts(), np.random.default_rng(2)
    low, high = matching.bounds(facts)

    def simulated(z):  # two scores out of five make a fact each, on its logarithm
        return np.stack([7.0 + 1.5 * z[:, 0], 8.0 + z[:, 1] - 0.5 * z[:, 2]], axis=1)

    z = rng.standard_normal((300, 5))
    before = ((simulated(z) >= low) & (simulated(z) <= high)).all(axis=1).mean()
    for _ in range(4):
        z = smoothing.step(z, simulated(z), facts, np.ones(300, bool), rng)
    after = ((simulated(z) >= low) & (simulated(z) <= high)).all(axis=1).mean()
    assert before < 0.15
    assert after > 0.8
    assert abs(z[:, 3:].std() - 1.0) < 0.15  # what moves no fact stays as wide as it was


def test_points_whose_attack_did_not_begin_in_time_take_the_place_of_those_whose_did():
    facts, rng = two_facts(), np.random.default_rng(3)
    z = rng.standard_normal((100, 3))
    z[:, 0] = np.where(np.arange(100) < 40, 2.0, -2.0)
    y = np.full((100, 2), 8.3)
    moved = smoothing.step(z, y, facts, np.arange(100) < 40, rng)
    assert (moved[:, 0] > 1.5).all()


def test_a_part_of_the_prior_is_drawn_from_with_the_priors_own_density():
    rng = np.random.default_rng(4)
    region = smoothing.Region(np.array([0.5, 0.0]), np.diag([1.0, 100.0]))
    z = region.draw(4000, rng)
    assert region.holds(z).all()
    assert abs(z[:, 1].std() - 1.0) < 0.06  # wide there: the normal itself
    # narrow here: a normal cut off at -0.5 and 1.5, whose mean is in closed form
    from scipy.stats import truncnorm

    # The ellipse narrows only for scores that are rare in its long direction.
    assert abs(z[:, 0].mean() - truncnorm(-0.5, 1.5).mean()) < 0.05


def test_the_part_around_a_cloud_holds_it_and_is_no_wider_than_the_prior():
    rng = np.random.default_rng(5)
    z = 0.3 * rng.standard_normal((500, 4)) + 1.0
    region = smoothing.Region.around(z, 1.7)
    assert region.holds(z).mean() > 0.99
    assert not region.holds(np.full((1, 4), -1.5)).any()
    values = np.linalg.eigvalsh(
        smoothing.Region.around(5.0 * rng.standard_normal((500, 4)), 1.7).shape
    )
    from scipy.stats import chi2

    assert values.max() <= chi2.ppf(0.99, 4) * (1 + 1e-9)


def test_an_ensemble_written_can_be_loaded_and_lies_within_the_priors(tmp_path):
    cube = few_points(2)
    infer.write_ensemble(tmp_path / "e.toml", cube, 1, {"by": "a test", "model_version": 1})
    found = ensemble_of(parse_toml((tmp_path / "e.toml").read_bytes(), "e"), "e")
    fields = calibrating.priors()
    assert found.parameters[: len(fields)] == tuple(infer.by_kind(fields))
    assert set(found.parameters) == {f.path for f in fields_of(Scenario) if f.prior}
    assert (found.best, found.made["model_version"]) == (1, 1)
    for u, member in zip(cube, found.members, strict=True):
        for f, share, value in zip(fields, u, member, strict=False):
            if f.type == "number":
                assert f.prior.share(value) == pytest.approx(share, abs=1e-3)


def test_parameters_that_are_not_fitted_are_drawn_anew_in_every_member():
    names = [f.path for f in calibrating.priors()]
    cube = infer.complete(np.full((5, 1), 0.25), [names[3]], 1)
    assert (cube[:, 3] == 0.25).all()
    assert (np.delete(cube, 3, axis=1).std(axis=0) > 0.0).all()


def test_run_k_of_a_hindcast_is_member_k_with_seed_k():
    found = hindcast("taobao-2011", 2, seed=2, workers=1, construction=False, **FEW)
    member = load_ensemble("calibrated").member(1)
    alone = run(Scenario.load("taobao-2011").replace(member), 2, **FEW)
    assert found.online[0][: FEW["hours"]].tolist() == alone.record.series["online"].tolist()
    assert found.to_dict()["over"] == f"seeds and {len(member)} uncertain parameters"
    own = hindcast("taobao-2011", 1, seed=2, workers=1, ensemble=None, construction=False, **FEW)
    assert own.to_dict()["over"] == "seeds only"
    assert (
        own.online[0][: FEW["hours"]].tolist()
        == run("taobao-2011", 2, **FEW).record.series["online"].tolist()
    )


def test_a_share_of_runs_with_a_siege_comes_with_the_size_given_one():
    found = hindcast(
        "small", 3, workers=1, scale=0.002, hours=60, ensemble=None, construction=False
    )
    besieged = found.values["attacked"].to_numpy(bool)
    expected = found.online[besieged].max(axis=1).mean() if besieged.any() else None
    assert found.to_dict()["peak_online_given_siege"] == expected
    never = hindcast("calm", 1, workers=1, scale=0.002, hours=30, construction=False).to_dict()
    assert (never["share_with_siege"], never["peak_online_given_siege"]) == (0.0, None)


def test_more_steps_an_hour_are_another_draw_of_much_the_same_crowd():
    one, four = finished(), finished(mobilisation__substeps=4)
    peaks = [w.outcomes["peak_online"] for w in (one, four)]
    assert peaks[0] != peaks[1]
    assert peaks[1] == pytest.approx(peaks[0], rel=0.2)
    crowd = four.world.crowd
    assert crowd.hours_in.max() <= four.scenario.hours - four.scenario.announced


def test_ablations_and_levers_are_fields_of_a_scenario():
    world = Scenario.load("taobao-2011")
    for name, changes in ablations.OFF.items():
        assert (world.replace(changes) != world) == (name != "nothing"), name
    for lever, levels in closeness.LEVELS.items():
        changed = [world.replace(closeness.changed(lever, level, world)) for level in levels]
        assert len({w.fingerprint for w in changed}) == len(levels), lever


def test_an_ablation_stays_off_in_every_world_of_the_ensemble():
    off = Scenario.load("taobao-2011").replace(ablations.OFF["legal fear"])
    drawn = draws_of("calibrated", off, 5, 1)
    assert all("mobilisation.weight_risk" not in draw for draw in drawn)


def test_curves_are_what_their_equations_say():
    online = epidemic.sir(0.2, 0.0, 1e9, 10.0)
    grown = online[40] / online[30]
    assert grown == pytest.approx((1 + 0.2 * 0.1) ** 100, rel=0.02)
    assert epidemic.bass(0.01, 0.0, 100.0)[-1] < 100.0
    facts = epidemic.of_the_crowd(load_facts())
    assert {f.id for f in facts} == {f"F0{n}" for n in "1 2 3 4a 4b".split()} | {
        "N01",
        "N03",
        "N05",
    }
    told = {f.id: epidemic.read_off(f, np.arange(144.0)) for f in facts}
    assert (told["F01"], told["F02"], told["F03"]) == (46.0, 143.0, 116.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["closeness", "epidemic", "ablations"])
def test_an_experiment_that_is_no_sweep_runs_in_its_quick_form(name, tmp_path):
    told = run_experiment(name, tmp_path / name, quick=True, workers=2, keep=tmp_path / "kept")
    assert told
    assert list((tmp_path / "kept").glob("*.csv"))


@pytest.mark.slow
def test_simulation_and_inference_in_their_quick_forms_give_an_ensemble(tmp_path):
    for name in ("simulate", "infer"):
        run_experiment(name, tmp_path / name, quick=True, workers=2, keep=tmp_path / "kept")
    ensemble = ensemble_of(
        parse_toml((tmp_path / "simulate" / "calibrated.toml").read_bytes(), "e"), "e"
    )
    assert len(ensemble.members) == infer.QUICK.members
    for name in ("screening", "steps", "coverage", "ranks", "members", "ensemble"):
        assert (tmp_path / "kept" / f"{name}.csv").exists(), name
    assert (tmp_path / "kept" / "coverage.png").exists()
