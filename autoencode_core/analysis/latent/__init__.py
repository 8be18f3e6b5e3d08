"""What the page Latent asks about a run, a module for each view."""
