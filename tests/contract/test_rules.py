"""A rule is written once: the compiled loop does for every row what the scalar rule says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.chance import key_of, unit, words
from sim.rules import attack, beliefs, mobilisation, poaching, stores
from sim.units import N_CATEGORIES, Phase, Role, Stance

KEY = key_of(11)
SHARE = st.floats(0, 1)


@st.composite
def crowds(draw):
    """Draw a crowd of 300 with its climate and parameters."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = 300
    climate = mobilisation.Climate(*(draw(SHARE) for _ in range(4)), 1.0, 2.0, 3.0, draw(SHARE))
    p = mobilisation.MobilisationParameters(
        noise=draw(st.sampled_from([0.0, 0.2, 1.0])),
        join_rate=draw(SHARE),
        quit_rate=draw(SHARE),
        tie_joins=draw(st.booleans()),
    )
    return {
        "role": rng.integers(0, 4, n).astype(np.uint8),
        "hardship": rng.random(n).astype(np.float32),
        "legitimacy": rng.random(n).astype(np.float32),
        "curiosity": rng.random(n).astype(np.float32),
        "risk": rng.random(n).astype(np.float32),
        "threshold": rng.normal(0.5, 0.5, n).astype(np.float32),
        "inside": rng.integers(0, 5, n).astype(np.int32),
        "degree": rng.integers(5, 9, n).astype(np.int32),
        "stance": rng.integers(0, 5, n).astype(np.uint8),
        "climate": climate,
        "p": p,
        "complete": draw(st.booleans()),
    }


@settings(max_examples=25)
@given(crowds())
def test_people_move_as_the_rule_says_for_each_of_them(c):
    n = c["role"].size
    before = c["stance"].copy()
    stance, online = before.copy(), np.zeros(n, np.bool_)
    wish, hours_in = np.zeros(n), np.zeros(n, np.int16)
    crossed, inside = np.empty(n, np.int32), np.empty(n, np.int32)
    census = np.zeros((2, 4), np.int64)
    n_in = int(((before != Stance.OUTSIDE) & (before != Stance.QUIT)).sum())
    n_crossed, n_inside = mobilisation.move_people(
        KEY, 7, c["role"], c["hardship"], c["legitimacy"], c["curiosity"], c["risk"],
        c["threshold"], c["inside"], c["degree"], c["complete"], n_in, c["climate"], c["p"],
        stance, online, wish, hours_in, crossed, inside, census,
    )  # fmt: skip
    moved = []
    for i in range(n):
        seller = c["role"][i] == Role.SELLER
        social = mobilisation.social_pull(c["inside"][i], c["degree"][i], n_in, n, c["complete"])
        seen = float(c["legitimacy"][i]) if seller else c["climate"].legitimacy_public
        own = [float(c[name][i]) for name in ("hardship", "curiosity", "risk", "threshold")]
        u = mobilisation.utility(own[0], seen, social, *own[1:], c["climate"], c["p"])
        w0, w1, _w2, _w3 = words(KEY, 0, 7, i, 0)
        was_in = mobilisation.is_in(before[i])
        if was_in:
            factor = 2.0 if seller else 3.0
            is_in = not mobilisation.quits(unit(w0), u, factor, c["p"])
        else:
            back = c["p"].return_factor if before[i] == Stance.QUIT else 1.0
            is_in = mobilisation.joins(unit(w0), u, back, c["p"])
        assert mobilisation.is_in(stance[i]) == is_in
        assert online[i] == (is_in and unit(w1) < c["climate"].presence)
        if is_in:
            assert wish[i] == u
        if is_in != was_in:
            moved.append(i)
    assert crossed[:n_crossed].tolist() == moved
    assert inside[:n_inside].tolist() == [i for i in range(n) if mobilisation.is_in(stance[i])]
    assert census[1].sum() == online.sum()


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3]), st.booleans())
def test_attackers_act_as_the_rule_says_for_each_of_them(seed, noise, called):
    rng = np.random.default_rng(seed)
    n, p = 300, attack.AttackParameters()
    role, online = rng.integers(0, 4, n).astype(np.uint8), rng.random(n) < 0.6
    wish, inside = rng.normal(0, 0.5, n), np.flatnonzero(rng.random(n) < 0.8).astype(np.int32)
    stance, ever = np.ones(n, np.uint8), rng.random(n) < 0.3
    before, acted = ever.copy(), np.zeros(n, np.bool_)
    acting = np.empty(n, np.int32)
    rate = 1.5 if called else 0.0
    n_acting, n_new = attack.choose_to_act(
        KEY, 9, inside, role, online, wish, rate, noise, True, p, stance, ever, acted, acting
    )
    expected = [
        i
        for i in inside.tolist()
        if called
        and online[i]
        and attack.attacks(role[i])
        and attack.acts(unit(words(KEY, 0, 9, i, 0)[2]), wish[i], noise, True, p)
    ]
    assert acting[:n_acting].tolist() == expected
    assert n_new == acted.sum()
    for i in inside.tolist():
        paused = Stance.PAUSED if before[i] else Stance.MEMBER
        assert stance[i] == (Stance.ATTACKING if i in expected else paused)


@settings(max_examples=25)
@given(st.integers(0, 2**32), SHARE)
def test_stores_close_and_reopen_as_the_rule_says_for_each_of_them(seed, protection):
    rng = np.random.default_rng(seed)
    n, p = 60, stores.StoreParameters()
    day = stores.StoreDay(
        false_orders=rng.poisson(30, n).astype(float),
        refusals=rng.poisson(3, n).astype(float),
        attempts=rng.poisson(0.7, n).astype(float),
        normal=rng.random(n) * 10,
        sold_out=rng.random(n) < 0.1,
        hit_today=rng.random(n) < 0.2,
        category=np.sort(rng.integers(0, N_CATEGORIES, n)).astype(np.int32),
    )
    listed, cod_on, shut = rng.random(n) < 0.7, rng.random(n) < 0.7, rng.random(n) < 0.1
    quiet, quiet_cod = rng.integers(0, 40, (2, n)).astype(float)
    was, cod_was, calm, cod_calm = listed.copy(), cod_on.copy(), quiet.copy(), quiet_cod.copy()
    never = np.zeros((2, n), np.bool_)
    stores.open_and_close(
        KEY, 5, day, protection, p, shut, listed, cod_on, quiet, quiet_cod, never[0], never[1]
    )
    by_category = np.empty(N_CATEGORIES)
    hit = stores.share_hit(day, by_category)
    assert hit == pytest.approx(day.hit_today.mean())
    for k in range(n):
        w = [unit(x) for x in words(KEY, 6, 5, k, 0)]
        now = 0.0 if day.attempts[k] > 0 else calm[k] + 1
        now_cod = 0.0 if day.refusals[k] > 0 else cod_calm[k] + 1
        close = stores.delisting_terms(k, day, hit, by_category, p)
        again = stores.relisting_hazard(now, protection, p)
        open_ = (w[0] >= 1 - np.exp(-close)) if was[k] else (w[1] < 1 - np.exp(-again))
        if shut[k] and not was[k]:
            open_ = False
        assert listed[k] == open_
        off = stores.suspending_hazard(day.refusals[k], day.normal[k], p)
        on = stores.relisting_hazard(now_cod, protection, p)
        assert cod_on[k] == ((w[2] >= 1 - np.exp(-off)) if cod_was[k] else w[3] < 1 - np.exp(-on))
        assert never[0][k] == (was[k] and not listed[k])


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.booleans())
def test_views_mix_and_move_as_the_rule_says_for_each_seller(seed, complete):
    rng = np.random.default_rng(seed)
    n, p = 50, beliefs.BeliefParameters()
    joined = rng.random((n, n)) < 0.05
    joined |= joined.T
    np.fill_diagonal(joined, False)
    offsets = np.concatenate([[0], np.cumsum(joined.sum(axis=1))]).astype(np.int64)
    neighbours = np.nonzero(joined)[1].astype(np.int32)
    before = rng.random(n).astype(np.float32)
    events = beliefs.Events(*rng.random(4))
    out = np.empty_like(before)
    beliefs.move_views(before, offsets, neighbours, complete, events, p, out)
    for i in range(n):
        view, near = float(before[i]), before[neighbours[offsets[i] : offsets[i + 1]]]
        if complete:
            view = beliefs.mixed_view(view, sum(float(v) for v in before) / n, p)
        elif near.size:
            view = beliefs.mixed_view(view, sum(float(v) for v in near) / near.size, p)
        assert out[i] == np.float32(beliefs.next_legitimacy(view, 0.0, events, p))


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_sellers_are_courted_as_the_rule_says_for_each_of_them(seed):
    rng = np.random.default_rng(seed)
    n, p = 200, poaching.PoachingParameters(move_rate_per_day=0.5)
    margin, turnover = rng.random(n) * 0.3, rng.random(n) * 2e6
    hardship, legitimacy = rng.random((2, n)).astype(np.float32)
    loss = rng.normal(0, 3000, n)
    offers = poaching.Courtship(
        fee=np.array([6000.0, 8000.0]),
        attraction=np.array([1.0, 2.0]),
        effort=np.array([1.0, 0.5]),
        promised=np.array([True, False]),
    )
    rival = np.where(rng.random(n) < 0.2, 0, -1).astype(np.int8)
    before = rival.copy()
    poaching.court(KEY, 12, margin, turnover, hardship, legitimacy, loss, offers, p, rival)
    for i in range(n):
        if before[i] >= 0:
            assert rival[i] == before[i]
            continue
        w0, w1, _w2, _w3 = words(KEY, 12, 12, i, 0)
        r = poaching.courted_by(unit(w1), offers.attraction)
        profit = poaching.rival_profit(margin[i], turnover[i], offers.fee[r], offers.promised[r], p)
        wronged = float(hardship[i]) * (1.0 - float(legitimacy[i]))
        chance = poaching.move_chance(profit, wronged, loss[i], offers.effort[r], p)
        assert rival[i] == (r if unit(w0) < chance else -1)


def test_the_phase_changes_who_joins_and_who_leaves():
    p = mobilisation.MobilisationParameters()
    assert mobilisation.phase_factors(Phase.TRUCE, p)[0] < 0.1
    assert mobilisation.phase_factors(Phase.GATHER, p)[1] < 1
    assert mobilisation.phase_factors(Phase.ATTACK, p) == (1.0, 1.0, 1.0)
