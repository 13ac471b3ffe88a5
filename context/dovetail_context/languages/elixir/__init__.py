"""Elixir: its tags query and its profile."""
