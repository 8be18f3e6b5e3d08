"""Scenes: what the player shows, as plain values and arrays; wire.encode makes bytes of them."""
