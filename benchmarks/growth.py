"""Time and memory of a run against the number of consumers, from a thousand to ten million.

    uv run python benchmarks/growth.py [--rounds R] [--write]
    uv run python benchmarks/growth.py --draw

Each size is a run of taobao-2011 over its 336 hours in a fresh process on one thread, in which
a small run has loaded every kernel before. People and shoppers shrink together, by the scenario's
scale; below a scale of 0.001, which is the least, the populations themselves are smaller.
``--write`` keeps the medians in growth.json and draws them, ``--draw`` draws what is kept.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
KEPT = HERE / "growth.json"
PICTURE = HERE.parent / "docs" / "pictures" / "growth.png"
SIZES = (1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7)
WHOLE = {"n_sellers": 49_500, "n_onlookers": 300_000, "n_consumers": 10_000_000}

CHILD = """
import json, sys, time
from sim.running.model import Siege
from sim.bench.stopwatch import peak_memory
scale, part = json.loads(sys.argv[1]), json.loads(sys.argv[2])
Siege("taobao-2011", seed=1, scale=0.001, hours=100).run()
empty = peak_memory()
wall, busy = time.perf_counter(), time.process_time()
siege = Siege("taobao-2011", seed=1, scale=scale, **part).run()
siege.outcomes
print(json.dumps({"seconds": time.process_time() - busy, "wall": time.perf_counter() - wall,
                  "peak_mb": peak_memory(), "empty_mb": empty,
                  "consumers": len(siege.consumers)}))
"""


def measure(size):
    """Run one size in a process of its own."""
    share = size / WHOLE["n_consumers"]
    scale = max(share, 0.001)
    part = {f"population.{k}": round(n * share / scale) for k, n in WHOLE.items()}
    one = {f"{name}_NUM_THREADS": "1" for name in ("NUMBA", "OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(scale), json.dumps(part)],
        capture_output=True, text=True, check=True, cwd=HERE.parent, env={**os.environ, **one},
    )  # fmt: skip
    return json.loads(done.stdout)


def draw(rows):
    """Draw time and memory against size, both axes by powers of ten."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullLocator

    x = [row["consumers"] for row in rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.loglog(x, [row["seconds"] for row in rows], "o-", color="#20639b")
    left.set_ylabel("processor time of a run (s)")
    right.loglog(x, [row["peak_mb"] for row in rows], "o-", color="#20639b", label="at its peak")
    right.axhline(
        rows[0]["empty_mb"], color="#777777", ls="--", label="libraries and kernels alone"
    )
    right.set_ylabel("memory of the process (MB)")
    right.set_ylim(100, 1000)
    right.legend(frameon=False)
    for axes, at in ((left, (0.3, 0.5, 1, 2, 5)), (right, (100, 200, 300, 500, 1000))):
        axes.yaxis.set_major_locator(FixedLocator(at))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.set_xlabel("consumers simulated")
        axes.grid(alpha=0.3, which="major")
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("A run of 336 hours, from a ten-thousandth of the mall to all of it")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=130)


def main():
    """Measure, tell, and keep what is asked for."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--write", action="store_true")
    reader.add_argument("--draw", action="store_true")
    asked = reader.parse_args()
    if asked.draw:
        draw(json.loads(KEPT.read_text("utf-8")))
        return
    runs = [[measure(size) for size in SIZES] for _ in range(asked.rounds)]
    rows = [
        {k: median(run[k] for run in of_size) for k in of_size[0]}
        for of_size in zip(*runs, strict=True)
    ]
    for row in rows:
        print(
            f"{row['consumers']:>10,.0f} consumers {row['seconds']:8.3f} s {row['peak_mb']:7.0f} MB"
        )
    if asked.write:
        KEPT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        draw(rows)


if __name__ == "__main__":
    main()
