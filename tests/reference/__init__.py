"""A second engine, written from `docs/odd.md` alone, to hold the first one to its text.

Plain Mesa agents, one object each, one method a rule, in Python without compiled code. It shares
with the engine the keyed random numbers, the scenario's parameters and the graph, and no rule.
It is slow and meant to be read; section numbers are those of `docs/odd.md`.
"""
