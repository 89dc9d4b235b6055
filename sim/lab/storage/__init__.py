"""The folder of a sweep: what is written, by whom, and how it is read again."""
