"""What the server remembers: documents, workspaces, the engine. Knows no protocol."""
