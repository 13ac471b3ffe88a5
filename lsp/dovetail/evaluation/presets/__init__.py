"""Presets: the prompt and the limits with which a paper measured a suite, and its published figures."""
