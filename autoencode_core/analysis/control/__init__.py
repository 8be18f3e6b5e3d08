"""What the page Control asks about a run, a module for each view."""
