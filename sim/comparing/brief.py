"""The report of a comparison for a head of platform policy: words, tables and pictures."""

import math

import pandas as pd
from matplotlib.figure import Figure

from sim.comparing import robust
from sim.comparing.sentences import answer, assumptions, listed, question, share, span, without
from sim.comparing.tables import Compared
from sim.core.units import BesiegeError
from sim.figures import report_pictures as pictures
from sim.figures.numbers import count
from sim.figures.numbers import in_millions as m
from sim.figures.report import Brief, Grid, Picture, Section

SHOWN = {
    "total_social_loss": "all parties",
    "platform_loss": "platform",
    "cum_store_loss": "big stores",
    "cum_seller_loss": "small sellers",
}
"""Outcomes whose differences are drawn."""


_WORDS = dict(enumerate("Two Three Four Five Six Seven Eight Nine Ten".split(), 2))


def brief_of(c: Compared) -> Brief:
    """Work out everything that the report says.

    Raises
    ------
    BesiegeError
        If every run failed: there is nothing to say.
    """
    if len(c.failed) == len(c.runs):
        raise BesiegeError(f"every run failed; the first error: {c.failed['error'].iloc[0]}")
    sections = [
        _who_pays(c),
        _what_each_is(c),
        _platform(c),
        _crowd(c),
        _differences(c),
        _choice(c),
    ]
    sections += [*_earlier(c), *_fees(c), *_turning(c), _pairing(c), _unknown(c)]
    about = c.about
    seeds = f"{about['seed']} to {about['seed'] + about['runs'] - 1}"
    varied = f"{len(c.factors)} parameters, drawn once for each world" if c.factors else "none"
    facts = [
        ("world", f"{c.scenario.name}: {c.scenario.description or 'no description'}"),
        ("runs", f"{about['runs']} worlds, each simulated under every policy; seeds {seeds}"),
        ("scale", f"{c.scenario.scale:g} of all sellers, onlookers and shoppers; every big store"),
        (
            "horizon",
            f"{c.scenario.hours} hours from 10 October 2011, followed by the yearly renewal",
        ),
        ("parameters varied", varied),
        ("failed runs", str(len(c.failed))),
        ("versions", f"besiege {about['version']}, model {about['model_version']}"),
        ("scenario fingerprints", ", ".join(f"{k} {v}" for k, v in about["fingerprints"].items())),
    ]
    n = len(c.policies)
    return Brief(
        title=f"{_WORDS.get(n, n)} ways to respond to a siege"
        if n > 1
        else f"A siege under {c.policies[0]}",
        question=question(c),
        answer=answer(c),
        sections=[s for s in sections if s.words or s.grid or s.pictures],
        facts=facts,
        command=about.get("command", ""),
    )


def _best(c: Compared) -> frozenset[int]:
    if len(c.policies) < 2 or c.regret.empty:
        return frozenset()
    return frozenset({c.policies.index(robust.usual_winner(c, c.losses[0]))})


def _payers(c: Compared) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return each party's mean loss by policy, and that of all together with its interval."""
    means = pd.DataFrame([c.paid(p) for p in c.policies], index=c.policies)
    total = c.losses[0]
    totals = pd.DataFrame(
        {k: [c.mean(p, total, k) for p in c.policies] for k in ("mean", "low", "high")},
        index=c.policies,
    )
    return means, totals


def payers_figure(c: Compared, title: str) -> Figure:
    """Draw what each policy costs, and whom, under a headline."""
    return pictures.who_pays_figure(*_payers(c), title)


def _who_pays(c: Compared) -> Section:
    means, totals = _payers(c)
    total = c.losses[0]
    rows = []
    for p in c.policies:
        d = c.difference(p, total)
        change = "–" if p == c.policies[0] else f"{m(d['mean'])} ({m(d['low'])} to {m(d['high'])})"
        rows.append([p, *(m(means[q][p]) for q in means), m(totals["mean"][p]), change])  # fmt: skip
    head = [
        "policy",
        *means,
        "all parties",
        f"difference from {c.policies[0]} (90\u00a0% interval)",
    ]
    note = (
        f"Average loss in million yuan, compared with the same world with {without(c)}; a value below "
        "0 is a gain. Payments between parties cancel out in the sum. Next year's fees are included; "
        "sales are counted for the simulated hours only."
    )
    drawn = means.notna().all(axis=None) and totals.notna().all(axis=None)
    figure = [
        Picture(pictures.who_pays_figure(means, totals), "Losses of each party under each policy")
    ]
    return Section("Who pays", [], figure if drawn else [], Grid(head, rows, note, _best(c)))


def _what_each_is(c: Compared) -> Section:
    """Show what each response does, and when; comparisons of older versions do not say."""
    told = c.about.get("told", {})
    rows = [
        [name, r["description"] or "–", "; ".join(r["measures"]) or "none"]
        for name, r in told.items()
    ]
    if not rows:
        return Section("")
    return Section(
        "What each response does",
        [],
        [],
        Grid(["response", "in one sentence", "measures"], rows, words=True),
    )


def _platform(c: Compared) -> Section:
    """Show what makes up the platform's loss."""
    rows = []
    loss = c.counted("platform_loss")
    for p in c.policies:
        fees = c.mean(p, "quiet_fee_revenue_next_year") - c.mean(p, "fee_revenue_next_year")
        cost, all_of_it = c.mean(p, "cum_response_cost"), c.mean(p, "platform_loss")
        row = [p, m(fees), m(cost), m(all_of_it - fees - cost)]
        if loss != "platform_loss":
            row.append(m(c.mean(p, loss) - all_of_it))
        rows.append([*row, m(c.mean(p, loss))])
    head = ["policy", "next year's fees not received", "cost of the response, with payments", "commission, advertising, deposits, fines"]  # fmt: skip
    if loss != "platform_loss":
        head.append("new fees compared with old, without a protest")
    note = (
        "Million yuan. Fees not received: what a concession forgoes and what departing sellers would "
        "have paid, compared with the same fees and no protest. A value below 0 means that the "
        "platform earns more than without the siege."
    )
    return Section(
        "What makes up the platform's loss",
        [],
        [],
        Grid([*head, "platform"], rows, note, _best(c)),
    )


def _crowd(c: Compared) -> Section:
    rows = []
    for p in c.policies:
        s = c.siege(p)
        rows.append([
            p, share(s["share_siege"]), _count(s["peak_online"]), _count(s["hours_attack"]),
            share(s["share_still_on"]), _count(s["n_stores_attacked"]), share(c.mean(p, "share_sellers_leaving")),
            m(c.mean(p, "fee_revenue_next_year")), share(c.mean(p, "share_honest_hit")),
            _count(c.mean(p, "n_honest_sellers_punished")),
        ])  # fmt: skip
    head = [
        "policy", "worlds with a siege", "peak online", "hours of attack", "not ended",
        "stores attacked", "sellers leaving", "fees next year, million yuan", "honest actions hit", "honest sellers fined",
    ]  # fmt: skip
    note = (
        f"Peak, hours of attack and stores attacked are means over the worlds with a siege; the other columns cover all worlds. "
        f"Not ended: sieges that had not ended after {c.scenario.hours} hours, whose later losses are not counted. "
        "Honest actions hit: honest orders, reviews and clicks that a measure reversed or blocked by "
        "mistake; a dash means that no measure looked for false ones. Sellers leaving: what moving costs "
        "and brings is assumed."
    )
    drawn = [
        Picture(
            pictures.crowd_figure(c.hours, c.policies), "People online over time under each policy"
        )
    ]
    words = [
        f"People online in the channel: the line is the median of the worlds, the band contains 90\u00a0% of them. The grey line is the median under {c.policies[0]}."
    ]
    return Section(
        "The siege under each policy", words if len(c.hours) else [], drawn if len(c.hours) else [],
        Grid(head, rows, note, _best(c)),
    )  # fmt: skip


def _count(value: float) -> str:
    return "–" if math.isnan(value) else count(value)


def _differences(c: Compared) -> Section:
    if len(c.policies) < 2:
        return Section("")
    names = {c.counted(outcome): title for outcome, title in SHOWN.items()}
    table = c.differences
    if table[table["outcome"].isin(names)][["low", "high"]].isna().any(axis=None):
        return Section("")
    words = [
        f"Loss under each policy minus the loss under {c.policies[0]} in the same worlds, with 90\u00a0% intervals of the mean. "
        "Grey: the interval contains 0, so even the sign is uncertain."
    ]
    figure = pictures.differences_figure(table, names, c.policies[1:])
    return Section(
        f"How the policies differ from {c.policies[0]}",
        words,
        [Picture(figure, "Paired differences in loss")],
    )


def _choice(c: Compared) -> Section:
    if len(c.policies) < 2 or c.regret.empty:
        return Section("")
    rows = []
    for p in c.policies:
        row = [p]
        for loss in c.losses:
            row += [
                share(c.rank(p, loss)["p_best"]),
                m(c.rank(p, loss)["expected"]),
                m(c.rank(p, loss)["maximum"]),
            ]
        rows.append(row)
    head = ["policy"]
    for who in ("all parties", "the platform"):
        head += [f"best for {who}", f"mean regret of {who}", f"largest regret of {who}"]
    note = (
        "Best: share of the worlds in which the policy has the smallest loss. Regret: how much more "
        "is lost than under the best policy for the same world, in million yuan."
    )
    front = robust.pareto(c)
    good = [str(p) for p in front.loc[front["on_front"], "policy"]]
    if len(good) == 1:
        words = [
            f"On average, {good[0]} is best both for all parties together and for the platform."
        ]
    else:
        words = [
            f"On average, no policy is better than {listed(good)} both for the platform and for all parties together. Choosing among these means choosing who pays."
        ]
    figures = []
    if len(c.policies) > 2:
        social, platform = c.losses
        figures = [Picture(pictures.front_figure(front, social, platform), "Loss of the platform and loss of all parties together")]  # fmt: skip
    return Section("How certain the choice is", words, figures, Grid(head, rows, note, _best(c)))


def _earlier(c: Compared) -> list[Section]:
    """Show the value of acting earlier, where a response begins at several hours."""
    parts = [p.partition("@") for p in c.policies]
    rows = []
    for policy, (base, sign, rest) in zip(c.policies, parts, strict=True):
        when, _, fee = rest.partition(" · ")
        if sign and when.isdecimal():
            rows.append({
                "response": base + (f" · {fee}" if fee else ""), "hour": int(when),
                **{k: c.mean(policy, c.losses[0], k) for k in ("mean", "low", "high")},
            })  # fmt: skip
    table = pd.DataFrame(rows)
    if len(table) < 2 or not table["response"].duplicated().any():
        return []
    said = []
    for response, own in table.groupby("response", sort=False):
        own = own.sort_values("hour")
        first, last = own.iloc[0], own.iloc[-1]
        hours, more = int(last["hour"] - first["hour"]), float(last["mean"] - first["mean"])
        if hours:
            sense = "costs" if more > 0 else "saves"
            said.append(f"Starting {response} {hours} hours later {sense} all parties together {span(abs(more))} ({span(abs(more) / hours)} per hour).")  # fmt: skip
    picture = Picture(
        pictures.earlier_figure(table),
        "Loss of all parties together by the hour at which the response begins",
    )
    return [Section("Starting earlier or later", said, [picture])]


def _fees(c: Compared) -> list[Section]:
    """Show what each schedule does by itself, when nobody protests."""
    if c.runs["fee"].isna().all():
        return []
    rows = []
    for fee in dict.fromkeys(c.runs["fee"]):
        policy = str(c.runs.loc[c.runs["fee"] == fee, "policy"].iloc[0])
        siege = c.siege(policy)["share_siege"]
        rows.append([
            str(fee), m(c.mean(policy, "quiet_fee_revenue_next_year")),
            m(c.mean(policy, "quiet_fee_revenue_later")),
            share(c.mean(policy, "quiet_share_sellers_leaving")),
            m(c.mean(policy, "quiet_deposit_cost")), share(siege),
        ])  # fmt: skip
    head = [
        "fee schedule", "fees next year", "fees after the last step", "sellers leaving",
        "sellers' cost of deposits", f"worlds with a siege under {c.runs['response'].iloc[0]}",
    ]  # fmt: skip
    note = "Million yuan at full scale. Fees after the last step are those of the sellers who renew now. Sellers leaving: what moving costs and brings is assumed."
    words = [
        "The effect of each schedule when it is announced and nobody protests. A schedule that yields about the same fees without provoking a siege is a response as well."
    ]
    return [Section("Effects of the fees alone", words, [], Grid(head, rows, note))]


def _turning(c: Compared) -> list[Section]:
    if not c.factors or len(c.policies) < 2:
        return []
    try:
        found = robust.where_it_turns(c)
    except BesiegeError as error:
        return [Section("Where the ranking changes", [f"Not available: {error}."])]
    if found["loses"] == 0.0:
        return []
    words = [
        f"{found['winner']} is most often the best policy for all parties together, but not in {share(found['loses'])} of the worlds."
    ]
    if found["words"]:
        words.append(f"Only numeric parameters were searched, without {', '.join(found['words'])}.")
    if not found.get("box"):
        words.append(
            "No range of the parameters was found in which this happens markedly more often."
        )
        return [Section("Where the ranking changes", words)]
    rows = [[name, f"{low:.4g}", f"{high:.4g}"] for name, (low, high) in found["box"].items()]
    words.append(
        f"Within the ranges below it is not the best in {share(found['density'])} of {found['n']} worlds "
        f"(density), and they contain {share(found['coverage'])} of all worlds in which it is not "
        "the best (coverage). The ranges were found by PRIM; with so few worlds they are only a hint."
    )
    grid = Grid(["parameter", "from", "to"], rows)
    return [Section("Where the ranking changes", words, [], grid)]


def _pairing(c: Compared) -> Section:
    if len(c.policies) < 2:
        return Section("")
    rows = []
    for p in c.policies[1:]:
        for loss, title in ((c.losses[0], "all parties"), (c.losses[1], "platform"), ("cum_store_loss", "big stores")):  # fmt: skip
            d = c.difference(p, loss)
            rows.append([
                p, title, m(d["error"], 3), m(d["error_independent"], 3), _times(d["ratio"]),
                _times(d["largest_ratio"]),
            ])  # fmt: skip
    head = ["policy", "loss of", "standard error, paired", "standard error, independent", "ratio", "largest possible ratio"]  # fmt: skip
    note = (
        "Standard errors in million yuan. Paired: all policies use the same random numbers, as here. "
        "Independent: the same number of runs, in which each policy uses random numbers of its own. "
        "The last column is the ratio that perfectly correlated policies would reach."
    )
    words = [
        "All policies share the random numbers of a world, so differences between policies are "
        f"not differences in luck. With {len(c.runs) // len(c.policies)} worlds, the differences "
        f"from {c.policies[0]} have these standard errors."
    ]
    return Section("What is gained by pairing", words, [], Grid(head, rows, note))


def _times(ratio: float) -> str:
    if math.isnan(ratio):
        return "–"
    return "unbounded" if math.isinf(ratio) or ratio > 1e6 else f"{ratio:.3g}"


def _unknown(c: Compared) -> Section:
    return Section("Assumptions and limits", assumptions(c))
