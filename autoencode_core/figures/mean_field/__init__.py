"""The pictures of the page Mean field, a module for each view."""
