"""The rules: one stage of the hour each, its parameters, its scalar rule and its kernel."""
