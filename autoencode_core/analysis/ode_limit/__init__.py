"""What the page ODE limit asks about a run, a module for each view."""
