"""Locks on files, which the operating system releases when their holder dies."""

import os
import sys
from contextlib import suppress
from pathlib import Path

LOCKED_BYTE = 1 << 20
"""The offset at which Windows locks a file: beyond its content, which must stay readable."""


class FileLock:
    """A lock that the system releases when its holder dies in any way, so that no lock becomes stale."""

    def __init__(self, file: int, path: Path) -> None:
        self._file = file
        self._path = path

    @classmethod
    def take(cls, path: Path) -> "FileLock | None":
        """Take the lock and return it; None if another process holds it. The file then holds this process's pid."""
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _lock(file):
                os.close(file)
                return None
            # Its last holder may have removed the file between our opening and our locking it.
            if _same_file(file, path):
                break
            os.close(file)
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        return cls(file, path)

    @property
    def is_found(self) -> bool:
        """Return whether others who look for this lock find it: its file may have been removed, and another put
        there."""
        try:
            return _same_file(self._file, self._path)
        except OSError:
            return False

    def release(self) -> None:
        """Release the lock and remove its file, except on Windows: it cannot be removed there while others read it."""
        if sys.platform != "win32" and self.is_found:
            with suppress(OSError):  # A file that cannot be removed is swept up by the next host.
                self._path.unlink(missing_ok=True)
        os.close(self._file)


def _lock(file: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(file, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
