"""What the context wing costs and finds."""
