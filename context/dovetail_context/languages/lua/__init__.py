"""Lua: its tags query and its profile."""
