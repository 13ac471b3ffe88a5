"""Reads the user's project and decides what the model should see."""
