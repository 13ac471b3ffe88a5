"""From package names to clean, ordered, deduplicated source files."""
