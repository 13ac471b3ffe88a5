"""How likely a name is used next: by its words, its use in the project, and what is around the cursor."""
