"""How many visits each hour has."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.core.calendar import shopping_shape
from sim.core.chance import Stream, key_of, uniform
from sim.rules.shopping import ShoppingParameters
from sim.setup.visits import draw_visits, poisson_quantile

chances = st.floats(1e-9, 1 - 1e-9)
means = st.floats(1e-6, 1e6)


@given(st.lists(st.tuples(chances, means), min_size=1, max_size=6))
def test_the_number_of_visits_is_the_quantile_of_its_poisson_law(rows):
    u, mean = np.array(rows).T
    n = poisson_quantile(u, mean)
    assert (stats.poisson.cdf(n, mean) >= u).all()
    assert ((n == 0) | (stats.poisson.cdf(n - 1, mean) < u)).all()


def test_each_hour_draws_its_own_number_and_goes_by_its_hour_of_the_day():
    p = ShoppingParameters(visits_per_day=2.4)
    drawn = draw_visits(p, 50_000, 50, 7)
    for h in (0, 13, 49):
        u = uniform(key_of(7), int(Stream.N_VISITS), h, 0, 0)
        assert drawn[h] == stats.poisson.ppf(u, 5000.0 * shopping_shape()[h % 24])
    assert draw_visits(p, 50_000, 20, 7).tolist() == drawn[:20].tolist()
    assert draw_visits(p, 0, 3, 7).tolist() == [0, 0, 0]
