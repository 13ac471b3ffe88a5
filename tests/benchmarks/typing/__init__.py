"""What typing costs."""
