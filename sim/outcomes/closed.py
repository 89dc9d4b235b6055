"""A record that is written to no more, with the sums that several outcomes share."""

from dataclasses import fields
from functools import cached_property, reduce
from operator import add
from typing import Self

import numpy as np

from sim.core.units import F64, Bool, Tactic
from sim.outcomes.payments import Accounts, balance
from sim.outcomes.record import Record

DAY = 24
ATTACKED = 100.0
"""False actions in a day from which a store counts as attacked."""


def by_day(values: F64) -> F64:
    """Sum an array by hour into calendar days, the last one as far as it goes."""
    days = -(-values.shape[0] // DAY)
    padded = np.zeros((days * DAY, *values.shape[1:]))
    padded[: values.shape[0]] = values
    out: F64 = padded.reshape(days, DAY, *values.shape[1:]).sum(axis=1)
    return out


def across(values: F64) -> F64:
    """Sum over the last axis, of tactics or causes: numpy's sum to the bit, in a tenth of its time.

    numpy loops over the last axis, and it is short.
    """
    out: F64 = reduce(add, np.moveaxis(values, -1, 0))
    return out


class ClosedRecord(Record):
    """A record to which nothing is added: what is worked out from it once stays right.

    It shares the arrays of the record that it closes.
    """

    @classmethod
    def of(cls, record: Record) -> Self:
        """Close a record; one that is closed already is returned as it is."""
        if isinstance(record, cls):
            return record
        return cls(*(getattr(record, f.name) for f in fields(record)))

    @cached_property
    def actions_by_store(self) -> F64:
        """False actions of all tactics, shape (hours, stores)."""
        return across(self.actions)

    @cached_property
    def day_actions(self) -> F64:
        """False purchases, refusals and bad reviews, shape (calendar days, stores)."""
        return by_day(self.actions_by_store - self.actions[:, :, Tactic.CLICK])

    @cached_property
    def attacked(self) -> Bool:
        """Which stores had a day of at least 100 false actions."""
        return np.asarray((by_day(self.actions_by_store) >= ATTACKED).any(axis=0))

    @cached_property
    def paid_to_stores(self) -> F64:
        """What the platform paid, refunds of clicks included (yuan), shape (hours, stores)."""
        return self.ad_refund + self.compensation

    @cached_property
    def store_loss(self) -> F64:
        """Loss of each store (yuan): margin and costs, less what the platform paid."""
        return np.asarray(across(self.loss).sum(axis=0) - self.paid_to_stores.sum(axis=0))

    @cached_property
    def store_sales_lost(self) -> F64:
        """Sales each store lost (yuan) against its twin."""
        n = self.first
        return np.asarray(
            ((self.orders_twin[:, :n] - self.orders[:, :n]) * self.price[:n]).sum(axis=0)
        )

    @cached_property
    def ad_loss(self) -> F64:
        """Money each store paid for false clicks (yuan), before refunds."""
        return np.asarray(self.actions[:, :, Tactic.CLICK].sum(axis=0) * self.click_cost)

    @cached_property
    def accounts(self) -> Accounts:
        """Who lost and gained what against the quiet twin, and who paid whom."""
        return balance(self)
