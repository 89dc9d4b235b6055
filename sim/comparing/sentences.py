"""The report's sentences: the question, the answer in three, what is assumed."""

import math

from sim.comparing.robust import usual_winner
from sim.comparing.tables import Compared
from sim.figures.numbers import in_millions as m
from sim.figures.numbers import percent

MOST_NAMED = 12
"""Parameters that are named in a sentence; of more it tells how many."""


def span(yuan: float) -> str:
    """Write an amount in million yuan with its unit."""
    value = yuan / 1e6
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return f"{value:,.{digits}f} million yuan".replace("-", "\N{MINUS SIGN}")


def share(value: float) -> str:
    """Write a share, a dash where there is none."""
    return "–" if math.isnan(value) else percent(value)


def question(c: Compared) -> str:
    """Ask what the comparison answers."""
    fees = [f for f in dict.fromkeys(c.runs["fee"]) if isinstance(f, str)]
    responses = list(dict.fromkeys(c.runs["response"]))
    asked = f"Which of these {len(c.policies)} policies costs least, who bears the cost, and how certain is the answer?"  # fmt: skip
    if len(c.policies) == 1:
        asked = "What does this policy cost, and who bears the cost?"
    by = f"Responses: {', '.join(responses)}" if len(responses) > 1 else f"Response: {responses[0]}"
    under = f" Fee schedules: {', '.join(fees)}." if fees else ""
    return f"{asked} {by}.{under}"


def answer(c: Compared) -> list[str]:
    """Answer in three sentences: what is best, who pays, what is not known."""
    if len(c.policies) < 2 or c.regret.empty:
        return [f"Nothing can be ranked: there is only one policy, or no world finished under every policy ({len(c.failed)} runs failed)."]  # fmt: skip
    social, platform = c.losses
    best, own = usual_winner(c, social), usual_winner(c, platform)
    return [_what_is_best(c, best, social), _who_pays(c, best, own), _what_is_not_known(c, best, social)]  # fmt: skip


def _what_is_best(c: Compared, best: str, social: str) -> str:
    often = share(c.rank(best, social)["p_best"])
    first = c.policies[0]
    second, more, low, high = _next_best(c, best, social)
    saves = ""
    if best != first:
        d = c.difference(best, social)
        saves = f", {span(-d['mean'])} less than {first}{_between(-d['high'], -d['low'])}"
    text = f"{best} costs all parties together the least{saves}, and was the best policy in {often} of the simulated worlds"  # fmt: skip
    if second == first and best != first:
        return f"{text}."
    if more == low == high == 0.0:
        return f"{text}. The result of {second} is the same in every world."
    sense, ends = ("more", (low, high)) if more >= 0 else ("less", (-high, -low))
    doubt = "" if low > 0 else "; these worlds do not show which of the two is better"
    return f"{text}. The next best, {second}, costs {span(abs(more))} {sense} on average{_between(*ends)}{doubt}."


def _next_best(c: Compared, best: str, loss: str) -> tuple[str, float, float, float]:
    """Name what costs least on average beside the best, and how much more: mean and interval."""
    costs = {p: c.rank(p, loss)["mean"] for p in c.policies if p != best}
    second = min(costs, key=costs.__getitem__)
    return second, *c.more_than(second, best, loss)


def _between(low: float, high: float) -> str:
    """Write an interval in million yuan; one world has none."""
    if math.isnan(low):
        return " (no interval: there is only one world)"
    return f" (90\u00a0% interval {m(low)} to {m(high)})"


def without(c: Compared) -> str:
    """Say against what losses are counted."""
    return (
        "the old fees and no protest"
        if c.losses[0].endswith("old_fees")
        else "the same fees and no protest"
    )


def _who_pays(c: Compared, best: str, own: str) -> str:
    losses = c.paid(best)
    said = ", ".join(
        f"{'the platform loses' if party == 'platform' else f'{party} lose'} {span(loss)}"
        if loss >= 0
        else f"{'the platform gains' if party == 'platform' else f'{party} gain'} {span(-loss)}"
        for party, loss in losses.items()
    )
    text = f"Who pays: under {best}, compared with the same world with {without(c)}, {said}."
    if own == best:
        return f"{text} This policy is also the cheapest for the platform itself."
    lost = c.mean(own, c.counted("platform_loss"))
    word = "loses" if lost >= 0 else "gains"
    return f"{text} The platform itself fares best under {own}, where it {word} {span(abs(lost))}: the policy that is best for all parties together is not the best for the platform.{_close(c, own)}"


def _close(c: Compared, own: str) -> str:
    """Say if another policy is as good for the platform, as far as these worlds tell."""
    second, _mean, low, _high = _next_best(c, own, c.losses[1])
    return (
        ""
        if low > 0
        else f" These worlds do not show whether {own} or {second} is better in this respect."
    )


def _what_is_not_known(c: Compared, best: str, social: str) -> str:
    rank = c.rank(best, social)
    largest, n = rank["maximum"], rank["n"]
    if c.factors:
        varied = f"this rests on {n} random draws, in which {len(c.factors)} uncertain parameters vary too, and is no proof"  # fmt: skip
    else:
        varied = "only chance was varied, and every parameter kept its value: the intervals do not cover what is unknown about how people behave"  # fmt: skip
    worst = f"in the worst of the {n} worlds, {best} costs {span(largest)} more than the best policy in that world"  # fmt: skip
    if largest == 0.0:
        worst = f"{best} is the best policy in all {n} worlds"
    text = f"What remains uncertain: {worst}, but {varied}."
    if c.about.get("ensemble") == "calibrated":
        text += " How strongly a response changes people's attitudes is not constrained by any reported fact, and was kept at one value; --ensemble wide varies it too."
    sieges = c.sieges["share_siege"]
    if float(sieges.min()) < 1.0:
        text += f" A siege broke out in {share(float(sieges.min()))} to {share(float(sieges.max()))} of the worlds, depending on the policy."
    return text + _never_begun(c) + _still_on(c)


def _never_begun(c: Compared) -> str:
    """Say in how many worlds, and under which policies, no measure began."""
    ended = c.runs[c.runs["error"] == ""]
    said = []
    for policy, own in ended.groupby("policy", sort=False):
        told = c.about.get("told", {}).get(own["response"].iloc[0], {})
        idle = float(own["hour_first_measure"].isna().mean())
        if told.get("measures") and idle > 0.0:
            said.append(f"{share(idle)} of the worlds under {policy}")
    return f" No measure began in {listed(said)}." if said else ""


def _still_on(c: Compared) -> str:
    """Say under which policies sieges outlast the run, so that their losses are cut short."""
    table = c.sieges
    on = table.loc[table["share_still_on"] > 0.0, ["policy", "share_still_on"]]
    if on.empty:
        return ""
    days = c.scenario.hours / 24
    if min(on["share_still_on"]) == 1.0:
        names, how = listed([str(p) for p in on["policy"]]), "no siege"
    else:
        each = zip(on["policy"], on["share_still_on"], strict=True)
        names, how = "", listed([f"{share(s)} of the sieges under {p}" for p, s in each])
    under = f" under {names}" if names else ""
    return f" After {days:.3g} days, {how}{under} had {'' if names else 'not '}ended: later losses are not counted here."


def listed(names: list[str]) -> str:
    """Join several names for a sentence."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def assumptions(c: Compared) -> list[str]:
    """Say what the ranking rests on."""
    if not c.factors:
        varied = "Every parameter kept its value. The option --ensemble wide draws every parameter from its prior, and shows where the ranking changes."
    else:
        few = len(c.factors) <= MOST_NAMED
        which = ", ".join(c.factors) if few else f"{len(c.factors)}, named in comparison.json"
        varied = f"These uncertain parameters were drawn once for each world, with the same values for all policies: {which}."  # fmt: skip
    warning = c.about.get("warning")
    return [
        *([f"Warning: {warning}."] if warning else []),
        varied,
        "The way in which legitimacy, fear and anger react to the platform is taken from the "
        "literature; the strength of the reaction lies in ranges that other protests suggest, for "
        "no fact of 2011 measures it. How far a concession or talks satisfy the demands is a parameter of each measure, "
        "and so are the staff costs of the measure.",
        "False orders, reviews and clicks are detected by a score that makes mistakes in both directions; attackers do not learn what was detected.",
        "A value below 0 for all parties together means that the response saves more than the "
        "siege costs, most often because fewer sellers pay for a second shop elsewhere. What the "
        "mall pays or forgoes to achieve this is a gain for its sellers, so the two cancel out.",
        "Next year's fees are those of the sellers who renew. Later years, new sellers, lawsuits and the value of a reputation beyond shoppers' loyalty are left out.",
        "The organisers follow fixed rules (quorum, truce, ultimatum) and do not adapt their strategy to a response.",
    ]
