"""The views of the page Lessons."""
