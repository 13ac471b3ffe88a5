"""SQL: its tags query and its profile."""
