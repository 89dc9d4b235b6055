"""Which stages a run needs: shoppers are left out where nobody asks for what they do.

Honest orders take goods off the shelves, and a false order needs one. So a run that leaves
shoppers out gives the siege of the whole run, to the last bit, as long as no shelf comes near the
end; `watch_shelves` stops it where one does, and whoever runs it begins again with all stages.
"""

from collections.abc import Iterable

import numpy as np

from sim.core import calendar
from sim.core.units import F64
from sim.outcomes.expressions import parse
from sim.outcomes.outcomes import Need
from sim.rules.stores import StoreParameters
from sim.running.loop import STAGES, Stage
from sim.stages.ledger import close_hour
from sim.world.world import World

_SHOPPING_SO_FAR = np.cumsum(calendar.shopping_shape())
"""By hour of the day: hours of average trade up to its end."""
DIVERTED = 2.0
"""How many times its normal orders a store may have while others are closed."""


class ShoppersMatterError(Exception):
    """What a run without shoppers must not decide alone: begin it again with all stages."""


def need_of(asked: Iterable[str]) -> Need:
    """Return what a run must have for all that is asked: outcomes or expressions of facts.

    Examples
    --------
    >>> from sim.running.shoppers import need_of
    >>> need_of(["peak_online", "at(online, 46)"]), need_of(["peak_online", "platform_loss"])
    ('siege', 'shoppers')
    """
    return "shoppers" if any(parse(text).needs == "shoppers" for text in asked) else "siege"


def shoppers_decide(stores: StoreParameters) -> bool:
    """Return whether honest shoppers decide anything of the siege, however full the shelves are.

    This is the place for a rule by which a store's rating, or goods that honest orders take,
    moves a door or an attacker.
    """
    return False


def stages_needed(need: Need, stores: StoreParameters) -> tuple[Stage, ...]:
    """Return the stages of an hour that give what is needed, exactly as all of them would."""
    return STAGES if need == "shoppers" or shoppers_decide(stores) else OF_THE_SIEGE


def watch_shelves(world: World) -> None:
    """Stop a run without shoppers where honest orders could leave a false one an empty shelf.

    It stands behind the stage in which attackers take goods. Until the first false order run and
    twin have the same shelves, and nothing depends on them.

    Raises
    ------
    ShoppersMatterError
        If a shelf might hold less than one item.
    """
    stores = world.stores
    if world.platform.first_attack >= 0 and (stores.stock < 1.0 + most_orders(world)).any():
        raise ShoppersMatterError


def most_orders(world: World) -> F64:
    """Return more honest orders than each store has had since midnight, the hour included.

    Orders come in lumps of the people a row stands for: `DIVERTED` times the normal number of
    lumps, five standard deviations, and four (a Poisson number is larger once in ten million).
    """
    normal = world.stores.orders_an_hour * _SHOPPING_SO_FAR[world.hour_of_day]
    lumps = DIVERTED * normal / world.weight
    return np.asarray((lumps + 5.0 * np.sqrt(lumps) + 4.0) * world.weight)


def _of_the_siege() -> tuple[Stage, ...]:
    left = [stage for stage in STAGES if stage.provides == "siege"]
    behind = [stage.name for stage in left].index("act") + 1
    left.insert(behind, Stage("watch_shelves", watch_shelves))
    return (*left, Stage("close_hour", close_hour))


OF_THE_SIEGE = _of_the_siege()
"""The stages of an hour in which nobody shops."""
