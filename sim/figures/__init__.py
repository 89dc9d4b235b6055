"""Pictures and words drawn from a record or a table alone."""
