"""Writes that survive a crash of the process and of the machine. The platform-dependent module of this folder."""

import os
import sys
from pathlib import Path


def sync_file(descriptor: int) -> None:
    """Return when what was written to an open file is on the medium. Raises OSError, also for a full disk."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # macOS' own fsync stops at the drive's cache
    else:
        os.fsync(descriptor)


def replace_file(source: Path, target: Path) -> None:
    """Give a file another name at once, over what has it now, and return when that is on the medium."""
    source.replace(target)
    _sync_folder(target.parent)


def write_file(path: Path, text: str) -> None:
    """Write a small file so that at any moment either the old or the new text is found whole. Raises OSError."""
    draft = path.with_name(f"{path.name}.new")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            sync_file(file.fileno())
        replace_file(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # folders cannot be opened there; NTFS journals a rename itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
