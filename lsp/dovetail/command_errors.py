"""Errors that end a command: each message is one line that explains what to do next."""


class CommandError(Exception):
    """The command was right and could not be done: exit status 1."""


class UsageError(CommandError):
    """The command's words are wrong: exit status 2."""
