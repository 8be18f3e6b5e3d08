"""The pictures that only lessons show."""
