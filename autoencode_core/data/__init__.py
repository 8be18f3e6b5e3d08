"""Data sets, coordinates and a person's own CSV: numpy only, no torch."""
