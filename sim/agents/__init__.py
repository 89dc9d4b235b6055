"""Mesa agents and agent sets over the columns of a world."""

from sim.agents.agents import (
    Consumer,
    Onlooker,
    Organisers,
    Platform,
    RivalPlatform,
    Seller,
    Store,
)

__all__ = ["Consumer", "Onlooker", "Organisers", "Platform", "RivalPlatform", "Seller", "Store"]
