"""Linux's inotify: changes in single folders, through one descriptor. Nothing here knows which folders are wanted.

Libraries watch whole trees, and so spend the user's watches (some 8,000 to 500,000) on dependencies and `.git`.
See inotify(7) for the events and their layout.
"""

import ctypes
import errno
import os
import select
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_OVERFLOW, _IGNORED, _ONLY_FOLDERS, _IS_FOLDER = 0x4000, 0x8000, 0x1000000, 0x40000000
_WANTED = _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLY_FOLDERS
_HEAD = struct.Struct("iIII")
_BUFFER_BYTES = 1 << 18  # some thousand events

# These errors mean that the user has no watches or descriptors left, not that a folder is unusual.
_LIMITS = (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(frozen=True, slots=True)
class FolderEvent:
    """Something happened to `path`. `appeared` and `vanished` are true for folders that came or went."""

    path: str
    appeared: bool = False
    vanished: bool = False


class Inotify:
    """A set of watched folders, each by the path under which it was added."""

    def __init__(self) -> None:
        """Raises OSError if the user has used up what the system allows."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._woken, self._waker = os.pipe()
        self._paths: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    @property
    def folders(self) -> frozenset[str]:
        """What is watched."""
        return frozenset(self._numbers)

    def add(self, folder: str) -> None:
        """Watch a folder. Skip one that is missing or unreadable. Raises OSError at the system's limit."""
        number = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _WANTED)
        if number < 0:
            code = ctypes.get_errno()
            if code in _LIMITS:
                raise OSError(code, os.strerror(code))
            return
        known = self._paths.get(number)
        if known is not None and known != folder:  # moved here, or reached by a link: the newer path counts
            self._numbers.pop(known, None)
        self._paths[number] = folder
        self._numbers[folder] = number

    def remove(self, folder: str) -> None:
        """Watch a folder no longer."""
        number = self._numbers.pop(folder, None)
        if number is not None:
            self._paths.pop(number, None)
            self._libc.inotify_rm_watch(self._descriptor, number)

    def wait(self, timeout_s: float | None) -> list[FolderEvent] | None:
        """What happened, after at most `timeout_s`; None if some of it was lost. Empty after `wake`."""
        ready = select.select([self._descriptor, self._woken], [], [], timeout_s)[0]
        if self._descriptor not in ready:
            return []
        try:
            data = os.read(self._descriptor, _BUFFER_BYTES)
        except BlockingIOError:
            return []
        events = list(self._events(data))
        return None if None in events else [event for event in events if event is not None]

    def wake(self) -> None:
        """End a `wait` on another thread, now and from now on."""
        os.write(self._waker, b"x")

    def close(self) -> None:
        """Let go of everything; call it once, when nobody waits."""
        for descriptor in (self._descriptor, self._woken, self._waker):
            os.close(descriptor)

    def _events(self, data: bytes) -> Iterator[FolderEvent | None]:
        place = 0
        while place < len(data):
            number, mask, _, length = _HEAD.unpack_from(data, place)
            name = data[place + _HEAD.size : place + _HEAD.size + length].rstrip(b"\0")
            place += _HEAD.size + length
            if mask & _OVERFLOW:
                yield None
                continue
            folder = self._paths.get(number)
            if mask & _IGNORED:
                self._paths.pop(number, None)
                if folder is not None and self._numbers.get(folder) == number:
                    del self._numbers[folder]
            elif folder is not None and name:
                yield _event(os.path.join(folder, os.fsdecode(name)), mask)  # noqa: PTH118 - thousands of them

    def _checked(self, result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result


def _event(path: str, mask: int) -> FolderEvent:
    is_folder = bool(mask & _IS_FOLDER)
    appeared = is_folder and bool(mask & (_CREATE | _MOVED_TO))
    return FolderEvent(path, appeared, is_folder and bool(mask & (_DELETE | _MOVED_FROM)))
