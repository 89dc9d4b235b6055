"""Files and folders: what is written so that a reader never sees half of it."""
