"""What a first run compiles and what a later one loads, kernel by kernel.

    uv run python benchmarks/compiling.py

Runs a small siege twice in fresh processes that share an empty cache of kernels: the first
compiles, the second loads. "Own" is a kernel's time without that of the kernels it calls;
LLVM's part is what optimising costs, the rest is numba working out types. The first kernel
loaded pays for numba waking up.
"""

import collections
import os
import subprocess
import sys
import tempfile
import time

SCALE = 0.01


class Clock:
    """Adds up the time between numba's events of one kind, nested ones apart."""

    def __init__(self, name_of):
        self.name_of = name_of
        self.open = []
        self.own = collections.Counter()
        self.times = collections.Counter()

    def notify(self, event):
        """Take an event of numba's."""
        if event.is_start:
            self.begin(self.name_of(event))
        else:
            self.end()

    def begin(self, name):
        """Start a piece of work, inside another if one is going on."""
        self.open.append([name, time.perf_counter(), 0.0])

    def end(self):
        """End the innermost piece of work."""
        name, begun, inner = self.open.pop()
        whole = time.perf_counter() - begun
        self.own[name] += whole - inner
        self.times[name] += 1
        if self.open:
            self.open[-1][2] += whole

    def tell(self, title, most=24):
        """Print the dearest first."""
        print(f"{title}: {self.own.total():.2f} s, {self.times.total()} times")
        for name, seconds in self.own.most_common(most):
            print(f"  {name:28}{seconds:8.3f} s  x{self.times[name]}")


def look():
    """Run a small siege under clocks, and print what they show."""
    begun = time.perf_counter()
    import mesa  # noqa: F401

    bare = time.perf_counter()
    from numba.core import caching, event

    event.Listener.register(Clock)  # numba is imported late, so the class cannot inherit
    compiled = Clock(lambda e: e.data["dispatcher"].py_func.__qualname__)
    llvm = Clock(lambda e: "LLVM")
    event.register("numba:compile", compiled)
    event.register("numba:llvm_lock", llvm)
    loaded = Clock(None)
    load = caching.Cache.load_overload

    def clocked(cache, *arguments):
        loaded.begin(cache._py_func.__qualname__)
        try:
            return load(cache, *arguments)
        finally:
            loaded.end()

    caching.Cache.load_overload = clocked
    from sim.outcomes import outcomes
    from sim.running.model import Siege

    ready = time.perf_counter()
    siege = Siege("taobao-2011", seed=1, scale=SCALE)
    siege.run_for(siege.scenario.hours)
    outcomes.measure(siege.world.books)
    done = time.perf_counter()
    print(
        f"import mesa {bare - begun:.2f} s, engine {ready - bare:.2f} s, run {done - ready:.2f} s"
    )
    if compiled.times:
        compiled.tell("Compiled (own time)")
        llvm.tell("Of it in LLVM")
    else:
        loaded.tell("Loaded from the cache")


if __name__ == "__main__":
    if sys.argv[1:] == ["look"]:
        look()
    else:
        with tempfile.TemporaryDirectory() as folder:
            there = {**os.environ, "NUMBA_CACHE_DIR": folder}
            for title in ("Nothing compiled yet.", "All in the cache."):
                print(f"\n{title}", flush=True)
                subprocess.run([sys.executable, __file__, "look"], env=there, check=True)
