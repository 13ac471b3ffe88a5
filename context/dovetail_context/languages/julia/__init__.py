"""Julia: its tags query and its profile."""
