"""Languages read by a grammar and a query each: what they share, and nothing about any one of them."""
