"""The calibration and what rests on it, in their quick forms and on small worlds."""

import numpy as np
import pandas as pd
import pytest

from experiments import ablations, calibration, closeness, epidemic
from experiments.running import run_experiment
from sim import Scenario, hindcast
from sim.lab.design.draws import draws_of
from sim.outcomes.facts import load_facts
from sim.running.run import run
from sim.scenario.ensembles import load_ensemble
from tests.small_worlds import finished

FEW = {"scale": 0.002, "hours": 60}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("calibration")


def few_points():
    matter = calibration.priors(calibration.base())[:3]
    return matter, np.random.default_rng(1).random((3, 3))


def test_runs_of_a_design_are_kept_and_not_done_again(folder, monkeypatch):
    matter, x = few_points()
    first = calibration.simulate(folder / "a", x, matter, 0.002, [1, 2, 3], first=2)
    assert first["seed"].tolist() == [1, 2, 3]  # whole parts only
    monkeypatch.setattr(calibration, "run_many", None)
    again = calibration.simulate(folder / "a", x, matter, 0.002, [1, 2, 3])
    pd.testing.assert_frame_equal(again, first)
    with pytest.raises(SystemExit, match="other points"):
        calibration.simulate(folder / "a", x, matter, 0.002, [4, 5, 6])


def test_a_point_stands_for_one_set_of_all_parameters_within_their_priors():
    matter, x = few_points()
    paths, values = calibration.completed(x, matter)
    ranges = calibration.priors(calibration.base())
    assert paths == [p[0] for p in ranges]
    low, high = (np.array([p[i] for p in ranges]) for i in (1, 2))
    assert ((values >= low) & (values <= high)).all()
    assert np.array_equal(calibration.completed(x[1:], matter)[1], values[1:])
    assert np.allclose(calibration.scaled(x, matter), values[:, :3])


def test_only_facts_to_be_fitted_are_fitted():
    fitted = {f.id for f in calibration.facts_fitted()}
    assert fitted == {f.id for f in load_facts() if f.use == "calibrate"}


def test_an_ensemble_written_can_be_loaded(tmp_path):
    from sim.scenario.ensembles import ensemble_of
    from sim.scenario.toml import parse_toml

    members = np.array([[1.0, 2e4], [0.25, 1e-3]])
    calibration.write_ensemble(tmp_path / "e.toml", ["a.b", "c"], members, 1, {"by": "a test"})
    found = ensemble_of(parse_toml((tmp_path / "e.toml").read_bytes(), "e"), "e")
    assert found.members == ((1.0, 20000.0), (0.25, 0.001))
    assert (found.parameters, found.best, found.made) == (("a.b", "c"), 1, {"by": "a test"})


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
@pytest.mark.parametrize("name", ["calibration", "closeness", "epidemic", "ablations"])
def test_an_experiment_that_is_no_sweep_runs_in_its_quick_form(name, tmp_path):
    told = run_experiment(name, tmp_path / name, quick=True, workers=2, keep=tmp_path / "kept")
    assert told
    assert list((tmp_path / "kept").glob("*.csv"))
