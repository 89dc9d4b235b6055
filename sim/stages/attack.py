"""Stage 5: attackers act, by target and tactic."""

import numpy as np

from sim.core.chance import by_lottery
from sim.core.units import I32, Phase, Tactic
from sim.rules import attack
from sim.world import diary
from sim.world.changes import occasion_of
from sim.world.world import Actions, World


def act(world: World) -> None:
    """Stage 5: those who act draw their actions; goods and budgets go by lottery."""
    h, p, crowd = world.hour, world.scenario.attack, world.crowd
    world.platform.limit = world.platform.orders  # what was ordered last hour holds in this one
    m, occasion = world.scenario.mobilisation, occasion_of(world)
    acting = np.empty(world.inside.size, np.int32)
    n_acting, n_new = attack.choose_to_act(
        world.key, h, world.inside, crowd, occasion, m, p, acting
    )
    world.log(
        n_attackers=n_acting * world.weight, new_attackers=n_new * world.weight, share_focal=np.nan
    )
    diary.note_acting(world)
    world.attempts[:] = 0.0
    if n_acting:
        _carry_out(world, acting[:n_acting], occasion.rate)


def _carry_out(world: World, rows: I32, rate: float) -> None:
    h, p, stores, done = world.hour, world.scenario.attack, world.stores, world.books.actions
    aim = attack.Aim(
        escalated=world.organisers.phase == Phase.ESCALATE,
        per_person=world.weight,
        targets=world.organisers.targets,
        cumulative=np.cumsum(stores.support + stores.visibility),
        throttle=world.platform.limit.throttle,
    )
    size = int(1.5 * rows.size * rate * world.weight) + 1000
    while True:
        drawn = attack.Drawn(
            np.empty(size, np.int32), np.empty(size, np.int16), np.empty(size, np.int8),
            np.empty(size, np.uint32),
        )  # fmt: skip
        n, n_follow, n_stopped = attack.draw_actions(world.key, h, rows, aim, p, drawn)
        if n <= size:
            break
        size = n
    drawn = attack.Drawn(drawn.actor[:n], drawn.store[:n], drawn.tactic[:n], drawn.lottery[:n])
    succeeded = np.empty(n, np.bool_)
    n_blocked = attack.execute_actions(
        by_lottery(drawn.lottery), drawn, stores, done[h], world.attempts, succeeded
    )
    world.log(new_blocked=n_blocked, new_throttled=n_stopped)
    world.actions.append(Actions(h, drawn.actor, drawn.store, drawn.tactic, succeeded))
    if n:
        world.log(share_focal=n_follow / n)
    world.out[h] = done[h, :, Tactic.PURCHASE] + done[h, :, Tactic.REFUSAL]
    if world.platform.first_attack < 0 and succeeded.any():
        world.platform.first_attack = h
