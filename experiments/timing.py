"""Cost of waiting with the response.

Question: how much does it cost to wait with the response?
Levers: hours from the first attack to the response; what the response is.
Uncertainties: only chance.
Outcomes: actions; losses of the stores, of the platform and of all together.
"""

HOURS = (1, 12, 24, 48, 96)
UNDO = ("restore-ratings", "void-orders", "refund-clicks")
ANSWER = ("statement", "postpone")


def after(kinds, name):
    """Return a response of measures for each delay, labelled by it."""
    return [
        {
            "name": f"{name} after {h} h",
            "measures": [{"kind": k, "trigger": {"hours_after_first_attack": h}} for k in kinds],
        }
        for h in HOURS
    ]


def spec():
    """Return the specification."""
    return {
        "name": "timing",
        "question": "How much does it cost to wait with the response?",
        "scenario": "taobao-2011",
        "runs": 10,
        "outcomes": ["cum_actions", "cum_store_loss", "platform_loss", "total_social_loss"],
        "constants": {"scale": 0.05},
        "levers": {"response": ["silence", *after(UNDO, "undo"), *after(ANSWER, "concede")]},
    }
