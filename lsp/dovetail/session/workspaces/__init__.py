"""Open folders: their rules, where a document belongs, and which text a prompt may hold."""
