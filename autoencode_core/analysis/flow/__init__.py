"""What the page Flow asks about a run, a module for each view."""
