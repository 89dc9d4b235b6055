"""Write README's comparison anew from the folder of one, and its picture from a run.

``uv run python docs/make_readme.py --from runs/compare``, after the command that stands below
the table. The picture is the upper part of what ``besiege run`` draws.
"""

import argparse
import io
import re
import textwrap
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox
from PIL import Image

import sim
from sim.comparing.tables import PARTIES
from sim.figures.numbers import count
from sim.figures.plots import siege_figure

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "pictures" / "siege.png"
COLOURS = 128
"""Of the picture: enough for flat colours, a third of the size."""

_MARKED = re.compile(r"(<!-- generated: comparison -->\n).*?(<!-- end: comparison -->)", re.DOTALL)


def amount(yuan: float) -> str:
    """Write an amount in million yuan to two or three digits."""
    digits = 1 if 0 < abs(yuan) < 9.95e6 else 0
    return f"{yuan / 1e6:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def table(c: sim.Comparison) -> str:
    """Write who loses what under each response, the least costly for all together first."""
    head = ["response", "stores closed", *PARTIES, "**all together**", "regret"]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    costs = {p: c.mean(p, "total_social_loss") for p in c.policies}
    for policy in sorted(costs, key=costs.__getitem__):
        half = costs[policy] - c.mean(policy, "total_social_loss", "low")
        cells = [
            policy,
            count(c.mean(policy, "n_stores_delisted")),
            *map(amount, c.paid(policy).values()),
            f"**{amount(costs[policy])}**&nbsp;±&nbsp;{amount(half)}",
            amount(c.rank(policy, "total_social_loss")["maximum"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def section(c: sim.Comparison) -> str:
    """Write the table, what it was made by, and of which model."""
    command = f"{' '.join(c.policies)} --runs {c.about['runs']} --scale {c.scenario.scale:g}"
    lines = textwrap.wrap(f"uv run besiege compare {command}", 78, break_on_hyphens=False)
    return f"""<!-- MODEL_VERSION {c.about["model_version"]}, scenario {c.scenario.fingerprint[:12]} -->
{table(c)}

```sh
{" \\\n    ".join(lines)}
```
"""


def draw(path: Path) -> None:
    """Draw the crowd and the attacks of `besiege run`, in few colours."""
    result = sim.run("taobao-2011", seed=1)
    figure = siege_figure(result.record, result.scenario)
    width, height = figure.get_size_inches()
    attacks = figure.axes[1]
    for panel in figure.axes[2:]:
        panel.remove()
    attacks.tick_params(labelbottom=True)  # dates, which else stand below the lowest panel
    place = attacks.get_position()
    foot, right = place.y0 * height - 0.3, place.x1 * width + 0.45
    FigureCanvasAgg(figure).draw()  # which lays out the words over the panels
    words = [words for panel in figure.axes[:2] for words in panel.artists]
    right = max(right, *(w.get_window_extent().x1 / figure.dpi + 0.1 for w in words))
    data = io.BytesIO()
    figure.savefig(data, bbox_inches=Bbox.from_extents(0, foot, right, height))
    path.parent.mkdir(exist_ok=True)
    Image.open(data).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def main() -> None:
    """Renew the table and the picture."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--from", dest="folder", type=Path, required=True, help="a comparison")
    found = sim.Comparison.load(options.parse_args().folder)
    text = README.read_text(encoding="utf-8")
    if not _MARKED.search(text):
        raise SystemExit("README.md: has no place for the comparison")
    README.write_text(_MARKED.sub(lambda x: x[1] + section(found) + x[2], text), encoding="utf-8")
    draw(PICTURE)


if __name__ == "__main__":
    main()
