"""Dart: its tags query and its profile."""
