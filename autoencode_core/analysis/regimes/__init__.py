"""What the page Regimes asks about a run, a module for each view."""
