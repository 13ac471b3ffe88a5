"""Scala: its tags query and its profile."""
