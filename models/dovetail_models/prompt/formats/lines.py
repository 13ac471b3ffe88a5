"""Lines that several formats are made of."""

from dovetail_models.prompt.parts import ContextBlock


def one_line(name: str) -> str:
    """Return a path or name as one line: a file name may hold line ends."""
    return " ".join(name.splitlines())


def path_line(path: str, mark: str = "") -> str:
    """Return the line that names a file, with `mark` before the path."""
    return mark + one_line(path) + "\n"


def file_text(block: ContextBlock, mark: str = "") -> str:
    """Return a context block under its path, its text ended by one newline."""
    body = block.text.rstrip("\r\n")
    return path_line(block.path, mark) + (body + "\n" if body else "")
