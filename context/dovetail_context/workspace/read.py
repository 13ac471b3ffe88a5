"""Bytes to text. Never raises: what cannot be read gives None and the reason, what is odd gives text and a problem."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from dovetail_context.workspace.exclude import HEAD_BYTES, MAX_FILE_BYTES, excluded_head

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A file's text, or None with the `skipped` reason. `problem` is "" or what was odd about a file that was read."""

    text: str | None
    skipped: str = ""
    problem: str = ""


def read_source(path: Path) -> ReadResult:
    """Read a source file of at most `MAX_FILE_BYTES`; binary and minified files are skipped by their head."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        return ReadResult(None, skipped=f"unreadable: {getattr(error, 'strerror', None) or type(error).__name__}")
    return source_of(data, path)


def source_of(data: bytes, path: Path) -> ReadResult:
    """What a file called `path` with these bytes holds, by the same rules."""
    if len(data) > MAX_FILE_BYTES:
        return ReadResult(None, skipped=f"larger than {MAX_FILE_BYTES // 1000} kB")
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
        for line in data.splitlines()[:2]:
            cookie = _COOKIE.match(line)
            if cookie is not None:
                return _decoded(data, cookie[1].decode("ascii"))
    return _decoded(data, "utf-8")


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), ""
    except (LookupError, ValueError):  # an encoding that Python does not know, or other bytes than it allows
        pass
    if encoding.startswith("utf-16"):
        return data.decode(encoding, "replace"), f"not valid {encoding}, damaged characters replaced"
    return data.decode("latin-1"), f"not valid {encoding}, read as latin-1"
