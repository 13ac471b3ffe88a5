"""What a user sees in an editor."""
