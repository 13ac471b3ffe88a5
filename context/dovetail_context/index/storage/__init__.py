"""What the index keeps on disk between starts."""
