"""What a measure orders, and all of them together (7.9)."""

from dataclasses import dataclass, fields

from scipy.special import ndtr, ndtri

from tests.reference.fees import Concession

ADDED = ("cost", "calls")


@dataclass
class Orders:
    """What all measures in force ask for together."""

    restore_reviews: float = 0.0
    void_orders: float = 0.0
    refund_clicks: float = 0.0
    honest_reviews: float = 0.0
    honest_orders: float = 0.0
    honest_clicks: float = 0.0
    delay_reviews: int = 0
    delay_orders: int = 0
    delay_clicks: int = 0
    mistake_cost: float = 0.0
    throttle: float = 0.0
    throttle_honest: float = 0.0
    compensate: float = 0.0
    padding: float = 0.0
    sanction: float = 0.0
    punishment: float = 0.0
    sellers_checked: float = 0.0
    sellers_found: float = 0.0
    sellers_mistaken: float = 0.0
    fine: float = 0.0
    resentment: float = 0.0
    close_channel: float = 0.0
    away: int = 0
    fades: float = 0.0
    answer: float = 0.0
    talks: float = 0.0
    talks_answer: float = 0.0
    calls: float = 0.0
    call_gain: float = 0.0
    call_backfires: float = 0.0
    cost: float = 0.0
    police: bool = False
    statement: bool = False
    regulator: bool = False
    postponed_share: float = 0.0
    deposit_cut: float = 0.0
    subsidy: float = 0.0
    rolled_back_share: float = 0.0
    grandfathered_share: float = 0.0
    left_out_share: float = 0.0

    def take(self, other):
        """Take another measure's orders in: costs and calls add, the rest takes the larger."""
        for name in (f.name for f in fields(self)):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, mine + theirs if name in ADDED else max(mine, theirs))

    @property
    def concession(self):
        """What is given up."""
        return Concession(**{f.name: getattr(self, f.name) for f in fields(Concession)})

    @property
    def examine_something(self):
        """Whether honest things can be hit."""
        return 0.0 < max(
            self.restore_reviews,
            self.void_orders,
            self.refund_clicks,
            self.throttle,
            self.honest_reviews,
            self.honest_orders,
            self.honest_clicks,
            self.throttle_honest,
        )


def share_found(measure):
    """Give the share of false ones found, when a given share of honest ones is."""
    f = measure.false_positive_share
    if f <= 0.0 or f >= 1.0:
        return float(f >= 1.0)
    return float(ndtr(measure.separation + ndtri(f)))


def _undoes(verb, what):
    return lambda m: (
        {f"{verb}_{what}": share_found(m), f"honest_{what}": m.false_positive_share},
        {f"delay_{what}": m.delay, "mistake_cost": m.cost_per_mistake},
    )


def _concedes(part, amount):
    return lambda m: ({"answer": m.answer, part: amount(m)}, {"statement": True})


# A kind's orders at full strength: what the strength multiplies, and what it does not.
ORDERED = {
    "restore-ratings": _undoes("restore", "reviews"),
    "void-orders": _undoes("void", "orders"),
    "refund-clicks": _undoes("refund", "clicks"),
    "throttle": lambda m: (
        {"throttle": share_found(m), "throttle_honest": m.false_positive_share},
        {"mistake_cost": m.cost_per_mistake},
    ),
    "compensate-stores": lambda m: ({"compensate": m.share}, {"padding": m.padding_share}),
    "police-report": lambda m: (
        {"sanction": m.sanction, "punishment": m.backlash},
        {"police": True},
    ),
    "punish-sellers": lambda m: (
        {
            "sellers_checked": min(1.0, m.checked_per_day / 24),
            "sellers_found": share_found(m),
            "sellers_mistaken": m.false_positive_share,
            "sanction": m.sanction,
            "punishment": m.backlash,
        },
        {"fine": m.fine, "resentment": m.resentment},
    ),
    "arrest": lambda m: (
        {"sanction": m.sanction, "punishment": m.backlash},
        {"police": True},
    ),
    "close-channel": lambda m: (
        {"close_channel": m.lost_share, "punishment": m.backlash},
        {"away": m.away_hours, "fades": m.fades_share},
    ),
    "statement": lambda m: ({"answer": m.answer}, {"statement": True}),
    "open-talks": lambda m: ({"talks": m.contact_rate, "talks_answer": m.answer}, {}),
    "contact-merchants": lambda m: (
        {"calls": m.calls_per_day / 24, "cost": m.calls_per_day / 24 * m.cost_per_call},
        {"call_gain": m.persuasion, "call_backfires": m.backfire_share},
    ),
    "regulator": lambda m: ({"answer": m.answer}, {"regulator": True}),
    "postpone": lambda m: (
        {"answer": m.answer, "postponed_share": m.months / 12},
        {"left_out_share": m.left_out_share, "statement": True},
    ),
    "grandfather": _concedes("grandfathered_share", lambda m: m.covered_share),
    "roll-back": _concedes("rolled_back_share", lambda m: m.share),
    "halve-deposit": _concedes("deposit_cut", lambda m: m.share),
    "subsidise": _concedes("subsidy", lambda m: m.amount),
}


def orders_of(measure, age):
    """Give the orders of a measure in force since ``age`` hours."""
    scaled, said = ORDERED[measure.kind](measure)
    scaled["cost"] = scaled.get("cost", 0.0) + measure.cost_per_hour
    if measure.kind == "close-channel" and age > 0:
        scaled.pop("close_channel")
        said = {}
    if measure.kind == "arrest":
        scaled["sanction"] = scaled["sanction"] * 0.5 ** (age / measure.half_life)
    return Orders(**{name: measure.strength * x for name, x in scaled.items()}, **said)
