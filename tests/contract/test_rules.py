"""Every compiled loop equals its scalar rule applied row by row, and what the diary tells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.chance import AT_CREATION, AT_RENEWAL, Stream, key_of, poisson, uniform, unit, words
from sim.core.state import Crowd, Stores, Ties
from sim.core.units import CALLED, N_CATEGORIES, Motion, Phase, Role, Stance, Tactic
from sim.rules import attack, beliefs, crossing, mobilisation, poaching, stores
from sim.rules.attack import Aim, AttackParameters, Drawn, Occasion
from sim.rules.beliefs import BeliefParameters, Events
from sim.rules.crossing import Moves
from sim.rules.mobilisation import Climate, MobilisationParameters
from sim.rules.poaching import Choice, Courtship, PoachingParameters, Prospects
from sim.rules.stores import StoreDay, StoreParameters
from sim.setup import graph
from tests.columns import columns
from tests.small_worlds import begun

seeds = st.integers(0, 2**64 - 1)
sizes = st.sampled_from([0, 1, 2, 7, 255, 256, 257, 300])
hours = st.integers(0, 9_999)
shares = st.floats(0, 1)
few = settings(max_examples=40)


def some_rows(seed, n):
    """Return a generator that is not the engine's, and one of numbers with ties in them."""
    rng = np.random.default_rng(seed)

    def numbers(low, high, kind=np.float64):
        drawn = rng.uniform(low, high, n)
        edge = rng.choice([low, high, (low + high) / 2], n)
        return np.where(rng.random(n) < 0.2, edge, drawn).astype(kind)

    return rng, numbers


def parameters(kind, **drawn):
    """Draw some parameters of a rule, the others as they are by default."""
    return st.fixed_dictionaries(drawn).map(lambda given: kind(**given))


mobilisations = parameters(
    MobilisationParameters,
    weight_grievance=st.floats(0, 10),
    weight_social=st.floats(0, 10),
    weight_attention=st.floats(0, 10),
    weight_risk=st.floats(0, 10),
    risk_threshold=st.floats(0, 0.99),
    weight_call=st.floats(0, 10),
    staying_shape=st.sampled_from([0.0, 0.8]),
    noise=st.sampled_from([0.0, 0.05, 0.23, 5.0]),
    join_rate=shares,
    quit_rate=shares,
    return_factor=shares,
    substeps=st.sampled_from([1, 4]),
    tie_joins=st.booleans(),
)
climates = st.builds(
    Climate, shares, shares, shares, shares, shares, st.floats(0, 40), st.floats(0, 40), shares,
    shares, st.sampled_from([1.0, 8.0, 100.0]),
)  # fmt: skip


@few
@given(seeds, sizes, hours, mobilisations, climates, st.booleans())
def test_people_move_exactly_as_each_ones_own_rule_says(seed, n, hour, p, climate, complete):
    rng, numbers = some_rows(seed, n)
    key = key_of(seed)
    g = graph.from_edges(n, rng.integers(0, max(n, 1), 3 * n), rng.integers(0, max(n, 1), 3 * n))
    ties = Ties(
        g.offsets, g.neighbours, np.zeros_like(g.degree) if complete else g.degree, complete
    )
    legitimacy = numbers(0, 1, np.float32)
    stance = rng.integers(0, len(Stance), n).astype(np.uint8)
    inside_at_first = [bool(mobilisation.is_in(code)) for code in stance]
    crowd = columns(
        Crowd, n, role=rng.integers(0, len(Role), n), hardship=numbers(0, 1),
        curiosity=numbers(0, 1), risk=numbers(0, 1), threshold=numbers(-1, 2), stance=stance.copy(),
        online=(rng.random(n) < 0.5) & np.array(inside_at_first, np.bool_), utility=np.full(n, -99.0),
        neighbours_in=[sum(inside_at_first[j] for j in near(g, i)) for i in range(n)],
        restlessness=numbers(0, 3),
    )  # fmt: skip
    climate = climate._replace(n_in=sum(inside_at_first))

    stances, told, n_in = stance.tolist(), crowd.neighbours_in.tolist(), climate.n_in
    utility, online = crowd.utility.tolist(), crowd.online.tolist()
    for part in range(p.substeps):
        crossed, must = [], []
        for i in range(n):
            w0, w1, _w2, _w3 = words(key, 0, hour, i, part)
            seller = crowd.role[i] == Role.SELLER
            u = mobilisation.utility(
                float(crowd.hardship[i]),
                float(legitimacy[i]) if seller else climate.legitimacy_public,
                mobilisation.social_pull(told[i], ties.degree[i], n_in, n, complete),
                float(crowd.curiosity[i]), float(crowd.risk[i]), float(crowd.threshold[i]), climate,
                p,
            )  # fmt: skip
            was_in = mobilisation.is_in(stances[i])
            if was_in:
                own = float(crowd.restlessness[i])
                factor = mobilisation.quitting_factor(seller, own, climate)
                now_in = not mobilisation.quits(unit(w0), u, factor, p)
                stances[i] = stances[i] if now_in else int(Stance.QUIT)
            else:
                factor = mobilisation.joining_factor(stances[i], crowd.role[i], climate, p)
                now_in = mobilisation.joins(unit(w0), u, factor, p)
                stances[i] = int(Stance.MEMBER) if now_in else stances[i]
            online[i] = bool(now_in and unit(w1) < climate.presence)
            if was_in or now_in:
                utility[i] = u
                must.append(i)
            if was_in != now_in:
                crossed.append((i, 1 if now_in else -1))
        inside = [i for i in range(n) if mobilisation.is_in(stances[i])]
        n_in = len(inside)
        for i, step in crossed if not complete else ():
            for j in near(g, i):
                told[j] += step

    moves = Moves(
        np.empty(n, np.int32), np.empty(n, np.int32), np.full((2, len(Role)), 7, np.int64)
    )
    n_inside = crossing.move_people(key, hour, crowd, legitimacy, ties, climate, p, moves)
    assert crowd.stance.tolist() == stances
    assert crowd.online.tolist() == online
    assert crowd.hours_in.tolist() == [int(i in inside) for i in range(n)]
    assert crowd.utility[must].tolist() == [utility[i] for i in must]
    assert crowd.neighbours_in.tolist() == told
    assert moves.inside[:n_inside].tolist() == inside
    for r in Role:
        assert moves.census[0, r] == sum(crowd.role[i] == r for i in inside)
        assert moves.census[1, r] == sum(crowd.role[i] == r and online[i] for i in inside)


def near(g, i):
    return g.neighbours[g.offsets[i] : g.offsets[i + 1]].tolist()


@few
@given(seeds, st.integers(2, 80))
def test_counts_of_neighbours_inside_follow_those_who_cross(seed, n):
    rng, _numbers = some_rows(seed, n)
    g = graph.from_edges(n, rng.integers(0, n, 3 * n), rng.integers(0, n, 3 * n))
    before, after = rng.random(n) < 0.5, rng.random(n) < 0.5

    def inside_near(inside):
        return [int(inside[g.neighbours[g.offsets[i] : g.offsets[i + 1]]].sum()) for i in range(n)]

    counts = np.array(inside_near(before), np.int32)
    stance = np.where(after, Stance.MEMBER, Stance.QUIT).astype(np.uint8)
    changed = np.flatnonzero(before != after).astype(np.int32)
    crossing.tell_neighbours(changed, g.ties, stance, counts)
    assert counts.tolist() == inside_near(after)


attacks = parameters(
    AttackParameters,
    eagerness=st.floats(-5, 5),
    discipline=shares,
    purchase_rate=st.floats(0, 3),
    review_rate=st.floats(0, 3),
    refusal_rate=st.floats(0, 3),
    click_rate=st.floats(0, 3),
    escalation=st.floats(0, 3),
    escalation_refusals=st.floats(0, 3),
)


@few
@given(
    seeds, sizes, hours, attacks, st.builds(Occasion, st.floats(0, 3), shares),
    st.sampled_from([0.0, 0.23]), st.booleans(),
)  # fmt: skip
def test_those_who_act_are_those_whose_own_rule_says_so(seed, n, hour, p, occasion, noise, tie):
    rng, numbers = some_rows(seed, n)
    key = key_of(seed)
    inside = np.flatnonzero(rng.random(n) < 0.7).astype(np.int32)
    m = MobilisationParameters(noise=noise, tie_joins=tie)
    crowd = columns(
        Crowd, n, role=rng.integers(0, len(Role), n), online=rng.random(n) < 0.7,
        utility=numbers(-2, 2), stance=rng.integers(0, len(Stance), n),
        ever_attacked=rng.random(n) < 0.3, ever_acted=rng.random(n) < 0.3,
    )  # fmt: skip

    stances, first_time, who = crowd.stance.tolist(), 0, []
    for i in inside.tolist():
        stances[i] = int(Stance.PAUSED if crowd.ever_attacked[i] else Stance.MEMBER)
        may = occasion.rate > 0 and crowd.online[i] and attack.attacks(crowd.role[i])
        _w0, _w1, w2, w3 = words(key, 0, hour, i, 0)
        if may and attack.acts(unit(w2), crowd.utility[i], occasion, noise, tie, p):
            stances[i] = int(Stance.ATTACKING)
            who.append(i)
            first_time += not crowd.ever_acted[i] and unit(w3) < 1 - np.exp(-occasion.rate)

    acting = np.empty(n, np.int32)
    n_acting, n_new = attack.choose_to_act(key, hour, inside, crowd, occasion, m, p, acting)
    assert acting[:n_acting].tolist() == who
    assert crowd.stance.tolist() == stances
    assert n_new == first_time
    assert crowd.ever_attacked[who].all()


@few
@given(
    seeds,
    hours,
    attacks,
    st.booleans(),
    st.floats(0.5, 40),
    st.integers(1, 30),
    st.floats(0, 1),
    st.sampled_from([0, 1, 2, 7]),
)
def test_actions_are_drawn_person_by_person_and_tactic_by_tactic(
    seed, hour, p, escalated, weight, n_stores, throttle, n_called
):
    rng, _numbers = some_rows(seed, 10)
    key = key_of(seed)
    rows = np.flatnonzero(rng.random(40) < 0.3).astype(np.int32)
    targets = rng.integers(0, n_stores, n_called).astype(np.int32)
    weights = rng.random(n_stores)
    cumulative = np.cumsum(weights)

    expected, follow, stopped = [], 0, 0
    for i in rows.tolist():
        d, group = 0, int(uniform(key, Stream.GROUP, AT_CREATION, i, 0) * n_called)
        for t in Tactic:
            rate = attack.rate_of(int(t), escalated, p)
            for _ in range(poisson(key, Stream.N_PURCHASES + t, hour, i, rate * weight)):
                target, lottery, call, limit = words(key, 2, hour, i, d)
                d += 1
                if t in (Tactic.PURCHASE, Tactic.REFUSAL) and unit(limit) < throttle:
                    stopped += 1
                    continue
                if n_called and unit(call) < p.discipline:
                    k = int(targets[group])
                    follow += 1
                else:
                    at = unit(target) * cumulative[-1]
                    k = next(s for s in range(n_stores) if cumulative[s] > at or s == n_stores - 1)
                expected.append((i, k, int(t), int(lottery)))

    size = len(expected) + 5
    drawn = columns(Drawn, size)
    aim = Aim(escalated, weight, targets, cumulative, throttle)
    n, n_follow, n_stopped = attack.draw_actions(key, hour, rows, aim, p, drawn)
    assert list(zip(*(column[:n].tolist() for column in drawn), strict=True)) == expected
    assert (n_follow, n_stopped) == (follow, stopped)


@few
@given(seeds, st.integers(0, 400), st.integers(1, 6))
def test_goods_and_budgets_go_to_actions_in_the_order_of_the_lottery(seed, n, n_stores):
    rng, _numbers = some_rows(seed, n)
    store = rng.integers(0, n_stores, n).astype(np.int16)
    tactic = rng.integers(0, len(Tactic), n).astype(np.int8)
    order = rng.permutation(n)
    listed, cod = rng.random(n_stores) < 0.7, rng.random(n_stores) < 0.7
    cost = rng.uniform(1, 5, n_stores)
    stock, money = rng.uniform(0, 30, n_stores), rng.uniform(0, 40, n_stores)

    goods, left, done, blocked, well = stock.tolist(), money.tolist(), {}, 0, [False] * n
    for a in order.tolist():
        k, t = int(store[a]), Tactic(int(tactic[a]))
        blocked += not listed[k]
        can = listed[k]
        if t in (Tactic.PURCHASE, Tactic.REFUSAL):
            can = can and goods[k] >= 1 and (t == Tactic.PURCHASE or cod[k])
            goods[k] -= can
        elif t == Tactic.CLICK:
            can = can and left[k] >= cost[k]
            left[k] -= cost[k] if can else 0
        well[a] = bool(can)
        done[k, t] = done.get((k, t), 0) + can

    out, attempts = np.zeros((n_stores, len(Tactic))), np.zeros(n_stores)
    succeeded = np.empty(n, np.bool_)
    drawn = columns(Drawn, n, store=store, tactic=tactic)
    shops = columns(
        Stores, n_stores, listed=listed, cod_on=cod, click_cost=cost, stock=stock, ad_left=money
    )
    n_blocked = attack.execute_actions(order, drawn, shops, out, attempts, succeeded)
    assert succeeded.tolist() == well
    assert n_blocked == blocked
    assert {kt: v for kt, v in done.items() if v} == {
        (k, Tactic(t)): out[k, t] for k, t in np.argwhere(out > 0).tolist()
    }
    assert attempts.tolist() == np.bincount(store, minlength=n_stores).tolist()
    assert stock.tolist() == goods
    assert money.tolist() == left
    assert stock.min() >= 0
    assert money.min() >= 0


keeping = parameters(
    StoreParameters,
    delist_rate=st.floats(0, 3),
    delist_half=st.floats(0.1, 100),
    delist_stockout=st.floats(0, 3),
    precaution=shares,
    precaution_category=shares,
    quiet_hours=st.floats(0, 5),
    relist_rate=st.floats(0, 3),
    relist_protected=st.floats(0, 3),
    cod_rate=st.floats(0, 3),
    cod_half=st.floats(0.1, 100),
)


@few
@given(seeds, st.integers(1, 60), hours, keeping, shares)
def test_stores_open_and_close_exactly_as_each_ones_own_rule_says(seed, n, hour, p, protection):
    rng, numbers = some_rows(seed, n)
    key = key_of(seed)
    day = StoreDay(
        false_orders=rng.poisson(5, n).astype(float),
        refusals=rng.poisson(1, n).astype(float),
        attempts=rng.poisson(1, n).astype(float),
        normal=numbers(0, 10),
        sold_out=rng.random(n) < 0.2,
        hit_today=rng.random(n) < 0.4,
        category=np.sort(rng.integers(0, N_CATEGORIES, n)).astype(np.int32),
    )
    kept_shut = rng.random(n) < 0.2
    listed = (rng.random(n) < 0.6) & ~kept_shut
    cod = rng.random(n) < 0.6
    quiet, quiet_cod = numbers(0, 6), numbers(0, 6)

    expected = []
    for k in range(n):
        near = day.category == day.category[k]
        w = [unit(x) for x in words(key, 6, hour, k, 0)]
        calm = 0.0 if day.attempts[k] > 0 else quiet[k] + 1
        calm_cod = 0.0 if day.refusals[k] > 0 else quiet_cod[k] + 1
        close = stores.delisting_hazard(
            day.false_orders[k] / max(day.normal[k], 1e-9), day.sold_out[k],
            day.hit_today.mean(), day.hit_today[near].mean(), p,
        )  # fmt: skip
        suspend = stores.suspending_hazard(day.refusals[k], day.normal[k], p)
        back = 1 - np.exp(-stores.relisting_hazard(calm, protection, p))
        back_cod = 1 - np.exp(-stores.relisting_hazard(calm_cod, protection, p))
        is_open = w[0] >= 1 - np.exp(-close) if listed[k] else not kept_shut[k] and w[1] < back
        has_cod = w[2] >= 1 - np.exp(-suspend) if cod[k] else w[3] < back_cod
        expected.append((bool(is_open), bool(has_cod), calm, calm_cod))
    shops = columns(
        Stores, n, kept_shut=kept_shut, listed=listed.copy(), cod_on=cod.copy(), quiet=quiet,
        quiet_cod=quiet_cod,
    )  # fmt: skip

    stores.open_and_close(key, hour, day, protection, p, shops)
    told = (shops.listed, shops.cod_on, shops.quiet, shops.quiet_cod)
    assert list(zip(*(column.tolist() for column in told), strict=True)) == expected
    assert shops.ever_delisted.tolist() == (listed & ~shops.listed).tolist()
    assert shops.ever_cod_off.tolist() == (cod & ~shops.cod_on).tolist()


@few
@given(seeds, sizes)
def test_ratings_and_advertising_are_each_stores_own(seed, n):
    rng, numbers = some_rows(seed, n)
    quality, honest, bad = numbers(1, 5), numbers(0, 1000), numbers(0, 500)
    out = np.empty(n)
    stores.rate_all(quality, honest, bad, out)
    assert out.tolist() == [stores.rating(*row) for row in zip(quality, honest, bad, strict=True)]
    assert ((out >= 1) & (out <= quality)).all()

    listed, budget, p = rng.random(n) < 0.7, numbers(0, 1000), StoreParameters()
    left = budget * numbers(0, 1)
    due = np.where(listed, np.minimum(p.ad_use * budget * 1.4 / 24.0, left), 0.0)
    after, spent = left.copy(), np.empty(n)
    stores.spend_on_ads(listed, budget, after, 1.4, p, spent)
    assert spent.tolist() == pytest.approx(due.tolist(), rel=1e-12)
    assert after.tolist() == (left - spent).tolist()


views = parameters(
    BeliefParameters,
    unanswered=st.floats(0, 0.1),
    backlash=st.floats(0, 0.5),
    answered=st.floats(0, 0.5),
    neighbours=shares,
)
events = st.builds(Events, shares, shares, shares, shares)


@few
@given(seeds, sizes, views, events, st.booleans())
def test_views_of_the_platform_move_by_each_sellers_own_rule(seed, n, p, seen, complete):
    rng, numbers = some_rows(seed, n)
    before = numbers(0, 1, np.float32)
    g = graph.from_edges(n, rng.integers(0, max(n, 1), 2 * n), rng.integers(0, max(n, 1), 2 * n))
    expected = []
    for i in range(n):
        near = before[g.neighbours[g.offsets[i] : g.offsets[i + 1]]].astype(np.float64)
        around = before.astype(np.float64) if complete else near
        view = float(before[i])
        if around.size:
            mean = sum(around.tolist()) / around.size
            view = beliefs.mixed_view(view, mean, p)
        expected.append(np.float32(beliefs.next_legitimacy(view, 0.0, seen, p)))
    out = np.empty(n, np.float32)
    beliefs.move_views(before, g.ties._replace(complete=complete), seen, p, out)
    assert out.tolist() == [float(e) for e in expected]
    assert ((out >= 0) & (out <= 1)).all()


poachers = parameters(
    PoachingParameters,
    move_rate_per_day=shares,
    switching_cost=st.floats(0, 1e5),
    move_noise=st.floats(1, 1e5),
    gain_share=shares,
    keep_share=shares,
    grievance_yuan=st.floats(0, 1e5),
    promise_bonus=st.floats(0, 1e5),
    renewal_noise=st.floats(1, 1e5),
)


def some_offers(rng, n_rivals):
    return Courtship(
        fee=rng.uniform(0, 3e4, n_rivals),
        attraction=rng.uniform(0.1, 2, n_rivals),
        effort=rng.uniform(0, 3, n_rivals),
        promised=rng.random(n_rivals) < 0.5,
    )


@few
@given(seeds, sizes, hours, poachers, st.integers(0, 3))
def test_second_shops_are_opened_exactly_as_each_sellers_own_rule_says(seed, n, hour, p, n_rivals):
    rng, numbers = some_rows(seed, n)
    key, offers = key_of(seed), some_offers(rng, n_rivals)
    margin, turnover = numbers(0.01, 0.5), numbers(1e3, 1e6)
    hardship, legitimacy = numbers(0, 1, np.float32), numbers(0, 1, np.float32)
    loss = numbers(-1e4, 1e4)
    shop = (
        rng.integers(-1, max(n_rivals, 0), n).astype(np.int8)
        if n_rivals
        else np.full(n, -1, np.int8)
    )
    expected = shop.tolist()
    for i in range(n if n_rivals else 0):
        if shop[i] >= 0:
            continue
        w0, w1, _w2, _w3 = words(key, 12, hour, i, 0)
        r = poaching.courted_by(unit(w1), offers.attraction)
        profit = poaching.rival_profit(margin[i], turnover[i], offers.fee[r], offers.promised[r], p)
        wrong = float(hardship[i]) * (1.0 - float(legitimacy[i]))
        if unit(w0) < poaching.move_chance(profit, wrong, loss[i], offers.effort[r], p):
            expected[i] = r
    sellers = Prospects(margin, turnover, hardship, legitimacy, loss)
    poaching.court(key, hour, sellers, offers, p, shop)
    assert shop.tolist() == expected


@few
@given(seeds, sizes, poachers, st.integers(0, 3))
def test_at_renewal_each_seller_chooses_by_the_logit_of_its_own_values(seed, n, p, n_rivals):
    rng, numbers = some_rows(seed, n)
    key, offers = key_of(seed), some_offers(rng, n_rivals)
    margin, turnover, loss, bill = (
        numbers(0.01, 0.5),
        numbers(1e3, 1e6),
        numbers(-1e4, 1e4),
        numbers(0, 6e4),
    )
    hardship, legitimacy = numbers(0, 1, np.float32), numbers(0, 1, np.float32)
    shop = rng.integers(-1, n_rivals, n).astype(np.int8) if n_rivals else np.full(n, -1, np.int8)
    expected = []
    for i in range(n):
        if not n_rivals:
            expected.append((Choice.STAY, -1))
            continue
        w0, w1, _w2, _w3 = words(key, 13, AT_RENEWAL, i, 0)
        new = shop[i] < 0
        r = poaching.courted_by(unit(w1), offers.attraction) if new else int(shop[i])
        wrong = float(hardship[i]) * (1.0 - float(legitimacy[i]))
        worth = np.array(
            poaching.renewal_values(
                margin[i] * turnover[i], loss[i], bill[i], offers.fee[r], wrong, p
            )
        )
        worth[1:] -= p.switching_cost if new else 0.0
        chance = np.exp((worth - worth.max()) / p.renewal_noise)
        choice = Choice(
            int(np.searchsorted(np.cumsum(chance) / chance.sum(), unit(w0), side="right"))
        )
        expected.append((choice, int(shop[i]) if choice == Choice.STAY else r))
    out = np.empty(n, np.int8)
    sellers = Prospects(margin, turnover, hardship, legitimacy, loss)
    poaching.renew(key, sellers, bill, offers, p, shop, out)
    assert list(zip(out.tolist(), shop.tolist(), strict=True)) == expected


@pytest.fixture(scope="module")
def watched():
    """Return a siege with watched people and stores, and their columns after every hour."""
    siege = begun(5, scale=0.002, hours=130)
    people = [siege.sellers[i] for i in range(40)] + [siege.onlookers[i] for i in range(80)]
    kept_stores = [siege.stores[k] for k in range(0, 60, 2)]
    for agent in (*people, *kept_stores, siege.organisers, siege.platform):
        siege.watch(agent)
    seen = []
    while siege.running:
        siege.step()
        crowd, shops = siege.world.crowd, siege.world.stores
        seen.append(
            {
                "stance": crowd.stance.copy(), "online": crowd.online.copy(),
                "utility": crowd.utility.copy(), "listed": shops.listed.copy(),
                "cod_on": shops.cod_on.copy(),
            }
        )  # fmt: skip
    return siege, people, kept_stores, seen


def test_a_persons_diary_tells_what_the_loop_did_hour_by_hour(watched):
    siege, people, _stores, seen = watched
    told = set()
    for person in people:
        row = person.diary_key[1]
        for entry in person.why().to_dict("records"):
            after = seen[entry["hour"]]
            total = entry["grievance"] + entry["social"] + entry["attention"] + entry["call"]
            assert entry["utility"] == total + entry["risk"] + entry["threshold"]
            assert entry["stance"] == Stance(int(after["stance"][row])).name
            assert entry["online"] == after["online"][row]
            inside = mobilisation.is_in(after["stance"][row])
            assert inside == (entry["decision"] in {"joins", "stays in"})
            if inside:
                assert entry["utility"] == after["utility"][row]
            crosses = entry["decision"] in {"joins", "quits"}
            assert crosses == (entry["random_draw"] < entry["chance"])
            if entry["stance"] == "ATTACKING":
                assert entry["chance_to_act"] > 0
            told.add(entry["decision"])
    assert told == {"joins", "stays in", "quits", "stays out"}
    assert siege.outcomes["cum_actions"] > 0


def test_a_stores_diary_tells_when_it_closes_and_when_it_reopens(watched):
    siege, _people, kept, seen = watched
    shut_hours = 0
    for store in kept:
        entries = store.why().to_dict("records")
        assert [e["hour"] for e in entries] == list(range(130))
        for entry in entries:
            listed = bool(seen[entry["hour"]]["listed"][store.row])
            shut_hours += not listed
            before = seen[entry["hour"] - 1]["listed"][store.row] if entry["hour"] else True
            assert entry["listed"] == before
            if before:
                assert listed == (entry["random_draw"] >= entry["chance_to_close"])
            told = ("stays open" if before else "reopens", "closes" if before else "stays closed")
            assert entry["decision"] == told[not listed]
            p = siege.scenario.stores
            false_ratio = entry["false_orders"] / max(entry["normal_orders"], 1e-9)
            least = stores.delisting_hazard(false_ratio, entry["sold_out"], 0.0, 0.0, p)
            assert entry["hazard_to_close"] >= least
    assert shut_hours > 0


def test_a_store_that_is_closed_tells_its_chance_to_reopen(watched):
    _siege, _people, kept, seen = watched
    reopened = 0
    for store in kept:
        for entry in store.why().to_dict("records"):
            if entry["listed"]:
                continue
            now = bool(seen[entry["hour"]]["listed"][store.row])
            assert "chance_to_reopen" in entry
            assert now == (entry["random_draw"] < entry["chance_to_reopen"])
            reopened += now
    assert reopened > 0


def test_a_diary_kept_all_along_equals_the_one_told_from_a_second_run(watched):
    siege, people, kept, _seen = watched
    again = begun(5, scale=0.002, hours=130).run()
    for agent in (people[3], people[70], kept[4], siege.organisers, siege.platform):
        kind = type(agent).kind
        name = kind if kind in {"organisers", "platform"} else f"{kind}:{agent.row}"
        assert again.agent(name).why().equals(agent.why())


def test_the_organisers_diary_names_the_phase_that_follows(watched):
    siege, *_ = watched
    entries = siege.organisers.why().to_dict("records")
    assert {e["decides"] for e in entries} > {"ATTACK"}
    for entry in entries:
        assert entry["leading"] in {*(m.name for m in Motion), "none"}
        if entry["decides"] == "ATTACK":
            assert siege.hours.phase[entry["hour"]] == Phase.ATTACK


def test_the_phase_changes_who_joins_and_who_leaves():
    p = MobilisationParameters()
    gather, truce = (mobilisation.phase_factors(phase, p) for phase in (Phase.GATHER, Phase.TRUCE))
    end = mobilisation.phase_factors(Phase.DISSOLVE, p)
    assert gather[0] == 1.0
    assert gather[1] < 1.0
    assert truce[0] < 0.1
    assert truce[2] > truce[1]
    assert end[1] == end[2] > 1.0
    for phase in CALLED:
        assert mobilisation.phase_factors(phase, p) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("stream", list(Stream), ids=lambda s: s.name)
def test_a_stream_is_its_own_word_of_its_own_block(stream):
    key = key_of(77)
    expected = unit(words(key, stream // 4, 5, 6, 7)[stream % 4])
    assert uniform(key, int(stream), 5, 6, 7) == expected
    others = [uniform(key, int(s), 5, 6, 7) for s in Stream if s != stream]
    assert expected not in others
