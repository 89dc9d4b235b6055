"""The state of one world: its columns, and what stages read and change."""
