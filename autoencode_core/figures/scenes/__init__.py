"""Scenes: what the player shows, as plain values and arrays; encoding.encode makes bytes of them."""
