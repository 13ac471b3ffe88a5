"""Messages beyond LSP 3.18, one file per message."""
