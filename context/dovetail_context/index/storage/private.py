"""Folders and files that only the user may read. On Windows a user's own folders are private as they are."""

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone; take away what others may do in one
    that is there. Raises OSError.
    """
    if not folder.is_dir():
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
        if not missing:
            folder.mkdir()  # another kind of file has this name: the error reports it
    make_private(folder)


def make_private_file(path: Path) -> None:
    """Create an empty file for this user alone; take away what others may do with one that is there. Raises OSError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    make_private(path)


def make_private(path: Path) -> None:
    """Take away what others may do with a file or folder. Raises OSError where the user may not."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "nt" and mode & _OTHERS:
        path.chmod(mode & ~_OTHERS)
