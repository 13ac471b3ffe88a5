"""PHP: its tags query, its profile, and types from doc comments."""
