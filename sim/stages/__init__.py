"""The stages of an hour: each reads and changes the world by the rules of its own module."""
