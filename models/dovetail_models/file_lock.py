"""Locks on files, which the operating system releases when their holder dies."""

import os
import sys
from contextlib import suppress
from pathlib import Path

LOCKED_BYTE = 1 << 20
"""Where Windows locks a file: behind its content, which must stay readable."""


class FileLock:
    """A lock that the system lets go of when its holder dies, however it dies: so there is no stale one."""

    def __init__(self, file: int, path: Path) -> None:
        self._file = file
        self._path = path

    @classmethod
    def take(cls, path: Path) -> "FileLock | None":
        """Return the lock, or None if somebody else holds it. The file then holds the pid of this process."""
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
        """Let go, and leave no file (on Windows it stays: it cannot be removed while others look at it)."""
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
