"""Designed experiments: a question, its levers, uncertainties and outcomes, a sweep."""
