"""Questions that lessons ask."""
