"""What precedes the model: where the cursor is, whether to ask, and what of the file the prompt shows."""
