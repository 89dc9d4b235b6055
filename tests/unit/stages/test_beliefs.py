"""Stage 9: legitimacy and perceived sanction move."""

import numpy as np
import pytest

from sim.core.units import Phase, Tactic
from sim.responses import Orders
from sim.stages.beliefs import believe, events_of
from tests.small_worlds import world_at


def seen(phase=Phase.GATHER, answer=0.0, punishment=0.0, **changes):
    """Return a world in which sellers hear nobody, after one hour of beliefs, and views before."""
    world = world_at(50, **{"beliefs__neighbours": 0.0, **changes})
    world.organisers.phase, world.platform.answer = phase, answer
    world.platform.orders = Orders(punishment=punishment, sanction=punishment)
    before = world.sellers.legitimacy.copy()
    believe(world)
    return world, before


def test_where_nothing_happens_and_nobody_is_heard_views_stay_as_they_are():
    world, before = seen()
    assert np.array_equal(world.sellers.legitimacy, before)
    assert world.platform.legitimacy_public == world.scenario.beliefs.legitimacy_public
    assert world.platform.sanction == 0.0


@pytest.mark.parametrize("phase", list(Phase))
def test_demands_count_as_unanswered_only_while_the_protest_is_out(phase):
    world, before = seen(phase)
    out = phase not in (Phase.GATHER, Phase.DISSOLVE)
    assert events_of(world).unanswered == float(out)
    assert (world.sellers.legitimacy < before).all() == out


def test_a_full_answer_raises_views_and_punishment_lowers_them():
    answered, before = seen(Phase.ATTACK, answer=1.0)
    assert events_of(answered).unanswered == 0.0
    assert (answered.sellers.legitimacy > before).all()
    punished, before = seen(punishment=1.0)
    assert (punished.sellers.legitimacy < before).all()


def test_the_twins_sellers_see_nothing_of_what_happens():
    quiet, _ = seen(beliefs__neighbours=0.3)
    loud, _ = seen(Phase.ATTACK, punishment=1.0, beliefs__neighbours=0.3)
    assert np.array_equal(quiet.sellers.legitimacy_twin, loud.sellers.legitimacy_twin)
    assert not np.array_equal(quiet.sellers.legitimacy, loud.sellers.legitimacy)
    assert np.array_equal(quiet.sellers.legitimacy, quiet.sellers.legitimacy_twin)


def test_hearing_each_other_brings_views_together_and_keeps_them_in_their_range():
    world, before = seen(beliefs__neighbours=0.9, graph__family="complete")
    after = world.sellers.legitimacy
    assert after.std() == pytest.approx(0.1 * before.std(), rel=1e-3)
    assert before.min() <= after.min() <= after.max() <= before.max()


def test_attacks_on_innocents_help_the_platform_with_the_public_alone():
    world = world_at(50, beliefs__neighbours=0.0)
    world.books.actions[50, 0, Tactic.PURCHASE] = 5000.0
    before, public = world.sellers.legitimacy.copy(), world.platform.legitimacy_public
    believe(world)
    assert events_of(world).innocents == 0.5
    assert world.platform.legitimacy_public > public
    assert np.array_equal(world.sellers.legitimacy, before)


def test_perceived_sanction_follows_its_signal_and_fades_after_it():
    world, _ = seen(punishment=1.0, beliefs__sanction_speed=0.25)
    assert world.platform.sanction == 0.25
    world.platform.orders = Orders()
    believe(world)
    assert world.books.series["perceived_sanction"][50] == 0.25 * 0.75


def test_a_mall_without_sellers_has_no_mean_view():
    world = world_at(50, population__n_sellers=0)
    believe(world)
    assert np.isnan(world.books.series["legitimacy"][50])
