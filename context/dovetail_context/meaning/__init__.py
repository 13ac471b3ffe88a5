"""What names and expressions mean: definitions followed through imports, and light type inference."""
