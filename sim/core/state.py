"""The state of a world in columns: one tuple of arrays for each kind of agent.

The tuples themselves never change; their arrays do, in place. A kernel takes a tuple whole, so
that a rule names the columns it reads.
"""

from typing import NamedTuple

from sim.core.units import F32, F64, I8, I16, I32, I64, U8, Bool


class Sellers(NamedTuple):
    """Small and medium merchants, by row of the crowd."""

    turnover: F64  # yuan/yr
    margin: F64  # share of sales, after commission
    category: I32
    rating: F64
    seniority: F64  # 0 came to the mall first, 1 last
    shop: I8  # kind of shop, `Shop`
    sympathy: F64  # offset to hardship, per unit of mean hardship
    legitimacy: F32  # of the platform, as seen by each
    legitimacy_twin: F32  # the same in the quiet twin
    second_shop: I8  # rival at which it has one, -1 if none
    second_shop_twin: I8
    sales_gained: F64  # sales won less sales lost against the quiet twin
    punished: Bool
    fined: F64  # yuan taken as a punishment


class Crowd(NamedTuple):
    """Sellers and, after them, onlookers: the columns mobilisation and attack read."""

    role: U8
    sympathy: F32
    curiosity: F32
    risk: F32  # risk aversion, 0-1
    restlessness: F32  # factor on the chance to quit, mean 1
    threshold: F64  # met at equality where it is a share of neighbours: 1 of 5 meets 0.2
    hardship: F32  # of a seller; of an onlooker the hardship it feels for sellers
    stance: U8
    online: Bool
    utility: F64  # utility of being in, as of the last time it was worked out
    hours_in: I16
    neighbours_in: I32
    ever_attacked: Bool
    ever_acted: Bool  # drawn at the rate of one person


class Stores(NamedTuple):
    """Big stores, ordered by category."""

    category: I32
    brand: F64
    price: F64  # yuan
    margin: F64  # share of sales, after commission
    quality: F64  # rating of its honest reviews, 1-5
    ad_budget: F64  # yuan/day
    click_cost: F64  # yuan
    orders_an_hour: F64  # expected on a normal day, full size
    opening_stock: F64
    stock: F64
    stock_twin: F64
    listed: Bool
    cod_on: Bool
    kept_shut: Bool  # closed by hand for good
    quiet: F64  # hours since the last action against it
    quiet_cod: F64  # hours since the last refusal
    ever_delisted: Bool
    ever_cod_off: Bool
    n_honest: F64  # honest ratings
    n_bad: F64  # bad reviews of the siege that stand
    ad_left: F64  # yuan left of the day's budget
    ad_left_twin: F64
    support: F64  # nominations, decaying
    visibility: F64  # prior visibility, in nominations
    actions_today: F64


class Consumers(NamedTuple):
    """Shoppers; the visit rate is that of the class, row % 64."""

    favourite: I16
    needs_cod: Bool
    loyalty: F32
    n_failed: U8
    hit: Bool  # an honest order was stopped by mistake


class Ties(NamedTuple):
    """Who is tied to whom, in compressed rows, as kernels take it."""

    offsets: I64  # row i's neighbours are neighbours[offsets[i] : offsets[i + 1]]
    neighbours: I32
    degree: I32  # 0 in a complete graph, where no tie is stored
    complete: bool  # everyone is everyone's neighbour

    def __deepcopy__(self, memo: dict[int, object]) -> "Ties":
        """Return itself: nobody may change a graph."""
        return self
