"""The pictures of the page Control, a module for each view."""
