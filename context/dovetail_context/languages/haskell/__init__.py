"""Haskell: its tags query and its profile."""
