"""Swift: its tags query and its profile."""
