"""Zig: its tags query and its profile."""
