"""The pages of the dashboard: each says what is shown and holds no mathematics and no drawing code."""
