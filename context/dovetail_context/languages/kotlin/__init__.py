"""Kotlin: its tags query and its profile."""
