"""Robust choice: where the ranking turns, and what cannot be had at once.

The scenario discovery needs the extra ``explore``; all is worked out from the table of runs.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from sim.comparing.statistics import matrix
from sim.comparing.tables import Compared
from sim.core.units import BesiegeError

FEWEST = 20
"""Runs below which no box is looked for."""
MARKEDLY = 1.3
"""How much more often the winner must lose inside a box than everywhere."""


def usual_winner(c: Compared, loss: str) -> str:
    """Return the policy that is best most often, of equals the one with less expected regret."""
    rows = c.regret[c.regret["loss"] == loss]
    return str(rows.sort_values(["p_best", "expected"], ascending=[False, True])["policy"].iloc[0])


def where_it_turns(c: Compared, loss: str | None = None) -> dict[str, Any]:
    """Find the box of uncertain parameters in which the usual winner loses, by PRIM.

    Parameters
    ----------
    c
        A comparison over an ensemble of parameters.
    loss
        By which policies are ranked; the social one if not given.

    Returns
    -------
    dict
        ``winner``, ``loses`` (share of runs), ``words`` (parameters that are no numbers in every
        run: no box is looked for in them), and, if a box was found, ``box`` (parameter: low,
        high), its ``coverage`` (share of all losing runs that lie inside), ``density`` (share of
        the runs inside that lose) and ``n`` inside.

    Raises
    ------
    BesiegeError
        If there is no ensemble, or the extra is not installed.
    """
    if not c.factors:
        raise BesiegeError(
            "ensemble: given none, required: one, since only parameters that vary can change the ranking"
        )
    chosen = loss or c.losses[0]
    winner = usual_winner(c, chosen)
    values = matrix(c.runs, chosen, c.policies)
    whole = ~np.isnan(values).any(axis=1)
    loses = values[:, c.policies.index(winner)] > np.min(values, axis=1)
    first = c.runs[c.runs["policy"] == c.policies[0]].sort_values("run")
    varied = first[c.factors].reset_index(drop=True)[whole].reset_index(drop=True)
    words = [name for name in c.factors if not _is_numeric(varied[name])]
    x, y = varied.drop(columns=words).astype(float), loses[whole]
    told: dict[str, Any] = {
        "winner": winner, "loss": chosen, "loses": float(y.mean()), "words": words,
    }  # fmt: skip
    if x.empty or len(y) < FEWEST or not 0 < y.sum() < len(y):
        return told
    return told | _prim(x, y)


def _is_numeric(values: pd.Series) -> bool:
    """Return whether a parameter is a number, or a switch, in every run."""
    return pd.api.types.is_numeric_dtype(values) and bool(values.notna().all())


def _prim(x: pd.DataFrame, y: np.ndarray) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():  # it warns of what it could do besides
            warnings.simplefilter("ignore")
            from ema_workbench.analysis import prim
    except ImportError as error:
        raise BesiegeError(
            "scenario discovery: missing, required: the extra explore (uv sync --extra explore)"
        ) from error
    box = prim.Prim(x, y, peel_alpha=0.1).find_box()
    if box is None:
        return {}
    trajectory = box.peeling_trajectory
    # The box that weighs both alike: the harmonic mean of coverage and density.
    both = 2 / (1 / trajectory["coverage"].clip(1e-9) + 1 / trajectory["density"].clip(1e-9))
    step = int(both.to_numpy().argmax())
    row, limits = trajectory.iloc[step], box.box_lims[step]
    if float(row["density"]) < MARKEDLY * float(y.mean()):
        return {}
    bounds = {
        name: (float(limits[name].iloc[0]), float(limits[name].iloc[1]))
        for name in x.columns
        if limits[name].iloc[0] > x[name].min() or limits[name].iloc[1] < x[name].max()
    }
    inside = np.ones(len(x), np.bool_)
    for name, (low, high) in bounds.items():
        inside &= ((x[name] >= low) & (x[name] <= high)).to_numpy()
    return {
        "box": bounds,
        "coverage": float(row["coverage"]),
        "density": float(row["density"]),
        "n": int(inside.sum()),
    }


def pareto(c: Compared) -> pd.DataFrame:
    """Return each policy's mean social and platform loss, and whether no other beats both."""
    social, platform = c.losses
    means = c.summary.pivot(index="policy", columns="outcome", values="mean").loc[c.policies]
    table = means[[social, platform]].reset_index()
    points = table[[social, platform]].to_numpy(float)
    beaten = [bool(((points <= p).all(axis=1) & (points < p).any(axis=1)).any()) for p in points]
    return table.assign(on_front=[not b for b in beaten])
