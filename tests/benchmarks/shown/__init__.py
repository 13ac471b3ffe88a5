"""What the server shows unasked in real projects, and how the languages' own parsers judge it."""
