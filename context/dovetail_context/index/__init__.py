"""What is known about the files of the workspace, as immutable pictures."""
