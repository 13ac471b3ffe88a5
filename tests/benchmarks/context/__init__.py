"""What context/ costs and finds."""
