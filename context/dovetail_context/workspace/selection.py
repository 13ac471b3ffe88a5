"""A project's own rules for excluding files from the index, as a value that the caller passes. This module does not
know where rules come from. `exclude.py` and `gitignore.py` exclude files in every project.
"""

from dataclasses import dataclass
from typing import Protocol


class Selection(Protocol):
    """Narrows what is read, and can never widen it. Equal selections leave out the same."""

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        """Return why `path` (posix, relative to the root) is excluded, for the user to read; None if it is not.

        The walk does not enter an excluded folder: return None for one that holds anything to be read. `language` is
        the language id of a file, if its path does not imply it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Everything:
    """Leaves out nothing."""

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        return None


EVERYTHING = Everything()


def left_out(selection: Selection, path: str, language: str = "") -> str | None:
    """Return why a file is excluded, by its own path or by a folder above it; None if it is not. `language` is the
    language id of the file, if its path does not imply it."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        reason = selection.excluded("/".join(parts[:depth]), True)
        if reason is not None:
            return reason
    return left_out_itself(selection, path, language)


def left_out_itself(selection: Selection, path: str, language: str = "") -> str | None:
    """Return why a file is excluded by its own path and language, regardless of the folders above it."""
    return selection.excluded(path, False, language) if language else selection.excluded(path, False)
