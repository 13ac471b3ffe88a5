"""Files of a project to bytes, and bytes to text. Never raises: the reason for a failure is part of the result.

A project may hold anything under any name: a pipe, a link to a device, a file of several gigabytes. Every file that a
project brings is read by `read_project_file`, which never waits and never reads more than it was allowed.
"""

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from dovetail_context.workspace.exclude import HEAD_BYTES, MAX_FILE_BYTES, excluded_head, is_binary, max_bytes

LINKS_OUT = "links out of the workspace"
# A pipe without a writer must not block, and a terminal must not become that of this process.
_FLAGS = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_NOINHERIT", "O_BINARY"):
    _FLAGS |= getattr(os, _flag, 0)
# Python has these for the names of hosts; a long text takes them time with the square of its length.
_OF_NAMES = frozenset({"punycode", "idna"})
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263


@dataclass(frozen=True, slots=True)
class FileData:
    """The bytes of a file, or None with the `problem` in one line. `missing`: there is no file of this name."""

    data: bytes | None
    problem: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A file's text, or None with the `skipped` reason. `problem` is "" or what was odd about a file that was read."""

    text: str | None
    skipped: str = ""
    problem: str = ""


def read_project_file(path: Path, limit: int, within: Path | None = None) -> FileData:
    """Read a regular file of at most `limit` bytes; anything else is refused without being read.

    Links must not lead out of the folder `within`, if one is given.
    """
    try:
        problem = _kind(path.stat().st_mode)  # before opening: that alone can have an effect on a pipe or a device
        if problem:
            return FileData(None, problem)
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        return FileData(None, _unreadable(error), missing=not path.is_symlink())
    except (OSError, ValueError) as error:
        return FileData(None, _unreadable(error))
    try:
        status = os.fstat(descriptor)  # something else may have taken its place
        problem = _kind(status.st_mode)
        if not problem and within is not None and not _is_within(descriptor, path, within):
            problem = LINKS_OUT
        if not problem and status.st_size <= limit:
            data = _bytes_of(descriptor, min(status.st_size, limit) + 1, limit)
            if len(data) <= limit:
                return FileData(data)
        return FileData(None, problem or f"larger than {_size(limit)}")
    except OSError as error:
        return FileData(None, _unreadable(error))
    finally:
        os.close(descriptor)


def read_source(path: Path, within: Path | None = None) -> ReadResult:
    """Read a source file of at most `MAX_FILE_BYTES`; binary and minified files are skipped by their head."""
    read = read_project_file(path, MAX_FILE_BYTES, within)
    return ReadResult(None, skipped=read.problem) if read.data is None else source_of(read.data, path)


def read_manifest(path: Path, within: Path | None = None) -> ReadResult:
    """Read a project file, such as a `package.json`; only binary files are skipped by their head."""
    read = read_project_file(path, max_bytes(path.name), within)
    if read.data is None:
        return ReadResult(None, skipped=read.problem)
    if is_binary(read.data[:HEAD_BYTES]):
        return ReadResult(None, skipped="binary")
    text, problem = decode(read.data)
    return ReadResult(text, problem=problem)


def source_of(data: bytes, path: Path) -> ReadResult:
    """What a file called `path` with these bytes holds, by the same rules."""
    if len(data) > MAX_FILE_BYTES:
        return ReadResult(None, skipped=f"larger than {_size(MAX_FILE_BYTES)}")
    reason = excluded_head(data[:HEAD_BYTES])
    if reason is not None:
        return ReadResult(None, skipped=reason)
    text, problem = decode(data, is_python=path.suffix in (".py", ".pyi", ".pyw"))
    return ReadResult(text, problem=problem)


def decode(data: bytes, is_python: bool = False) -> tuple[str, str]:
    """The text and "" or what was odd: byte order marks, a PEP 263 cookie, UTF-8, else Latin-1 (which always fits)."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    if is_python:
        for line in data[:HEAD_BYTES].splitlines()[:2]:
            cookie = _COOKIE.match(line)
            if cookie is not None:
                return _decoded(data, cookie[1].decode("ascii"))
    return _decoded(data, "utf-8")


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        if codecs.lookup(encoding).name not in _OF_NAMES:
            return data.decode(encoding), ""
    except (LookupError, ValueError):  # an encoding that Python does not know, or other bytes than it allows
        pass
    if encoding.startswith("utf-16"):
        return data.decode(encoding, "replace"), f"not valid {encoding}, damaged characters replaced"
    return data.decode("latin-1"), f"not valid {encoding}, read as latin-1"


def _kind(mode: int) -> str:
    """Return the problem of a file of this mode, or "" if it is a regular file."""
    if stat.S_ISREG(mode):
        return ""
    return "is a folder, not a file" if stat.S_ISDIR(mode) else "not a plain file"


def _is_within(descriptor: int, path: Path, within: Path) -> bool:
    """Return whether the open file is inside a folder. The system knows the file's real path. Resolve the folder only
    if a link leads to it.
    """
    try:
        real = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - for each file, a `Path` is a tenth of its time
    except OSError:  # no Linux
        real = os.path.realpath(path)
    return real.startswith(f"{within}{os.sep}") or real.startswith(f"{os.path.realpath(within)}{os.sep}")


def _bytes_of(descriptor: int, expected: int, limit: int) -> bytes:
    """All bytes, or more than `limit` of them. Raises BlockingIOError rather than wait."""
    parts: list[bytes] = []
    left = limit + 1
    while left > 0 and (part := os.read(descriptor, min(expected, left))):
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _unreadable(error: OSError | ValueError) -> str:
    return f"unreadable: {getattr(error, 'strerror', None) or type(error).__name__}"


def _size(limit: int) -> str:
    return f"{limit // 1000} kB" if limit < 10_000_000 else f"{limit // 1_000_000} MB"
