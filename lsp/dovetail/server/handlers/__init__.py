"""One protocol message, one file: convert in, call, convert out."""
