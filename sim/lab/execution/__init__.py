"""Who does the runs: pools of workers, clusters, progress."""
