"""Hour 0: the population, the coordination graph, what sellers pay."""
