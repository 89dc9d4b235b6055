"""What the agent model explains that a plain curve does not.

Question: how well do an epidemic curve (SIR) and a Bass curve match the reported sizes of the
crowd, and what can they not say?
Levers: none. Uncertainties: none. Outcomes: the facts about the crowd.
"""

import numpy as np
import pandas as pd
from scipy import optimize

from experiments.keeping import write
from sim.lab.analysis import matching
from sim.outcomes.expressions import parse
from sim.outcomes.facts import load_facts

HOURS = 144
ANNOUNCED = 11


def sir(beta, gamma, n, first):
    """Return who is in at each hour: dI = beta I S / N - gamma I, in steps of 0.1 h."""
    inside, out = np.zeros(HOURS), 0.0
    now = first
    for hour in range(ANNOUNCED, HOURS):
        inside[hour] = now
        for _ in range(10):
            joining = beta * now * max(n - now - out, 0.0) / n * 0.1
            leaving = gamma * now * 0.1
            now, out = now + joining - leaving, out + leaving
    return inside


def bass(p, q, n):
    """Return the adopters at each hour: dA = (p + q A / N)(N - A), who stay."""
    inside = np.zeros(HOURS)
    now = 0.0
    for hour in range(ANNOUNCED, HOURS):
        for _ in range(10):
            now += (p + q * now / n) * (n - now) * 0.1
        inside[hour] = now
    return inside


def of_the_crowd(facts):
    """Return the facts that an hourly crowd can be asked for."""
    asked = [(f, parse(f.outcome)) for f in facts if f.outcome]
    return [f for f, e in asked if e.name in {"online", "peak_online"} and e.stop <= HOURS]


def read_off(fact, online):
    """Read a fact of the crowd off a curve."""
    inner = fact.outcome.replace(" ", "").split("(", 1)[1].rstrip(")").split(",")
    kind, hours = fact.outcome.split("(", 1)[0], [int(h) for h in inner[1:]]
    if kind == "at":
        return online[hours[0]]
    if kind == "until":
        return online[: hours[0]].max()
    part = online[hours[0] : hours[1]]
    return {"mean": part.mean, "max": part.max, "min": part.min,
            "p05": lambda: np.quantile(part, 0.05), "p95": lambda: np.quantile(part, 0.95)}[kind]()  # fmt: skip


def fit(curve, bounds, facts, iterations):
    """Find the parameters whose curve lies nearest to the facts, in discrepancies."""

    def misfit(logs):
        values = np.array([[read_off(f, curve(*np.exp(logs))) for f in facts]])
        off = matching.distances(matching.compared(values, facts, HOURS), facts)
        return float(((off / matching.discrepancies(facts)) ** 2).sum())

    found = optimize.differential_evolution(
        misfit, np.log(bounds), rng=1, maxiter=iterations, popsize=12
    )
    return np.exp(found.x), found.fun


CURVES = {
    "SIR": (sir, [(0.02, 1.0), (0.0005, 0.3), (2e4, 3e5), (1.0, 3000.0)]),
    "Bass": (bass, [(1e-6, 0.05), (0.001, 1.0), (5e3, 3e5)]),
}


def carry_out(out, *, quick=False, workers=2, keep=None):
    """Fit both curves to the crowd's facts and say what they meet."""
    every = [f for f in load_facts() if f.use in {"calibrate", "check"}]
    facts, rows, curves = of_the_crowd(every), [], {}
    for name, (curve, bounds) in CURVES.items():
        values, misfit = fit(curve, bounds, facts, 5 if quick else 120)
        curves[name] = curve(*values)
        told = {f.id: float(read_off(f, curves[name])) for f in facts}
        rows.append({
            "curve": name, "parameters": ", ".join(f"{v:.4g}" for v in values), "misfit": misfit,
            **told, "crowd_facts_met": sum(f.holds(told[f.id]) for f in facts),
            "crowd_facts": len(facts), "other_facts_it_cannot_say": len(every) - len(facts),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    write((out, keep), {"curves": table}, {"curves": picture(curves, facts)})
    return table.T.to_string()


def picture(curves, facts):
    """Draw the fitted curves and, where there is one, the agent model's, with the facts."""
    from matplotlib.figure import Figure

    from sim import run
    from sim.figures.reported import draw_reported
    from sim.figures.style import BLUE, RED, SMALL, dress

    model = run("taobao-2011", 1, scale=0.05, hours=HOURS).record.series["online"]
    fig = Figure(figsize=(9, 4.2), facecolor="white")
    ax = fig.add_axes((0.09, 0.13, 0.88, 0.78))
    dress(ax)
    ax.plot(model, color=BLUE, linewidth=1.8, label="agent model, best member")
    for (name, line), style in zip(curves.items(), ("-", "--"), strict=True):
        ax.plot(line, style, color=RED, linewidth=1.6, label=name)
    top = draw_reported(ax, model, facts)
    ax.set_xlim(0, HOURS)
    ax.set_ylim(0, 1.08 * max(top, max(line.max() for line in curves.values()), model.max()))
    ax.set_xlabel("hours since 10 October 2011", fontsize=SMALL)
    ax.set_ylabel("people online", fontsize=SMALL)
    ax.legend(frameon=False, fontsize=SMALL, loc="upper left")
    return fig
