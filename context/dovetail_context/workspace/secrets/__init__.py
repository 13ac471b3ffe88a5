"""Keys, tokens and passwords in a text."""
