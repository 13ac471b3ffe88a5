"""Rust: its symbols, its imports and the surroundings of a cursor."""
