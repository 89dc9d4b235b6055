"""The renewal after the last hour (7.12)."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Renewal:
    """What next year brings, in yuan at full size and shares of sellers."""

    fees: float = 0.0
    fees_later: float = 0.0
    deposits: float = 0.0
    subsidies: float = 0.0
    rival_fees: float = 0.0
    switching: float = 0.0
    share_leaving: float = 0.0
    share_multihoming: float = 0.0
    won: tuple[float, ...] = ()  # sellers who do not stay, by rival

    @classmethod
    def of(cls, model, concession, twin):
        """Let every seller stay, keep both or leave."""
        sellers, weight = model.sellers, model.weight
        bills = model.fees.bills([seller.in_a_year() for seller in sellers], concession)
        if model.market.attraction > 0.0:
            choices = [
                seller.renew(bill.owed, twin) for seller, bill in zip(sellers, bills, strict=True)
            ]
        else:
            choices = [("stay", None)] * len(sellers)
        staying = [b for b, (what, _) in zip(bills, choices, strict=True) if what != "leave"]
        going = [rival for what, rival in choices if what != "stay"]
        rate = model.fees.terms.capital_rate_per_year
        n_shops = sum(
            what != "stay" or (s.second_shop_twin if twin else s.second_shop) >= 0
            for s, (what, _) in zip(sellers, choices, strict=True)
        )

        def total(values):
            return float(np.sum(np.array(list(values), float))) * weight

        def share(which):
            return sum(what == which for what, _ in choices) / len(sellers) if sellers else math.nan

        return cls(
            fees=total(b.fee for b in staying),
            fees_later=total(b.fee_later for b in staying),
            deposits=total(b.deposit for b in staying) * rate,
            subsidies=total(b.subsidy for b in staying) * rate,
            rival_fees=total(rival.yearly_fee for rival in going),
            switching=model.parameters.poaching.switching_cost * n_shops * weight,
            share_leaving=share("leave"),
            share_multihoming=share("both"),
            won=tuple(sum(x is rival for x in going) * weight for rival in model.rivals),
        )
