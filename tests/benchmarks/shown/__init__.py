"""What the server shows unasked in real projects, and what the languages' own parsers say of it."""
