"""A project's own rules: the contents of `.dovetail.toml`, its mistakes, and what follows for each path."""
