"""The views of the page Regimes, one module each, and what the two kinds of study share."""
