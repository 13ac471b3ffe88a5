"""What measures. README.md has one command for each figure."""
