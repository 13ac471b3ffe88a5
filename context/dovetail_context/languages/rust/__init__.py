"""Rust: its symbols, its imports and what stands at a cursor."""
