"""Retrievers: each proposes pieces of the project for a place in a file."""
