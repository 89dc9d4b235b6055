"""Which mechanism each reported pattern needs.

Question: which reported pattern is lost when each mechanism is switched off in turn, or when an
hour's mobilisation takes two or four steps? If none is lost, does the mechanism change the effect
of a response?
Levers: the mechanism.
Uncertainties: chance and the calibrated ensemble, run k with its member k.
Outcomes: every fact; the effect of two responses on the siege and on losses.
"""

import pandas as pd

from experiments.keeping import write
from sim import Scenario, compare, hindcast
from sim.limiting_cases.settings import MECHANISMS_OFF

OFF = {
    "nothing": {},
    "graph": {"graph.family": "none"},
    "attention": {"mobilisation.weight_attention": 0.0},
    "channel (nobody speaks)": {"channel.request_rate": 0.0},
    "legal fear": {"mobilisation.weight_risk": 0.0},
    "legitimacy (views do not move)": {
        f"beliefs.{name}": 0.0
        for name in ("unanswered", "backlash", "answered", "innocents", "neighbours")
    },
    "efficacy": {"mobilisation.efficacy_floor": 1.0},
    "truce boredom": {"mobilisation.quit_factor_truce": 1.0},
    "poaching": {"poaching.move_rate_per_day": 0.0},
    "organisers' focus": {"attack.discipline": 0.0},
    **MECHANISMS_OFF,
    "two steps an hour": {"mobilisation.substeps": 2},
    "four steps an hour": {"mobilisation.substeps": 4},
}
RESPONSES = ("silence", "deter", "protect-and-talk")
LOSSES = ("peak_online", "cum_actions", "platform_loss", "total_social_loss")


def what_is_lost(world, runs, workers):
    """Return each fact's median with each mechanism off, and the patterns that are lost by it."""
    rows, medians = [], {}
    for name, changes in OFF.items():
        changed = world.replace(changes) if changes else world
        found = hindcast(changed, runs, workers=workers, construction=False)
        facts = found.facts[found.facts["use"].isin(["calibrate", "check"])].set_index("id")
        medians[name] = facts["median"]
        if name == "nothing":
            whole = facts["inside"].eq(True)
            pattern = {f.id: f.pattern for f in found.table}
        lost = [i for i in facts.index if whole[i] and not facts.loc[i, "inside"]]
        rows.append({
            "off": name, "share_with_siege": found.share_with_siege,
            "facts_lost": " ".join(lost) or "none",
            "patterns_lost": ", ".join(dict.fromkeys(pattern[i] for i in lost)) or "none",
        })  # fmt: skip
    table = pd.DataFrame(medians).T.rename_axis("off").reset_index()
    return pd.DataFrame(rows), table


def what_responses_do(world, names, runs, workers):
    """Return each response's effect against silence, with a mechanism off, and how far it moved."""
    rows = []
    for name in ("nothing", *names):
        made = compare(
            list(RESPONSES), scenario=world.replace(OFF[name]) if OFF[name] else world, runs=runs,
            ensemble="calibrated", workers=workers,
        )  # fmt: skip
        for response in RESPONSES[1:]:
            told = {loss: made.difference(response, loss) for loss in LOSSES}
            rows.append({"off": name, "response": response} | {
                f"{loss}{end}": d[key] for loss, d in told.items()
                for end, key in (("", "mean"), ("_low", "low"), ("_high", "high"))
            })  # fmt: skip
    return pd.DataFrame(rows)


def carry_out(out, *, quick=False, workers=2, keep=None):
    """Run every ablation, and the responses for what loses no pattern."""
    runs, few, scale = (3, 2, 0.002) if quick else (20, 6, 0.05)
    world = Scenario.load("taobao-2011").replace(scale=scale)
    lost, medians = what_is_lost(world.replace(hours=144), runs, workers)
    survive = [n for n in lost.loc[lost["patterns_lost"] == "none", "off"] if OFF.get(n)]
    tables = {"lost": lost, "medians": medians}
    write((out, keep), tables)
    tables["responses"] = what_responses_do(world, survive[:1] if quick else survive, few, workers)
    write((out, keep), tables)
    return "\n\n".join(f"{n}\n{t.to_string()}" for n, t in tables.items())
