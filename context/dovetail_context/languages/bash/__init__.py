"""Bash: its tags query and its profile."""
