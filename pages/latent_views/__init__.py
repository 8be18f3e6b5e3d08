"""The views of the page Latent that have a module of their own."""
