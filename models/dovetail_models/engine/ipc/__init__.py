"""What clients and hosts share: sockets, messages, and the registry in which they find each other."""
