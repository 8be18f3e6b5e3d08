"""The views of the page Latent, one module each."""
