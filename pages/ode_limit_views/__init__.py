"""The views of the page ODE limit."""
