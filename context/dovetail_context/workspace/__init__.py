"""The user's material: which folder, which files, their text, and their changes."""
