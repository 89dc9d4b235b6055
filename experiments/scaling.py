"""Cost of a run at each size.

Question: what does a run cost at each size?
Levers: none.
Uncertainties: none.
Outcomes: wall time of a run at each share of people simulated; whether the outcomes stay the same.
"""

import numpy as np
import pandas as pd

from sim import lab


def spec():
    """Return the specification."""
    return {
        "name": "scaling",
        "question": "What does a run cost at each size, and do outcomes stay put?",
        "scenario": "taobao-2011",
        "runs": 4,
        "outcomes": ["peak_online", "cum_actions", "total_social_loss"],
        "factors": {"scale": [0.01, 0.02, 0.05, 0.1, 0.2]},
    }


def afterwards(folder):
    """Return the time of a run at each size, and how it grows from one size to the next."""
    kept = lab.open(folder)
    table = kept.sql(
        "SELECT scale, median(wall_seconds) AS seconds, count(*) AS n "
        "FROM runs JOIN timing USING (key) GROUP BY scale ORDER BY scale"
    )
    growth = np.diff(np.log(table.seconds)) / np.diff(np.log(table.scale))
    table["growth_exponent"] = pd.Series([np.nan, *growth])
    return {"cost": table}
