"""Stage 6: the platform's measures act; what is due is undone."""

import numpy as np
import pytest

from sim.core.units import Cause, Phase, Stance, Tactic
from sim.responses import IDLE
from sim.stages.platform import respond
from tests.small_worlds import let_in, one_measure, world_at


def answering(kind, hour=60, trigger=None, **fields):
    """Return a world whose platform has one measure, by default due from hour 60."""
    return world_at(hour, response=one_measure(kind, trigger=trigger or {"hour": 60}, **fields))


def test_a_measure_does_nothing_before_its_hour_and_acts_from_then_on():
    world = answering("statement", hour=59, answer=0.25)
    respond(world)
    assert world.platform.orders == IDLE
    assert (world.platform.answer, world.books.begun) == (0.0, {})
    for world.hour in (60, 61):
        respond(world)
        assert world.platform.orders.statement
        assert (world.platform.answer, world.books.begun) == (0.25, {0: 60})


def test_a_measure_that_has_begun_goes_on_when_its_reason_is_gone():
    world = answering("statement", trigger={"online_above": 100.0})
    world.books.series["online"][60] = 101.0
    for world.hour in (60, 61):
        respond(world)
        assert world.platform.orders.statement


def test_a_measure_ends_when_it_has_lasted_its_hours():
    world = answering("statement", lasts=2)
    spoken = []
    for world.hour in (60, 61, 62):
        respond(world)
        spoken.append(world.platform.orders.statement)
    assert spoken == [True, True, False]


def test_a_measure_without_strength_never_begins():
    world = answering("statement", strength=0.0)
    respond(world)
    assert world.platform.orders == IDLE
    assert world.books.begun == {}


def test_a_concession_is_felt_in_the_hour_it_is_made():
    world = answering("roll-back", share=1.0)
    feels = world.mean_hardship
    respond(world)
    assert world.mean_hardship < 0.5 * feels
    assert world.crowd.hardship[: world.n_sellers].mean() < feels
    assert world.hardship_twin.mean() > feels  # in the quiet twin nothing is conceded


@pytest.mark.parametrize("phase", list(Phase))
def test_talks_begin_only_while_the_protest_is_out(phase):
    world = answering("open-talks", contact_rate=1.0, answer=0.4)
    world.organisers.phase = phase
    respond(world)
    out = phase not in (Phase.GATHER, Phase.DISSOLVE)
    assert world.platform.talks == out
    assert world.platform.answer == (0.4 if out else 0.0)
    assert world.books.talks_began == (60 if out else -1)


def test_every_seller_is_called_once_and_then_nobody():
    world = answering("contact-merchants", calls_per_day=1e6, backfire_share=0.0, persuasion=0.5)
    before = world.sellers.legitimacy.copy()
    for world.hour in (60, 61, 62):
        respond(world)
    everybody = world.n_sellers * world.weight
    assert world.platform.calls == everybody
    assert world.books.series["new_calls"][60:63].sum() == everybody
    assert world.books.series["new_calls"][62] == 0
    assert world.sellers.legitimacy == pytest.approx(1 - (1 - before) / 2)


def test_sellers_are_fined_once_and_leave_the_protest():
    world = answering("punish-sellers", checked_per_day=24, false_positive_share=0.5, fine=800)
    let_in(world, range(world.n_sellers + 100))
    world.crowd.ever_attacked[:50] = True
    respond(world)
    x, n = world.sellers, world.n_sellers
    caught = x.punished.copy()
    assert 50 < caught.sum() < n
    assert x.fined.tolist() == np.where(caught, 800.0, 0.0).tolist()
    assert (world.crowd.stance[:n] == Stance.QUIT).tolist() == caught.tolist()
    assert np.isin(np.arange(n, n + 100), world.inside).all()
    series = {name: values[60] for name, values in world.books.series.items()}
    assert series["fines"] == 800 * caught.sum() * world.weight
    assert series["new_punished_honest"] == caught[50:].sum() * world.weight
    world.hour = 61
    respond(world)
    assert x.fined.max() == 800
    assert world.books.series["new_punished"][61] == (x.punished.sum() - caught.sum()) * world.weight  # fmt: skip


def test_who_is_lost_by_a_closing_may_join_again_as_others_do_after_a_while():
    world = answering("close-channel", lost_share=0.4, away_hours=30)
    let_in(world, range(1000))
    respond(world)
    lost = np.flatnonzero(world.crowd.stance == Stance.QUIT)
    assert lost.size > 300
    for world.hour in (61, 89):
        respond(world)
    assert (world.crowd.stance[lost] == Stance.QUIT).all()
    world.crowd.stance[lost[0]] = Stance.PAUSED  # one who came back by itself
    world.hour = 90
    respond(world)
    assert world.crowd.stance[lost[0]] == Stance.PAUSED
    assert (world.crowd.stance[lost[1:]] == Stance.OUTSIDE).all()


def test_a_second_closing_of_the_channel_takes_away_few():
    once = {"kind": "close-channel", "lost_share": 0.5, "fades_share": 0.9}
    twice = [{**once, "trigger": {"hour": h}} for h in (60, 61)]
    world = world_at(60, response={"name": "twice", "measures": twice})
    let_in(world, range(1000))
    for world.hour, left in ((60, 500), (61, 475)):
        respond(world)
        assert world.inside.size == pytest.approx(left, abs=50)
    assert world.platform.closings == 2
    assert len(world.platform.away) == 2


def test_the_fear_of_arrests_halves_with_its_half_life():
    world = answering("arrest", sanction=0.4, half_life=12.0, backlash=0.0)
    signals = []
    for world.hour in (60, 61, 84, 96):
        respond(world)
        signals.append(world.platform.orders.sanction)
    assert signals == pytest.approx([0.4 * 0.5 ** (n / 12) for n in (0, 1, 24, 36)])


def test_a_closed_channel_loses_its_queue_and_its_share_of_members():
    world = answering("close-channel", lost_share=0.4)
    let_in(world, range(1000))
    world.floor.n = 9
    respond(world)
    assert world.floor.n == 0
    assert world.inside.size == pytest.approx(600, abs=60)
    assert (world.crowd.stance[:1000] == Stance.QUIT).sum() == 1000 - world.inside.size
    assert world.census[0].sum() == world.inside.size


EXACT = {"separation": 10.0, "false_positive_share": 0.5}
"""Nearly every false action is found."""


def test_false_purchases_that_are_found_go_back_on_the_shelf_once():
    world = answering("void-orders", delay=2, **EXACT)
    past = 60 - 2
    world.books.actions[past, :, Tactic.PURCHASE] = world.out[past] = 10.0
    stock = world.stores.stock.copy()
    respond(world)
    found = 10.0 - world.out[past]
    assert found.sum() == 400
    assert np.array_equal(world.stores.stock - stock, found)
    saved = -world.books.loss[60, :, Cause.HANDLING]
    assert np.array_equal(saved, found * world.scenario.stores.handling_purchase)
    respond(world)
    assert np.array_equal(world.stores.stock - stock, found)


def test_what_is_younger_than_the_delay_is_not_looked_at_yet():
    world = answering("restore-ratings", delay=2, **EXACT)
    world.books.actions[59, :, Tactic.BAD_REVIEW] = world.stores.n_bad[:] = 10.0
    for world.hour, left in ((60, 400), (61, 0)):
        respond(world)
        assert world.stores.n_bad.sum() == left


def test_false_clicks_that_are_found_are_paid_back_at_the_stores_own_price():
    world = answering("refund-clicks", delay=0, **EXACT)
    world.books.actions[60, :, Tactic.CLICK] = 10.0
    respond(world)
    assert world.books.ad_refund[60].tolist() == (10.0 * world.stores.click_cost).tolist()
    assert not world.books.loss.any()


def test_a_platform_that_does_nothing_finds_and_pays_nothing():
    world = world_at(60, response={"name": "none", "measures": []})
    world.books.actions[60] = world.out[60] = 10.0
    stock = world.stores.stock.copy()
    respond(world)
    assert np.array_equal(world.stores.stock, stock)
    assert world.books.series["response_cost"][60] == 0
    assert not world.books.ad_refund.any()
    assert world.platform.done == 3 * 40 * 10.0  # clicks leave no trace to be undone
