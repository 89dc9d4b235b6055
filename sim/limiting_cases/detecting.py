"""Detection alone: the ROC of its scores, and the thinning of what it looks through."""

from typing import NamedTuple

import numpy as np

from sim.core.chance import Stream, key_of
from sim.core.units import CALLED, F64, Tactic
from sim.limiting_cases.settings import LONGEST, Estimate, number, still, whole
from sim.responses import PlatformView, RestoreRatings, Trigger
from sim.rules import detection

LEVELS = 4000
"""Thresholds at which the curve is looked at, by the share of honest ones they hit."""


class Thinned(NamedTuple):
    """Bad reviews of an hour that stay and that are taken out."""

    kept: Estimate  # a mean hour
    removed: Estimate
    kept_dispersion: Estimate  # variance over mean, 1 of a Poisson number
    removed_dispersion: Estimate
    correlation: Estimate  # of the two, hour by hour


def roc(d: float, n: int = 1_000_000, seed: int = 1) -> Estimate:
    """Return the area under the ROC curve of scores that lie ``d`` apart.

    Parameters
    ----------
    d
        How far false ones score above honest ones, in standard deviations, 0 to 10.
    n
        False reviews looked through, 4000 to 100,000,000: as many at each of 4000 thresholds,
        which hit honest ones with probability (i - 1/2)/4000.
    seed
        0 to 2**64 - 1.

    Returns
    -------
    Estimate
        Probability that a false one scores above an honest one, with its standard error. The
        binormal law says Phi(d / sqrt 2) (Swets 1988).

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    The measure ``restore-ratings`` with ``separation = d`` says for each
    ``false_positive_share`` what it finds, and the kernel that looks reviews through finds it.
    """
    separation = number("d", d, 0, 10)
    each = whole("n", n, LEVELS, 100_000_000) // LEVELS
    view = PlatformView(hour=0, online=0.0, first_attack=-1, ultimatum=-1, deadline=-1)
    key, written, found = key_of(whole("seed", seed, 0, 2**64 - 1)), np.array([float(each)]), 0.0
    variance, out = 0.0, np.empty(1)
    for level in range(LEVELS):
        measure = RestoreRatings(
            trigger=Trigger(hour=0),
            separation=separation,
            false_positive_share=(level + 0.5) / LEVELS,
        )
        share = measure.orders_at(view).restore_reviews
        detection.find_false(key, int(Stream.DETECT_REVIEW), level, written, share, out)
        found += float(out[0])
        variance += share * (1.0 - share)
    return Estimate(found / (each * LEVELS), np.sqrt(variance / each) / LEVELS)


def thinning(
    mean: float = 10.0, d: float = 1.0, false_positive_share: float = 0.3, hours: int = 2000,
    seed: int = 1,
) -> Thinned:  # fmt: skip
    """Return how the bad reviews of an hour are parted into those that stay and those removed.

    Parameters
    ----------
    mean
        Bad reviews an hour, 0.1 to 20.
    d
        Separation of the scores, 0 to 10.
    false_positive_share
        Honest ones above the threshold, 0.001 to 0.999.
    hours
        Length of the run, 200 to 10,000.
    seed
        0 to 2**64 - 1.

    Returns
    -------
    Thinned
        Means, dispersions and correlation of the hourly numbers, with their standard errors.
        With p = Phi(d - z), 1 - Phi(z) the share of honest ones hit, they are independent
        Poisson numbers of mean (1 - p) and p times ``mean``.

    Raises
    ------
    BesiegeError
        For an argument out of its range.

    Notes
    -----
    Switches: one sympathiser who is always online and always acts, ``attack.review_rate = mean``
    and no other tactic, one store that never closes, ``channel.quorum = 0``, ``escalation = 1``,
    ``attack_before_truce = 1000``; ``restore-ratings`` from hour 0, ``delay = 0``.
    """
    siege = still(
        seed,
        announced=0,
        hours=whole("hours", hours, 200, LONGEST),
        population__n_onlookers=1,
        population__sympathiser_share=1.0,
        population__reporter_share=0.0,
        population__onlooker_threshold_mean=-1.0,
        population__onlooker_threshold_sd=0.0,
        attack__review_rate=number("mean", mean, 0.1, 20),
        attack__purchase_rate=0.0,
        attack__refusal_rate=0.0,
        attack__click_rate=0.0,
        attack__escalation=1.0,
        channel__quorum=0.0,
        channel__attack_before_truce=1000.0,
        channel__dissolve_share=0.0,
        stores__delist_rate=0.0,
        stores__delist_stockout=0.0,
        stores__precaution=0.0,
        stores__precaution_category=0.0,
        stores__cod_rate=0.0,
        response={"name": "restore", "measures": [{
            "kind": "restore-ratings", "trigger": {"hour": 0}, "delay": 0,
            "separation": number("d", d, 0, 10),
            "false_positive_share":
                number("false_positive_share", false_positive_share, 0.001, 0.999),
        }]},
    )  # fmt: skip
    standing = np.empty(hours + 1)
    standing[0] = 0.0
    for hour in range(hours):
        siege.step()
        standing[hour + 1] = siege.stores[0].n_bad
    record = siege.record
    called = np.isin(record.series["phase"], CALLED)
    written = record.actions[:, 0, Tactic.BAD_REVIEW][called]
    kept = np.diff(standing)[called]
    removed = written - kept
    return Thinned(
        kept=_mean(kept),
        removed=_mean(removed),
        kept_dispersion=_dispersion(kept),
        removed_dispersion=_dispersion(removed),
        correlation=Estimate(np.corrcoef(kept, removed)[0, 1], 1.0 / np.sqrt(written.size)),
    )


def _mean(x: F64) -> Estimate:
    return Estimate(x.mean(), x.std(ddof=1) / np.sqrt(x.size))


def _dispersion(x: F64) -> Estimate:
    """Variance over mean; the error is that of as many Poisson numbers."""
    return Estimate(x.var(ddof=1) / x.mean(), np.sqrt(2.0 / x.size))
