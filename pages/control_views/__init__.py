"""The views of the page Control, one module each."""
