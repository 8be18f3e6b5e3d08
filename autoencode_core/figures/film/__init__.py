"""Films: what the player shows, drawn frame by frame; matplotlib, so never in the server."""
