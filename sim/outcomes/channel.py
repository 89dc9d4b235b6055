"""Outcomes of the channel: the queue for the floor."""

import numpy as np

from sim.outcomes.closed import ClosedRecord
from sim.outcomes.registry import Measured
from sim.outcomes.registry import outcome_of_the_siege as outcome


@outcome("peak_queue", "people", "longest queue at the end of an hour")
def _(r: ClosedRecord) -> Measured:
    return r.series["n_queue"].max(initial=0.0)


@outcome("max_queue_wait", "hours", "longest wait of a person who spoke", null="nobody spoke")
def _(r: ClosedRecord) -> Measured:
    spoke = np.isfinite(r.series["queue_wait"]).any()
    return r.series["longest_wait"].max(initial=0.0) if spoke else None


@outcome("cum_refused_speakers", "people", "people turned away because the queue was full")
def _(r: ClosedRecord) -> Measured:
    return r.series["new_refused"].sum()
