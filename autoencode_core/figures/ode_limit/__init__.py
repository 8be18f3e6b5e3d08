"""The pictures of the page ODE limit, a module for each view."""
