"""The pictures of one run: its training, its reconstruction, its code, its width."""
