"""What lasts: run and study files, their checks, the folders that they are in; numpy only, no torch."""
