"""Mesa agents and agent sets over the columns of a world."""
