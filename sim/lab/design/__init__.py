"""What a sweep is to do: its specification, its points, its runs one by one."""
