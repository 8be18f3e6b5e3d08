"""What the page Mean field asks about a run, a module for each view."""
