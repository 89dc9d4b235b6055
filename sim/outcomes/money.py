"""Outcomes of the renewal: who pays, who leaves, and what the fee alone would have brought."""

from collections.abc import Callable

from sim.outcomes.closed import ClosedRecord
from sim.outcomes.payments import Accounts
from sim.outcomes.record import NextYear
from sim.outcomes.registry import Measured, outcome

NO_RENEWAL_OF_SELLERS = "the run ended before the renewal, or there are no sellers"


def _enter_money(name: str, label: str, read: Callable[[Accounts], float]) -> None:
    def work_out(r: ClosedRecord) -> Measured:
        return read(r.accounts) if r.renewal is not None else None

    outcome(name, "yuan", label, null="the run ended before the renewal", needs_renewal=True)(
        work_out
    )


_enter_money("cum_seller_loss", "loss of small sellers: margin, next year's fees and second shops", lambda b: b.sellers)  # fmt: skip
_enter_money("cum_rival_gain", "gain of rivals: margin and fees", lambda b: -b.rivals)
_enter_money("cum_response_cost", "cost of the response to the platform, including payments", lambda b: b.response)  # fmt: skip
_enter_money("platform_loss", "loss of the platform: response, commission, fees and advertising", lambda b: b.platform)  # fmt: skip
_enter_money("total_social_loss", "losses of all parties minus the gain of rivals; payments between parties cancel out", lambda b: b.social)  # fmt: skip


@outcome("fee_revenue_next_year", "yuan", "fees of the sellers who renew, net of refunds", null="the run ended before the renewal", needs_renewal=True)  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.renewal.run.fees if r.renewal is not None else None


@outcome("fee_revenue_later", "yuan", "yearly fees of the same sellers after the last step of the increase", null="the run ended before the renewal", needs_renewal=True)  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.renewal.run.fees_later if r.renewal is not None else None


@outcome("share_sellers_leaving", "share", "share of sellers who leave the mall at the renewal, by assumed costs and gains of moving", null=NO_RENEWAL_OF_SELLERS, needs_renewal=True)  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.renewal.run.share_leaving if r.renewal is not None else None


@outcome("share_sellers_multihoming", "share", "share of sellers who keep a second shop at the renewal", null=NO_RENEWAL_OF_SELLERS, needs_renewal=True)  # fmt: skip
def _(r: ClosedRecord) -> Measured:
    return r.renewal.run.share_multihoming if r.renewal is not None else None


# ---------------------------------------------------------------- the fee alone, nobody protests
def _enter_quiet(
    name: str, unit: str, label: str, read: Callable[[NextYear], float],
    null: str = "the run ended before the renewal",
) -> None:  # fmt: skip
    def work_out(r: ClosedRecord) -> Measured:
        return read(r.renewal.twin) if r.renewal is not None else None

    outcome(name, unit, label, null=null, needs_renewal=True)(work_out)


_enter_quiet("quiet_fee_revenue_next_year", "yuan", "fees next year if nobody protests", lambda y: y.fees)  # fmt: skip
_enter_quiet("quiet_fee_revenue_later", "yuan", "yearly fees after the last step of the increase if nobody protests", lambda y: y.fees_later)  # fmt: skip
_enter_quiet("quiet_deposit_cost", "yuan", "yearly cost of the money tied up in deposits if nobody protests", lambda y: y.deposits)  # fmt: skip
_enter_quiet("quiet_rival_fees", "yuan", "fees paid to rivals next year if nobody protests", lambda y: y.rival_fees)  # fmt: skip
_enter_quiet("quiet_switching_cost", "yuan", "spent on second shops if nobody protests", lambda y: y.switching)  # fmt: skip
_enter_quiet(
    "quiet_share_sellers_leaving",
    "share",
    "share of sellers who leave at the renewal if nobody protests, by assumed costs and gains of moving",
    lambda y: y.share_leaving,
    NO_RENEWAL_OF_SELLERS,
)
