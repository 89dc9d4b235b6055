"""The floor, detection, calls and shopping: each loop is its scalar rule, row by row."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.chance import AT_CREATION, Stream, key_of, poisson, uniform, unit, words
from sim.core.state import Stores
from sim.core.units import N_CATEGORIES, Cause, Motion, Tactic
from sim.rules import channel, detection, losses, persuasion, shopping, stores, visits
from sim.rules.channel import ChannelParameters, Queue, Requests, Speeches, Standing
from sim.rules.losses import Books
from sim.rules.shopping import N_CLASSES, Odds, ShoppingParameters
from sim.rules.stores import StoreDay, StoreHour, StoreParameters, blank_day
from sim.rules.visits import Trade
from tests.columns import columns
from tests.contract.test_rules import few, hours, parameters, seeds, shares, sizes, some_rows
from tests.small_worlds import begun

ROOT = Path(__file__).parents[2]

speeches = parameters(
    ChannelParameters,
    contagion=st.floats(0, 5),
    motion_noise=st.floats(0.01, 10),
    motion_fervour=st.floats(-5, 10),
    motion_talks=st.floats(0, 10),
    motion_unanswered=st.floats(0, 10),
)


@few
@given(seeds, sizes, hours, st.floats(0, 5))
def test_each_member_online_asks_for_the_floor_by_its_own_numbers(seed, n, hour, rate):
    rng, _numbers = some_rows(seed, n)
    key = key_of(seed)
    inside = np.flatnonzero(rng.random(n) < 0.6).astype(np.int32)
    online = rng.random(n) < 0.6
    expected = [
        (
            i,
            (hour + uniform(key, Stream.REQUEST_MOMENT, hour, i, d)) * 3600.0,
            uniform(key, Stream.BALKING, hour, i, d),
        )
        for i in inside[online[inside]].tolist()
        for d in range(poisson(key, Stream.N_REQUESTS, hour, i, rate))
    ]
    size = max(0, len(expected) - 3)  # too few places: counted, not written
    for places in (len(expected), size):
        asks = columns(Requests, places)
        asked = channel.draw_requests(key, hour, inside, online, rate, asks)
        assert asked == len(expected)
        assert list(zip(*(column.tolist() for column in asks), strict=True)) == expected[:places]


class Floor:
    """The floor told moment by moment: a list of who waits, and when it is free."""

    def __init__(self, places, clock, waiting, balking):
        self.places, self.clock, self.waiting = places, clock, list(waiting)
        self.balking = balking
        self.spoke, self.refused, self.longest = [], 0, len(self.waiting)

    def speak_until(self, moment, *, last=False):
        """Let those who wait speak whose slot begins before a moment, or at it."""
        while self.waiting:
            begins = max(self.clock, self.waiting[0][1])
            if begins > moment or (last and begins >= moment):
                return
            member, asked = self.waiting.pop(0)
            self.spoke.append((member, begins - asked))
            self.clock = begins + self.slot

    def ask(self, member, moment, patience):
        self.speak_until(moment)
        if not self.waiting and moment >= self.clock:
            self.spoke.append((member, 0.0))
            self.clock = moment + self.slot
        elif patience < self.balking * len(self.waiting) / self.places:
            return
        elif len(self.waiting) < self.places:
            self.waiting.append((member, moment))
            self.longest = max(self.longest, len(self.waiting))
        else:
            self.refused += 1


@few
@given(
    seeds, st.integers(0, 120), st.integers(1, 12), st.floats(20, 600), st.floats(0, 4000),
    st.sampled_from([0.0, 0.5, 1.0]),
)  # fmt: skip
def test_the_floor_is_held_as_a_queue_told_moment_by_moment(seed, n, places, slot, clock, balking):
    rng = np.random.default_rng(seed)
    patience = rng.random(n)
    asks = np.sort(rng.uniform(0, 3600, n))
    who = rng.integers(0, 99, n).astype(np.int32)
    n_before = int(rng.integers(0, places + 1))
    member, asked = np.zeros(places, np.int32), np.zeros(places)
    member[:n_before] = rng.integers(0, 99, n_before)
    asked[:n_before] = np.sort(rng.uniform(-500, 0, n_before))

    waiting = zip(member[:n_before].tolist(), asked[:n_before], strict=True)
    floor = Floor(places, clock, waiting, balking)
    floor.slot = slot
    for asking in zip(who.tolist(), asks.tolist(), patience.tolist(), strict=True):
        floor.ask(*asking)
    floor.speak_until(3600.0, last=True)

    queue, out = Queue(member, asked, np.array([clock])), columns(Speeches, int(3600 / slot) + 2)
    p = ChannelParameters(slot_seconds=slot, queue_places=places, balking=balking)
    n_spoke, n_refused, n_left, longest = channel.serve(
        3600.0, Requests(who, asks, patience), queue, n_before, p, out
    )
    told = list(zip(*(column[:n_spoke].tolist() for column in out), strict=True))
    assert told == [(person, float(waited)) for person, waited in floor.spoke]
    assert (n_refused, longest) == (floor.refused, floor.longest)
    left = zip(member[:n_left].tolist(), asked[:n_left].tolist(), strict=True)
    assert list(left) == [(person, float(moment)) for person, moment in floor.waiting]
    assert queue.clock[0] == floor.clock


@few
@given(seeds, st.integers(0, 60))
def test_those_who_went_offline_leave_the_queue_and_the_others_keep_their_order(seed, n):
    rng = np.random.default_rng(seed)
    online = rng.random(50) < 0.5
    member, asked = rng.integers(0, 50, n).astype(np.int32), np.sort(rng.uniform(0, 9, n))
    stay = [(m, a) for m, a in zip(member.tolist(), asked.tolist(), strict=True) if online[m]]
    kept = channel.drop_absent(online, Queue(member, asked, np.zeros(1)), n)
    assert list(zip(member[:kept].tolist(), asked[:kept].tolist(), strict=True)) == stay


@few
@given(seeds, hours, speeches, shares, st.floats(0, 20), st.integers(0, 60), st.integers(1, 30))
def test_every_speaker_nominates_and_moves_by_its_own_numbers(
    seed, hour, p, answer, days, n_speakers, n_stores
):
    rng, numbers = some_rows(seed, n_stores)
    key = key_of(seed)
    support, visibility, listed = numbers(0, 50), numbers(0.1, 5), rng.random(n_stores) < 0.7
    utility, speaker = rng.normal(0, 2, 40), rng.integers(0, 40, n_speakers).astype(np.int32)
    shops = columns(Stores, n_stores, support=support.copy(), visibility=visibility, listed=listed)
    for by_list, called in ((False, support + visibility), (True, visibility)):
        able = sorted(np.flatnonzero(listed).tolist(), key=lambda k: (-called[k], k))
        for n in (1, 4):
            assert channel.most_called(shops, n, by_list).tolist() == able[:n]
    weights = channel.nomination_weights(shops, p.contagion)
    assert weights.tolist() == [
        (s + v) ** p.contagion if open_ else 0.0
        for s, v, open_ in zip(support.tolist(), visibility.tolist(), listed, strict=True)
    ]
    named, tally = support.copy(), np.zeros(len(Motion))
    for r in range(n_speakers):
        k = channel.pick(weights, uniform(key, Stream.NOMINATION, hour, r, 0))
        assert (k < 0) == (not listed.any())
        if k >= 0:
            assert listed[k]
            named[k] += 1.0
        u = uniform(key, Stream.MOTION, hour, r, 0)
        tally[channel.motion(u, utility[speaker[r]], answer, days, p)] += 1.0
    told = np.zeros(len(Motion))
    channel.hear(key, hour, speaker, utility, Standing(answer, days), shops, p, told)
    assert shops.support.tolist() == named.tolist()
    assert told.tolist() == tally.tolist()


@few
@given(seeds, shares, st.integers(1, 30))
def test_a_store_is_picked_in_proportion_to_its_weight(seed, u, n):
    weights = np.random.default_rng(seed).uniform(0, 3, n)
    k = channel.pick(weights, u * (1 - 1e-9))
    before = math.fsum(weights[:k])
    at = u * (1 - 1e-9) * math.fsum(weights)
    assert before - 1e-9 <= at <= before + weights[k] + 1e-9
    assert channel.pick(np.zeros(n), u) == -1


@few
@given(seeds, hours, shares, st.integers(1, 20))
def test_false_actions_are_found_one_by_one_by_their_own_numbers(seed, hour, share, n_stores):
    key, done = key_of(seed), np.random.default_rng(seed).poisson(4, n_stores).astype(float)
    expected = [
        sum(
            detection.is_found(uniform(key, Stream.DETECT_ORDER, hour, k, d), share)
            for d in range(int(n))
        )
        for k, n in enumerate(done)
    ]
    out = np.empty(n_stores)
    detection.find_false(key, int(Stream.DETECT_ORDER), hour, done, share, out)
    assert out.tolist() == expected
    assert (out <= done).all()


@few
@given(seeds, sizes, hours, shares, shares, shares)
def test_sellers_are_caught_one_by_one_by_their_own_numbers(seed, n, hour, checked, found, wrong):
    key, rng = key_of(seed), np.random.default_rng(seed)
    attacked, punished = rng.random(n) < 0.4, rng.random(n) < 0.2
    expected = []
    for i in range(n):
        w0, w1, _w2, _w3 = words(key, Stream.SELLER_CHECKED // 4, hour, i, 0)
        looked_at = unit(w0) < checked and not punished[i]
        expected.append(looked_at and detection.is_found(unit(w1), found if attacked[i] else wrong))
    out = np.zeros(n, np.bool_)
    detection.check_sellers(key, hour, checked, found, wrong, attacked, punished, out)
    assert out.tolist() == expected


@few
@given(seeds, sizes, hours, shares)
def test_members_are_lost_one_by_one_by_their_own_numbers(seed, n, hour, share):
    inside = np.flatnonzero(np.random.default_rng(seed).random(n) < 0.5).astype(np.int32)
    out = np.empty(inside.size, np.bool_)
    detection.lose_members(key_of(seed), hour, share, inside, out)
    assert out.tolist() == [
        uniform(key_of(seed), Stream.CHANNEL_LOST, hour, i, 0) < share for i in inside.tolist()
    ]


@few
@given(seeds, sizes, shares, shares, shares, shares)
def test_a_call_moves_those_whose_turn_it_is_and_each_once(seed, n, a, b, gain, backfires):
    key, (_rng, numbers) = key_of(seed), some_rows(seed, n)
    view = numbers(0, 1, np.float32)
    before, after = min(a, b), max(a, b)
    expected = []
    for i, seen in enumerate(view):
        _w0, w1, w2, _w3 = words(key, Stream.SELLER_SENIORITY // 4, AT_CREATION, i, 0)
        if before <= unit(w1) < after:
            seen = np.float32(persuasion.after_a_call(seen, gain, unit(w2) < backfires))
        expected.append(float(seen))
    persuasion.call(key, before, after, gain, backfires, view)
    assert view.tolist() == expected


tastes = parameters(
    ShoppingParameters,
    buy_mall=st.floats(0.001, 0.6),
    buy_rivals=st.floats(0, 0.3),
    nest=st.floats(0.01, 1),
    taste_rating=st.floats(0, 10),
    taste_cod=st.floats(0, 20),
    taste_ads=st.floats(0, 10),
)


@few
@given(seeds, tastes, st.integers(1, 60), st.booleans())
def test_the_odds_of_an_hour_are_those_of_the_nested_logit(seed, p, n, calm):
    rng, numbers = some_rows(seed, n)
    fall, listed, cod, ads = numbers(0, 2), *(rng.random((3, n)) < 0.8)
    if calm:
        fall[:], listed[:], cod[:], ads[:] = 0.0, True, True, True
    category = np.sort(rng.integers(0, N_CATEGORIES, n))
    first = np.searchsorted(category, np.arange(N_CATEGORIES + 1))
    pull, small = rng.uniform(0.1, 2, n), rng.uniform(0, 1, N_CATEGORIES)
    small[np.bincount(category, minlength=N_CATEGORIES) == 0] = 1.0
    total = np.bincount(category, weights=pull, minlength=N_CATEGORIES)
    share = np.concatenate([(1 - small)[category] * pull / total[category], small])
    odds = Odds(
        ratio=np.empty((2, n)),
        keep=np.empty((2, n + N_CATEGORIES)),
        excess=np.empty((2, n + N_CATEGORIES)),
        now=np.empty((2, n + N_CATEGORIES)),
        inclusive=np.empty((2, N_CATEGORIES)),
        denominator=np.empty((2, N_CATEGORIES)),
    )
    disturbed = shopping.weigh(fall, listed, cod, ads, p, odds.ratio)
    for seg in range(2):
        assert odds.ratio[seg].tolist() == [
            math.exp(shopping.store_utility(fall[k], not cod[k], seg == 1, ads[k], p))
            if listed[k] else 0.0
            for k in range(n)
        ]  # fmt: skip
    assert disturbed == bool((odds.ratio != 1.0).any())
    assert not (calm and disturbed)

    shopping.prepare(share, first, p, odds)
    for seg in range(2):
        for c in range(N_CATEGORIES):
            rows = [*range(first[c], first[c + 1]), n + c]
            weight = np.array([share[k] * (odds.ratio[seg, k] if k < n else 1.0) for k in rows])
            mall = p.buy_mall * weight.sum() ** p.nest if weight.sum() > 0 else 0.0
            p_now = mall / (mall + 1 - p.buy_mall) * weight / max(weight.sum(), 1e-300)
            gained = np.diff(odds.excess[seg, rows], prepend=0.0)
            got = p.buy_mall * share[rows] * odds.keep[seg, rows] + gained
            assert np.allclose(got, p_now, rtol=1e-9, atol=1e-12)
            assert ((odds.keep[seg, rows] >= 0) & (odds.keep[seg, rows] <= 1)).all()
            # kept or gained, never both: who did not lose weight loses nobody to another
            assert (np.minimum(1 - odds.keep[seg, rows], gained) < 1e-9).all()


@few
@given(shares, shares, st.integers(1, 500))
def test_a_visitor_is_drawn_from_its_class_and_a_class_by_its_rate(u_class, u_row, n):
    rate = np.linspace(0.2, 3, N_CLASSES)
    rows = (n - np.arange(N_CLASSES) + N_CLASSES - 1) // N_CLASSES
    sums = np.cumsum(rate * np.maximum(rows, 0))
    u_class, u_row = u_class * (1 - 2**-33), u_row * (1 - 2**-33)
    j = visits.visitor(u_class, u_row, n, sums)
    assert 0 <= j < n
    cl = j % N_CLASSES
    assert cl == np.searchsorted(sums, u_class * sums[-1], side="right")
    assert j // N_CLASSES == int(u_row * rows[cl])


@few
@given(seeds, st.integers(1, 40))
def test_the_share_of_stores_hit_is_that_of_all_and_of_each_category(seed, n):
    rng = np.random.default_rng(seed)
    category, hit = np.sort(rng.integers(0, N_CATEGORIES, n)), rng.random(n) < 0.4
    day = StoreDay(*np.zeros((4, n)), np.zeros(n, np.bool_), hit, category.astype(np.int32))
    by_category = np.full(N_CATEGORIES, 9.0)
    assert stores.share_hit(day, by_category) == hit.sum() / n
    assert by_category.tolist() == [
        hit[category == c].sum() / (category == c).sum() if (category == c).any() else 0.0
        for c in range(N_CATEGORIES)
    ]


def some_stores(seed, n):
    """Return stores in every state, and a generator of further numbers."""
    rng, numbers = some_rows(seed, n)
    marks = {
        name: rng.random(n) < 0.6 for name in ("listed", "cod_on", "ever_delisted", "ever_cod_off")
    }
    return columns(
        Stores, n, **marks, category=np.sort(rng.integers(0, N_CATEGORIES, n)),
        price=numbers(1, 900), margin=numbers(0, 1), click_cost=numbers(0.1, 9),
        orders_an_hour=numbers(0, 50), stock=numbers(0, 2), stock_twin=numbers(0, 2),
        n_bad=numbers(0, 9), actions_today=numbers(0, 90), ad_budget=numbers(0, 100),
        ad_left=numbers(0, 3), ad_left_twin=numbers(0, 3),
    ), rng  # fmt: skip


@few
@given(seeds, st.integers(1, 40), st.floats(0, 2))
def test_every_store_absorbs_its_own_hour(seed, n, shape):
    stock, rng = some_stores(seed, n)
    before = Stores(*(column.copy() for column in stock))
    p = StoreParameters(hit_actions=100)
    done, back = rng.poisson(3, (n, len(Tactic))).astype(float), rng.poisson(1, n).astype(float)
    attempts, blank = done.sum(axis=1) + rng.poisson(1, n), np.zeros(n)
    hour = StoreHour(done, attempts, back, blank, blank, blank > 0, blank > 0)
    day = blank_day(n)
    total = stores.absorb(hour, shape, stock, p, day)
    assert total.tolist() == done.sum(axis=0).tolist()
    assert stock.n_bad.tolist() == (before.n_bad + done[:, Tactic.BAD_REVIEW]).tolist()
    assert stock.actions_today.tolist() == (before.actions_today + done.sum(axis=1)).tolist()
    assert stock.stock.tolist() == (before.stock + back).tolist()
    orders = done[:, Tactic.PURCHASE] + done[:, Tactic.REFUSAL]
    assert day.false_orders.tolist() == orders.tolist()
    assert day.refusals.tolist() == done[:, Tactic.REFUSAL].tolist()
    assert day.attempts.tolist() == attempts.tolist()
    assert day.normal.tolist() == (stock.orders_an_hour * shape).tolist()
    assert day.sold_out.tolist() == ((stock.stock < 1) & (stock.stock_twin >= 1)).tolist()
    assert day.hit_today.tolist() == (stock.actions_today >= 100).tolist()
    assert day.category.tolist() == stock.category.tolist()


@few
@given(seeds, st.integers(1, 40), st.floats(0, 2))
def test_an_hour_is_closed_with_each_stores_advertising_and_doors(seed, n, shape):
    stock, _rng = some_stores(seed, n)
    p, ever = StoreParameters(), stock.ever_delisted.copy()
    left, left_twin = stock.ad_left.copy(), stock.ad_left_twin.copy()
    hour = StoreHour(np.zeros((n, 4)), *np.zeros((4, n)), *np.zeros((2, n), bool))
    stores.close_the_hour(hour, shape, stock, p)
    due = p.ad_use * stock.ad_budget * shape / 24.0
    spent = np.where(stock.listed, np.minimum(due, left), 0.0)
    assert hour.ad_honest.tolist() == spent.tolist()
    assert hour.ad_honest_twin.tolist() == np.minimum(due, left_twin).tolist()
    assert stock.ad_left.tolist() == (left - spent).tolist()
    assert hour.delisted.tolist() == (~stock.listed).tolist()
    assert hour.cod_off.tolist() == (~stock.cod_on).tolist()
    assert stock.ever_delisted.tolist() == (ever | ~stock.listed).tolist()


@few
@given(seeds, st.integers(1, 40), st.floats(0, 2))
def test_losses_and_claims_are_each_stores_own(seed, n, shape):
    stock, rng = some_stores(seed, n)
    p, done = StoreParameters(), rng.poisson(2, (n, len(Tactic))).astype(float)
    books = Books(done, *rng.uniform(0, 9, (4, n)))
    loss = np.zeros((n, len(Cause)))
    loss[:, Cause.HANDLING] = saved = -rng.uniform(0, 5, n)
    total = losses.add_losses(books, stock, p, loss)
    assert total == pytest.approx(loss.sum())
    refunded, claims = rng.uniform(0, 9, n), np.empty(n)
    losses.add_claims(books, refunded, shape, stock, p, claims)
    for k in range(n):
        lost = (books.orders_twin[k] - books.orders[k]) * stock.price[k] * stock.margin[k]
        shut = losses.is_shut(stock.listed[k], stock.cod_on[k], stock.stock[k])
        freight = losses.handling(done[k, Tactic.PURCHASE], done[k, Tactic.REFUSAL], p)
        clicks = done[k, Tactic.CLICK] * stock.click_cost[k]
        assert loss[k, Cause.CLOSED] == (lost if shut else 0.0)
        assert loss[k, Cause.RATING] == (0.0 if shut else lost)
        assert loss[k, Cause.HANDLING] == saved[k] + freight
        assert loss[k, Cause.ADS] == clicks - (books.ad_honest_twin[k] - books.ad_honest[k])
        door = stock.orders_an_hour[k] * shape * stock.price[k] * stock.margin[k]
        door *= bool(shut and (stock.ever_delisted[k] or stock.ever_cod_off[k]))
        assert claims[k] == losses.claim(freight, clicks, refunded[k], door)


@few
@given(seeds, st.integers(0, 30), st.integers(0, 20), st.integers(0, 3))
def test_an_hours_trade_comes_to_what_its_rows_add_up_to(seed, n_stores, n_sellers, n_rivals):
    rng, c = np.random.default_rng(seed), 3
    rows = {name: rng.uniform(0, 9, n_stores + c) for name in ("orders", "orders_twin")}
    trade = Trade(
        np.zeros(0, np.float32), np.zeros(0, np.uint8), np.zeros(0, bool),
        rng.normal(0, 2, n_sellers), rows["orders"], rows["orders_twin"],
        *rng.uniform(0, 9, (2, n_rivals, c)), np.zeros(9),
    )  # fmt: skip
    price, margin = rng.uniform(1, 900, n_stores + c), rng.uniform(0, 1, n_sellers)
    odds = Odds(*(rng.uniform(0.5, 2, (2, c)) for _ in range(6)))
    share = rng.uniform(0, 1, (2, c))
    sums = visits.add_up(trade, price, n_stores, margin, odds, share)
    lost = ((trade.orders_twin - trade.orders) * price)[n_stores:]
    expected = (
        trade.orders.sum(), trade.orders[:n_stores].sum(), (trade.orders * price).sum(),
        (trade.orders_twin * price).sum(), lost.sum(), trade.rivals.sum(), trade.rivals_twin.sum(),
        (trade.seller_gain * margin).sum(), -(share * np.log(odds.denominator)).sum(),
    )  # fmt: skip
    assert sums == pytest.approx(expected, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("favourites", [0.0, 0.3])
def test_no_store_loses_a_sale_by_what_happens_to_another(favourites):
    """Closed doors and bad ratings send their buyers on; whoever is untouched only gains."""
    siege = begun(2, "calm", hours=48, shopping__favourite_share=favourites,
                  shopping__stores_share=0.8, stores__stock_days=365.0)  # fmt: skip
    for k in range(0, 60, 7):
        siege.stores[k].close()
    for k in range(3, 60, 7):
        siege.stores[k].n_bad = 1e6
    record = siege.run().record
    untouched = [k for k in range(60) if k % 7 not in (0, 3)] + list(range(60, 80))
    change = record.orders - record.orders_twin
    assert change[:, untouched].min() == 0
    assert change[:, untouched].sum() > 0
    assert change[:, ::7].sum() < change[:, 3:60:7].sum() < 0


def loops_of_rules():
    """Return the kernels that go through rows in a loop, by name."""
    for path in sorted((ROOT / "sim" / "rules").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if (
                isinstance(node, ast.FunctionDef)
                and any(getattr(d, "id", "") == "kernel" for d in node.decorator_list)
                and any(isinstance(n, ast.For) for n in ast.walk(node))
            ):
                yield node.name


# The tale of a visit goes through both worlds at once; its contract is the second
# implementation, and its parts are above.
TOLD_ELSEWHERE = {"visit"}


def test_every_loop_of_the_rules_is_held_to_its_scalar_rule():
    tests = "".join(p.read_text() for p in (ROOT / "tests" / "contract").glob("*.py"))
    called = {
        getattr(n.func, "attr", getattr(n.func, "id", ""))
        for n in ast.walk(ast.parse(tests))
        if isinstance(n, ast.Call)
    }
    loops = set(loops_of_rules())
    assert len(loops) > 15
    assert loops - called == TOLD_ELSEWHERE
