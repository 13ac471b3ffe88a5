"""A try-out on a real project, through the real server, as an editor would do it."""
