"""One run: the loop over stages, its tables, its folder, and its face as a Mesa model."""
