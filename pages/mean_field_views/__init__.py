"""The views of the page Mean field, one module each."""
