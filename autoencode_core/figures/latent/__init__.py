"""The pictures of the page Latent, a module for each view."""
