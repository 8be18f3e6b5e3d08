"""The pictures of the page Regimes, a module for each view."""
