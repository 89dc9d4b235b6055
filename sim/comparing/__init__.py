"""Responses and fees side by side on the same random numbers."""
