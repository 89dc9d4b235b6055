"""The commands, and what they print and write."""
