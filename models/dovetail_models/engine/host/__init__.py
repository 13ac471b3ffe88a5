"""The host process: it serves completions to clients, with the least rights that the platform offers."""
