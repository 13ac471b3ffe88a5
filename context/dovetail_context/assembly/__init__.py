"""Pure: candidates to the pieces of a prompt."""
