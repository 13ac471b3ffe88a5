"""What the index keeps about a file, free of any language's syntax, and its packed form."""
