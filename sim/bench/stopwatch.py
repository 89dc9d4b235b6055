"""What a measured process does: ``python -m sim.bench.stopwatch NAME ARGUMENTS``, one JSON line.

The engine is loaded by who measures it, and by nobody earlier.
"""

import json
import sys
import time
from typing import Any

SCENARIO = "taobao-2011"
SEED = 1
WARM_SCALE = 0.01
"""Small, and yet a siege with every stage at work."""


def time_runs(scale: float, times: int) -> list[dict[str, Any]]:
    """Time whole runs, from scenario to outcomes, after a small one has loaded every kernel."""
    _run_once(min(scale, WARM_SCALE))
    return [_run_once(scale) for _ in range(times)]


def _run_once(scale: float) -> dict[str, Any]:
    from sim.outcomes import outcomes
    from sim.running.loop import Loop

    begun, busy = time.perf_counter(), time.process_time()
    loop = Loop.begin(SCENARIO, SEED, scale=scale)
    founded = time.perf_counter()
    loop.run()
    stepped = time.perf_counter()
    outcomes.measure(loop.world.books)
    done = time.perf_counter()
    return {
        "whole": done - begun,
        "found": founded - begun,
        "stepping": stepped - founded,
        "outcomes": done - stepped,
        "processor": time.process_time() - busy,
        "stages": {**loop.seconds, "clock": stepped - founded - sum(loop.seconds.values())},
        "peak_mb": peak_memory(),
    }


def peak_memory() -> float:
    """Most memory this process has held so far (MB, 10**6 bytes); 0 where nobody counts it."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1.0 if sys.platform == "darwin" else 1024.0) / 1e6


def time_start(scale: float, *, to_the_end: bool = False) -> dict[str, float]:
    """Return the moments (clock of the machine, in seconds) at which a fresh process got so far."""
    import mesa  # noqa: F401

    moments = {"mesa": time.time()}
    from sim.running.model import Siege

    moments["engine"] = time.time()
    siege = Siege(SCENARIO, seed=SEED, scale=scale)
    moments["world"] = time.time()
    siege.step()
    moments["first_hour"] = time.time()
    if to_the_end:
        from sim.outcomes import outcomes

        siege.run_for(siege.scenario.hours)
        outcomes.measure(siege.world.books)
        moments["outcomes"] = time.time()
    return moments


def main(words: list[str]) -> None:
    """Measure what is named and print it."""
    arguments = json.loads(words[1])
    if words[0] == "runs":
        print(json.dumps({"runs": time_runs(*arguments)}))
    else:
        print(json.dumps(time_start(*arguments, to_the_end=words[0] == "first")))


if __name__ == "__main__":
    main(sys.argv[1:])
