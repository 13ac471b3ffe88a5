"""The language server: protocol, transport, converters and one handler per file."""
