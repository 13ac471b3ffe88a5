"""The git repository that a folder belongs to. Git itself is never run."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

MAX_IGNORE_BYTES = 1_000_000  # of a file of patterns or of configuration; real ones have some kilobytes
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree: its top folder, its git folder, and the git folder that it shares with other work trees of the
    same repository (for most the same one).
    """

    top: Path
    git: Path
    common: Path

    @property
    def info_exclude(self) -> Path:
        return self.common / "info" / "exclude"


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder is part of. Git looks further up if a `.git` is no repository; if it finds nothing
    there, the nearest `.git` counts here, for its patterns can only leave files out.
    """
    nearest = None
    top = os.path.realpath(folder)
    while True:
        found = repository_at(top)
        if found is not None:
            if os.path.lexists(found.git / "HEAD"):
                return found
            nearest = nearest or found
        below, top = top, os.path.dirname(top)  # noqa: PTH120 - asked about with every keystroke
        if below == top:
            return nearest


def repository_at(top: Path | str) -> Repository | None:
    """Return the repository whose top folder is `top`."""
    try:
        mode = os.stat(f"{top}/.git").st_mode  # noqa: PTH116 - asked about every folder of a path
    except (OSError, ValueError):
        return None
    top = Path(top)
    git = top / ".git"
    if stat.S_ISREG(mode):  # of a linked work tree or a submodule
        data, _ = bounded_bytes(git)
        if data is None or not data.startswith(b"gitdir:"):
            return None
        git = top / _path_in(data.removeprefix(b"gitdir:"))
    elif not stat.S_ISDIR(mode):
        return None
    data, _ = bounded_bytes(git / "commondir")
    return Repository(top, git, git if data is None else git / _path_in(data))


def _path_in(data: bytes) -> str:
    return os.fsdecode(data.strip(b" \r\n").replace(b"\0", b""))


def bounded_bytes(path: Path | str, follow: bool = True) -> tuple[bytes | None, str]:
    """The content of a small regular file, or None and why there is none; "" if there is no such file.

    Never waits, as reading a pipe would. With `follow` false a link is not read.
    """
    try:
        mode = os.stat(path, follow_symlinks=follow).st_mode  # noqa: PTH116 - asked about every folder of a path
        if stat.S_ISLNK(mode):
            return None, "is a link, which git does not follow"
        if not stat.S_ISREG(mode):  # to open a device may do something
            return None, "is no regular file"
        descriptor = os.open(path, _OPEN if follow else _OPEN | getattr(os, "O_NOFOLLOW", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None, "is no regular file"
            data = _read(descriptor, MAX_IGNORE_BYTES + 1)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None, ""
    except OSError as error:
        return None, f"{UNREADABLE}: {error.strerror or type(error).__name__}"
    if len(data) > MAX_IGNORE_BYTES:
        return None, f"{UNREADABLE}: larger than {MAX_IGNORE_BYTES // 1000} kB"
    return data, ""


def _read(descriptor: int, limit: int) -> bytes:
    data = b""
    while len(data) < limit and (more := os.read(descriptor, limit - len(data))):
        data += more
    return data
