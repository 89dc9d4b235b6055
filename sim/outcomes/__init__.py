"""What a run leaves behind, and every quantity that is read off it."""

from sim.outcomes.outcomes import outcome

__all__ = ["outcome"]
