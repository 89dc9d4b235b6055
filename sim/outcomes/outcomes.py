"""Every outcome of the package, in the order that tables and JSON keep, and what is done with them.

Names are those of docs/odd.md, section 9. All are full-size equivalents. A null is ``None`` here,
null in JSON and NULL in Parquet.
"""

# isort: off
# Outcomes are listed in the order of these imports.
import sim.outcomes.crowd
import sim.outcomes.attack
import sim.outcomes.stores
import sim.outcomes.channel
import sim.outcomes.honest
import sim.outcomes.market
import sim.outcomes.money  # noqa: F401

# isort: on
from sim.outcomes.registry import (
    OUTCOMES,
    Measured,
    Need,
    Outcome,
    Value,
    close_library,
    collected,
    measure,
    met,
    outcome,
    own_outcomes,
    plain,
    with_own,
)

__all__ = [
    "OUTCOMES", "Measured", "Need", "Outcome", "Value", "collected", "measure", "met", "outcome",
    "own_outcomes", "plain", "with_own",
]  # fmt: skip

close_library()
