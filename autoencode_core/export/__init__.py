"""What leaves: runs, studies and rows in formats that other programs read."""
