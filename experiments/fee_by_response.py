"""Compare responses at smaller and larger fee rises.

Question: which response costs least, and does that depend on how far the fee rises?
Levers: how far the whole schedule, fees and deposits, goes from the old one (0) to the one
announced (1) and beyond; the response.
Uncertainties: only chance; the same seeds in every cell.
Outcomes: size of the crowd; losses of the stores, of the platform and of all together.
"""

from experiments.fees import schedule


def spec():
    """Return the specification."""
    return {
        "name": "fee-by-response",
        "question": "Which response costs least, and does that depend on how far the fee rises?",
        "scenario": "taobao-2011",
        "runs": 10,
        "outcomes": [
            "peak_online", "cum_actions", "hours_attack", "cum_store_loss", "platform_loss",
            "total_social_loss",
        ],
        "constants": {"scale": 0.05},
        "levers": {
            "fees.new": [{"label": s, "value": schedule(s)} for s in (0.25, 0.5, 1.0, 2.0)],
            "response": ["silence", "protect", "deter", "as-happened"],
        },
        "keep": {"hours": ["online", "n_attackers"]},
    }  # fmt: skip
