"""Fee schedules between the old one and the one announced, and beyond."""

from sim import Scenario


def schedule(share):
    """Return the fee schedule at a share of the way from the old to the announced one."""
    fees = Scenario.load("taobao-2011").fees
    old, new = fees.old, fees.new

    def between(a, b):
        return a + share * (b - a)

    low = old.deposits[0].amount
    return {
        "standard": between(old.standard, new.standard),
        "premium": between(old.premium, new.premium),
        "deposits": [{**t.model_dump(), "amount": between(low, t.amount)} for t in new.deposits],
    }
