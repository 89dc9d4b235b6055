"""The lab: many runs, designed, done by many workers, kept and learned from.

``sim.lab.open(DIR)`` opens the folder of a sweep.
"""
