"""What a project's own rules leave out of the index, as a value that the caller gives. Where rules come from is not
known here; what is left out in every project stands in `exclude.py` and `gitignore.py`.
"""

from dataclasses import dataclass
from typing import Protocol


class Selection(Protocol):
    """Narrows what is read, and can never widen it. Equal selections leave out the same."""

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        """Why `path` (posix, relative to the root) is left out, for the user to read; None if it is not.

        A folder that is left out is not entered: answer None for one that holds anything to be read. `language` is
        the id of a file's language where its path does not say that.
        """
        ...


@dataclass(frozen=True, slots=True)
class Everything:
    """Leaves out nothing."""

    def excluded(self, path: str, is_folder: bool, language: str = "") -> str | None:
        return None


EVERYTHING = Everything()


def left_out(selection: Selection, path: str, language: str = "") -> str | None:
    """Why a file is left out, by its own path or by a folder above it; None if it is not. `language` is the id of its
    language where the path does not say that."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        reason = selection.excluded("/".join(parts[:depth]), True)
        if reason is not None:
            return reason
    return left_out_itself(selection, path, language)


def left_out_itself(selection: Selection, path: str, language: str = "") -> str | None:
    """Why a file is left out by its own path and language, whatever holds for the folders above it."""
    return selection.excluded(path, False, language) if language else selection.excluded(path, False)
