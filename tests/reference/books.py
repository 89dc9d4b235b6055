"""What is written down, hour by hour (4.11)."""

import numpy as np

from sim.core.units import N_CATEGORIES, Cause, Tactic

SERIES = """
    online n_sellers_in n_onlookers_in n_attackers new_purchases new_bad_reviews new_refusals
    new_clicks n_delisted n_cod_off share_focal n_queue queue_wait attention legitimacy
    perceived_sanction new_orders new_failed_visits mall_sales rival_sales store_loss phase
    online_sellers new_attackers new_refused longest_wait new_blocked new_throttled new_contacts
    surplus_loss seller_loss response_cost mall_sales_twin small_sales_lost rival_sales_twin
    wanted to_rivals gave_up empty_shelf stopped new_honest_hit new_honest new_accounts_hit fines
    new_punished new_punished_honest new_calls
""".split()


class Books:
    """Series by name, and arrays by hour and store, category, tactic, cause or rival."""

    def __init__(self, hours, n_stores, n_rivals):
        self.hours = hours
        self.series = {name: np.zeros(hours) for name in SERIES}
        by_store = hours, n_stores
        self.actions = np.zeros((*by_store, len(Tactic)), np.int64)
        self.out = np.zeros(by_store, np.int64)
        self.orders = np.zeros((hours, n_stores + N_CATEGORIES))
        self.orders_twin = np.zeros((hours, n_stores + N_CATEGORIES))
        self.rival_orders = np.zeros((hours, n_rivals))
        self.rival_orders_twin = np.zeros((hours, n_rivals))
        self.loss = np.zeros((*by_store, len(Cause)))
        self.ad_honest, self.ad_honest_twin = np.zeros(by_store), np.zeros(by_store)
        self.ad_refund, self.compensation = np.zeros(by_store), np.zeros(by_store)
        self.delisted, self.cod_off = np.zeros(by_store, bool), np.zeros(by_store, bool)
