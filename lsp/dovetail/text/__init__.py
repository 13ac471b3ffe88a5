"""Texts, places in them, and edits: pure values, no protocol."""
