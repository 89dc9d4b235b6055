"""What everything else stands on: units, random numbers, compilation, curves, the calendar."""
