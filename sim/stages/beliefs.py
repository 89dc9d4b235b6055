"""Stage 9: legitimacy and perceived sanction move."""

import numpy as np

from sim.core.units import DEMANDING
from sim.rules import attention, beliefs
from sim.world.world import World

_QUIET = beliefs.Events(0.0, 0.0, 0.0, 0.0)


def believe(world: World) -> None:
    """Stage 9: sellers hear each other, all see what was done; the twin's sellers talk too."""
    p, platform, sellers = world.scenario.beliefs, world.platform, world.sellers
    events = events_of(world)
    for view, seen in ((sellers.legitimacy, events), (sellers.legitimacy_twin, _QUIET)):
        out = np.empty_like(view)
        beliefs.move_views(view, world.sellers_ties, seen, p, out)
        view[:] = out
    platform.legitimacy_public = beliefs.next_legitimacy(
        platform.legitimacy_public, p.innocents, events, p
    )
    platform.sanction = beliefs.next_sanction(platform.sanction, platform.orders.sanction, p)
    mean = float(sellers.legitimacy.mean()) if sellers.legitimacy.size else np.nan
    world.log(legitimacy=mean, perceived_sanction=platform.sanction)


def events_of(world: World) -> beliefs.Events:
    """Return what moved beliefs in the hour."""
    demands = world.organisers.phase in DEMANDING
    actions = float(world.books.actions[world.hour].sum())
    return beliefs.Events(
        unanswered=float(demands) * (1.0 - world.platform.answer),
        punishment=float(world.platform.orders.punishment),
        answer=float(world.platform.answer),
        innocents=actions / (actions + attention.REFERENCE_ACTIONS),
    )
