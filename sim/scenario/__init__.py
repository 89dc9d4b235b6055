"""A scenario: every parameter of a run, its schema, and its ways in and out of text."""
