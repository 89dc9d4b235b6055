"""What a comparison tells a head of platform policy, in words, tables and pictures."""

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
    "total_social_loss": "all together",
    "platform_loss": "platform",
    "cum_store_loss": "big stores",
    "cum_seller_loss": "small sellers",
}
"""Outcomes whose differences are drawn."""


_WORDS = dict(enumerate("Two Three Four Five Six Seven Eight Nine Ten".split(), 2))


def brief_of(c: Compared) -> Brief:
    """Work out everything that the report says."""
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
    varied = f"{len(c.factors)} parameters, drawn once a world" if c.factors else "none"
    facts = [
        ("world", f"{c.scenario.name}: {c.scenario.description or 'no description'}"),
        ("runs", f"{about['runs']} worlds, each under every policy; seeds {seeds}"),
        ("scale", f"{c.scenario.scale:g} of sellers, onlookers and shoppers; all big stores"),
        ("horizon", f"{c.scenario.hours} hours from 10 October 2011, then the yearly renewal"),
        ("parameters varied", varied),
        ("failed runs", str(len(c.failed))),
        ("versions", f"besiege {about['version']}, model {about['model_version']}"),
        ("scenario fingerprints", ", ".join(f"{k} {v}" for k, v in about["fingerprints"].items())),
    ]
    n = len(c.policies)
    return Brief(
        title=f"{_WORDS.get(n, n)} ways to answer a siege"
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
    head = ["policy", *means, "all together", f"against {c.policies[0]} (90\u00a0% interval)"]
    note = (
        f"Million yuan lost on average, against the same world with {without(c)}; below 0 is gained. "
        "What one pays another cancels in the sum. Parties are paid and charged to the end of next "
        "year's fees; sales count for the fortnight alone."
    )
    drawn = means.notna().all(axis=None) and totals.notna().all(axis=None)
    figure = [Picture(pictures.who_pays_figure(means, totals), "Losses of each party by policy")]
    return Section("Who pays", [], figure if drawn else [], Grid(head, rows, note, _best(c)))


def _what_each_is(c: Compared) -> Section:
    """Tell what each response does, and when; a comparison of an older version does not know."""
    told = c.about.get("told", {})
    rows = [
        [name, r["description"] or "–", "; ".join(r["measures"]) or "none"]
        for name, r in told.items()
    ]
    if not rows:
        return Section("")
    return Section(
        "What each response is",
        [],
        [],
        Grid(["response", "in a sentence", "measures"], rows, words=True),
    )


def _platform(c: Compared) -> Section:
    """Tell what the platform's loss is made of."""
    rows = []
    loss = c.counted("platform_loss")
    for p in c.policies:
        fees = c.mean(p, "quiet_fee_revenue_next_year") - c.mean(p, "fee_revenue_next_year")
        cost, all_of_it = c.mean(p, "cum_response_cost"), c.mean(p, "platform_loss")
        row = [p, m(fees), m(cost), m(all_of_it - fees - cost)]
        if loss != "platform_loss":
            row.append(m(c.mean(p, loss) - all_of_it))
        rows.append([*row, m(c.mean(p, loss))])
    head = ["policy", "fees of next year not paid", "response, payments included", "commission, advertising, deposits, fines"]  # fmt: skip
    if loss != "platform_loss":
        head.append("new fees against old, nobody protesting")
    note = (
        "Million yuan. Fees not paid: what a concession forgoes, and the fees of sellers who leave, "
        "against the same fees and no protest. Below 0: more is taken than without the siege."
    )
    return Section(
        "What the platform's loss is made of",
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
        "policy", "worlds with a siege", "then: peak online", "hours of attack", "still on at the end",
        "stores attacked", "sellers leaving", "fees next year, million yuan", "honest actions hit", "honest sellers fined",
    ]  # fmt: skip
    note = (
        f"Size and length are means over worlds with a siege, the rest over all. Still on: sieges "
        f"not over after {c.scenario.hours} hours, whose later losses are not counted. Honest actions hit: "
        "orders, reviews and clicks reversed or blocked by mistake while a measure looked for false "
        "ones; a dash where none did."
    )
    drawn = [Picture(pictures.crowd_figure(c.hours, c.policies), "People online by day and policy")]
    words = [
        f"People in the channel: the median world, and the band in which nine of ten lie. The grey line is {c.policies[0]}."
    ]
    return Section(
        "The siege under each", words if len(c.hours) else [], drawn if len(c.hours) else [],
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
        f"Each policy less {c.policies[0]} in the same worlds, with 90\u00a0% intervals of the mean. "
        "Grey: the interval holds 0, so the sign is not known."
    ]
    figure = pictures.differences_figure(table, names, c.policies[1:])
    return Section(
        f"What changes against {c.policies[0]}", words, [Picture(figure, "Paired differences")]
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
    for who in ("all together", "the platform"):
        head += [f"best for {who}", "expected regret", "largest regret"]
    note = (
        "Best: share of worlds in which the policy loses least. Regret: million yuan lost more than "
        "under the policy that was best in the same world, on average and at most."
    )
    front = robust.pareto(c)
    good = [str(p) for p in front.loc[front["on_front"], "policy"]]
    if len(good) == 1:
        words = [f"{good[0]} is best on average both for all together and for the platform."]
    else:
        words = [
            f"No policy here is better than {listed(good)} on average for both the platform and all together; between these one must choose who pays."
        ]
    figures = []
    if len(c.policies) > 2:
        social, platform = c.losses
        figures = [Picture(pictures.front_figure(front, social, platform), "Loss of the platform against loss of all")]  # fmt: skip
    return Section("How sure the choice is", words, figures, Grid(head, rows, note, _best(c)))


def _earlier(c: Compared) -> list[Section]:
    """Tell the value of acting earlier, where a response begins at several hours."""
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
            said.append(f"Beginning {response} {hours} hours later {sense} all together {span(abs(more))} ({span(abs(more) / hours)} an hour).")  # fmt: skip
    picture = Picture(pictures.earlier_figure(table), "Loss of all together by hour of response")
    return [Section("Earlier or later", said, [picture])]


def _fees(c: Compared) -> list[Section]:
    """Tell what each schedule does by itself, nobody protesting."""
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
        "fee schedule", "fees next year", "fees once all steps came", "sellers leaving",
        "sellers' cost of deposits", f"worlds with a siege under {c.runs['response'].iloc[0]}",
    ]  # fmt: skip
    note = "Million yuan, full size. Later fees are those of the sellers who renew now."
    words = [
        "The fee alone, announced and nobody protests. A schedule that brings about the same fees and no siege is a response as well."
    ]
    return [Section("Fees by themselves", words, [], Grid(head, rows, note))]


def _turning(c: Compared) -> list[Section]:
    if not c.factors or len(c.policies) < 2:
        return []
    try:
        found = robust.where_it_turns(c)
    except BesiegeError as error:
        return [Section("Where the ranking turns", [f"Not worked out: {error}."])]
    if found["loses"] == 0.0:
        return []
    words = [
        f"{found['winner']} is best for all together most often and is not in {share(found['loses'])} of the worlds."
    ]
    if found["words"]:
        words.append(f"Looked for among numbers alone, without {', '.join(found['words'])}.")
    if not found.get("box"):
        words.append("No box of parameters was found in which that is markedly more frequent.")
        return [Section("Where the ranking turns", words)]
    rows = [[name, f"{low:.4g}", f"{high:.4g}"] for name, (low, high) in found["box"].items()]
    words.append(
        f"In the box below it is not best in {share(found['density'])} of {found['n']} worlds "
        f"(density); the box holds {share(found['coverage'])} of all worlds in which it is not "
        "(coverage). Found by PRIM; with so few worlds it is a hint where to look."
    )
    grid = Grid(["parameter", "from", "to"], rows)
    return [Section("Where the ranking turns", words, [], grid)]


def _pairing(c: Compared) -> Section:
    if len(c.policies) < 2:
        return Section("")
    rows = []
    for p in c.policies[1:]:
        for loss, title in ((c.losses[0], "all together"), (c.losses[1], "platform"), ("cum_store_loss", "big stores")):  # fmt: skip
            d = c.difference(p, loss)
            rows.append([
                p, title, m(d["error"], 3), m(d["error_independent"], 3), _times(d["ratio"]),
                _times(d["largest_ratio"]),
            ])  # fmt: skip
    head = ["policy", "loss of", "standard error, paired", "independent", "ratio", "largest ratio possible"]  # fmt: skip
    note = (
        "Million yuan. Paired: as here, on the same random numbers. Independent: as many runs of "
        "each policy with numbers of their own. The last column is what the two variances would "
        "allow if the policies moved together perfectly."
    )
    words = [
        "All policies of a world share its random numbers, so that differences of policies are "
        f"not differences of luck. {len(c.runs) // len(c.policies)} worlds give these standard "
        f"errors of the differences from {c.policies[0]}."
    ]
    return Section("What pairing buys", words, [], Grid(head, rows, note))


def _times(ratio: float) -> str:
    if math.isnan(ratio):
        return "–"
    return "unbounded" if math.isinf(ratio) or ratio > 1e6 else f"{ratio:.3g}"


def _unknown(c: Compared) -> Section:
    return Section("What is assumed, and what is not known", assumptions(c))
