"""A project's own rules: what `.dovetail.toml` says, what is wrong with it, and what follows for each path."""
