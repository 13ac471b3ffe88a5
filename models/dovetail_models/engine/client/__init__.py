"""The client's side: find a host, or start one, and ask it for completions."""
