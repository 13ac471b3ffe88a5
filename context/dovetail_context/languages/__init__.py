"""One folder per language, and the one list of them."""
