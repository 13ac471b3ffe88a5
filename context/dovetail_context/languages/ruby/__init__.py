"""Ruby: its tags query, its profile, and what its own conventions say of names and types."""
