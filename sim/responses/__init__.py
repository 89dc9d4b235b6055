"""The measures a platform may take, by family, and responses of them (docs/odd.md, 7.9)."""

from sim.responses.conceding import Grandfather, HalveDeposit, Postpone, RollBack, Subsidise
from sim.responses.deterring import CloseChannel, PoliceReport, PunishSellers
from sim.responses.measure import Measure
from sim.responses.orders import IDLE, Orders, PlatformView, merge
from sim.responses.protecting import (
    CompensateStores,
    RefundClicks,
    RestoreRatings,
    Throttle,
    VoidOrders,
    found_share,
)
from sim.responses.response import AnyMeasure, Response, measures
from sim.responses.talking import ContactMerchants, OpenTalks, Regulator, Statement
from sim.responses.trigger import Trigger

__all__ = [
    "IDLE", "AnyMeasure", "CloseChannel", "CompensateStores", "ContactMerchants", "Grandfather",
    "HalveDeposit", "Measure", "OpenTalks", "Orders", "PlatformView", "PoliceReport", "Postpone",
    "PunishSellers", "RefundClicks", "Regulator", "Response", "RestoreRatings", "RollBack",
    "Statement", "Subsidise", "Throttle", "Trigger", "VoidOrders", "found_share", "measures",
    "merge",
]  # fmt: skip
