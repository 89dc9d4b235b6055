"""A copy of a world, that goes another way from here on."""

import copy

from sim.scenario.scenario import Scenario
from sim.world.world import World


def copy_world(world: World, scenario: Scenario) -> World:
    """Return a world that stands where another stands, in another scenario.

    What no hour changes is shared with it: the graph, and what is drawn for each consumer.
    """
    shared = (world.scenario, world.consumers.favourite, world.consumers.needs_cod)
    copied = copy.deepcopy(world, {id(thing): thing for thing in shared})
    copied.scenario = scenario
    return copied
