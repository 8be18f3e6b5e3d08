"""Jobs and questions as the server sees them: submitted, followed, heard, kept."""
