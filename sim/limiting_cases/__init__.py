"""Cases with an answer known from outside, run through the model with its switches set.

Each function sets switches of the public model, runs its own stages and kernels, and gives what
came out; none works out the answer itself. ``docs/reference/known.md`` lists them with the
switches, the law each should meet, and how closely.
"""

from sim.limiting_cases.crowd import (
    centola_macy,
    epstein,
    granovetter,
    granovetter_normal,
    watts,
    watts_window,
)
from sim.limiting_cases.detecting import Thinned, roc, thinning
from sim.limiting_cases.floor import Line, md1, md1_balking, md1k
from sim.limiting_cases.settings import Estimate
from sim.limiting_cases.trade import Rating, Shares, bad_reviews_to_fall_below, logit_shares, rating
from sim.limiting_cases.worlds import Nothing, Ratio, idle_policy, nothing_happens, scale

__all__ = [
    "Estimate",
    "Line",
    "Nothing",
    "Rating",
    "Ratio",
    "Shares",
    "Thinned",
    "bad_reviews_to_fall_below",
    "centola_macy",
    "epstein",
    "granovetter",
    "granovetter_normal",
    "idle_policy",
    "logit_shares",
    "md1",
    "md1_balking",
    "md1k",
    "nothing_happens",
    "rating",
    "roc",
    "scale",
    "thinning",
    "watts",
    "watts_window",
]
