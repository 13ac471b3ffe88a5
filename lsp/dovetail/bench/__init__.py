"""Replay of typing over real files, measured keystroke by keystroke."""
