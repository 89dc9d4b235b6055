"""Stage 5: attackers act, by target and tactic."""

import numpy as np

from sim.core.chance import by_lottery
from sim.core.units import I32, Phase, Tactic
from sim.rules import attack
from sim.world import diary
from sim.world.world import Actions, World


def act(world: World) -> None:
    """Stage 5: those who act draw their actions; goods and budgets go by lottery."""
    h, p, crowd = world.hour, world.scenario.attack, world.crowd
    world.platform.limit = world.platform.orders  # what was ordered last hour holds in this one
    phase, m = world.organisers.phase, world.scenario.mobilisation
    escalated = phase == Phase.ESCALATE
    rate = 0.0
    if phase in (Phase.ATTACK, Phase.ESCALATE):
        rate = sum(attack.rate_of(int(t), escalated, p) for t in Tactic)
    acting = np.empty(world.inside.size, np.int32)
    n_acting, n_new = attack.choose_to_act(
        world.key, h, world.inside, crowd.role, crowd.online, crowd.utility, rate, m.noise,
        m.tie_joins, p, crowd.stance, crowd.ever_attacked, crowd.ever_acted, acting,
    )  # fmt: skip
    world.log(
        n_attackers=n_acting * world.weight, new_attackers=n_new * world.weight, share_focal=np.nan
    )
    diary.note_acting(world)
    world.attempts[:] = 0.0
    if n_acting:
        _carry_out(world, acting[:n_acting], escalated, rate)
    done = world.books.actions[h]
    world.out[h] = done[:, Tactic.PURCHASE] + done[:, Tactic.REFUSAL]
    if world.platform.first_attack < 0 and done.sum() > 0:
        world.platform.first_attack = h


def _carry_out(world: World, rows: I32, escalated: bool, rate: float) -> None:
    h, p, stores = world.hour, world.scenario.attack, world.stores
    cumulative = np.cumsum(stores.support + stores.visibility)
    tallies = np.empty(2)
    size = int(1.5 * rows.size * rate * world.weight) + 1000
    while True:
        actor = np.empty(size, np.int32)
        store, tactic = np.empty(size, np.int16), np.empty(size, np.int8)
        lottery = np.empty(size, np.uint32)
        n = attack.draw_actions(
            world.key, h, rows, escalated, world.weight, world.organisers.focal, cumulative,
            world.platform.limit.throttle, p, actor, store, tactic, lottery, tallies,
        )  # fmt: skip
        if n <= size:
            break
        size = n
    succeeded = np.empty(n, np.bool_)
    n_blocked = attack.execute_actions(
        by_lottery(lottery[:n]), store, tactic, stores.listed, stores.cod_on, stores.click_cost,
        stores.stock, stores.ad_left, world.books.actions[h], world.attempts, succeeded,
    )  # fmt: skip
    world.log(new_blocked=n_blocked, new_throttled=tallies[1])
    world.actions.append(Actions(h, actor[:n], store[:n], tactic[:n], succeeded))
    if n:
        world.log(share_focal=tallies[0] / n)
