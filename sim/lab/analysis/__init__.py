"""What is learned from a table of runs."""
