"""CSS: its tags query and its profile."""
