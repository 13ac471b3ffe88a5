"""A file's record as bytes, the form in which it is kept: in memory, in the cache and between processes. Pure.

What is asked of all files at once (language, packages) stands open; symbols and text are unpacked when they are wanted.
"""

import marshal
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dovetail_context.index.record import FileRecord, Import, References, Symbol

# The fastest level: half the size of the text at 100 MB/s; higher ones save a tenth more and take three times as long.
COMPRESSION = 1

_OPEN = ("language", "digest", "packages", "problems")
_OWN_FORM = ("path", "text", "symbols", "imports", "references")
_OTHERS = tuple(field.name for field in fields(FileRecord) if field.name not in (*_OPEN, *_OWN_FORM))


class DamagedError(Exception):
    """Bytes that are not what was packed."""


@dataclass(frozen=True, slots=True)
class PackedRecord:
    """A `FileRecord` without its path. `body` and `text` are compressed."""

    language: str
    digest: str
    packages: tuple[str, ...]
    problems: tuple[str, ...]
    body: bytes | memoryview
    text: bytes | memoryview


def pack(record: FileRecord, text: bytes | None = None) -> PackedRecord:
    """`record` as it is kept; `text` is its text if that has been packed already."""
    called = record.references
    others: Mapping[str, object] = {name: getattr(record, name) for name in _OTHERS}
    body: Any = (
        tuple(map(tuple, record.symbols)),
        tuple(map(tuple, record.imports)),
        (called.names, called.receivers, called.lines.tobytes()),
        others,
    )
    return PackedRecord(
        record.language,
        record.digest,
        record.packages,
        record.problems,
        zlib.compress(marshal.dumps(body), COMPRESSION),
        pack_text(record.text) if text is None else text,
    )


def pack_text(text: str) -> bytes:
    """A text as it is kept; halves of surrogate pairs stay as they are."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), COMPRESSION)


def unpack(path: str, packed: PackedRecord) -> FileRecord:
    """The record of the file `path`. Raises DamagedError if the bytes are not what was packed."""
    try:
        symbols, imports, (names, receivers, lines), others = marshal.loads(zlib.decompress(packed.body))
        text = zlib.decompress(packed.text).decode("utf-8", "surrogatepass")
        return FileRecord(
            path,
            packed.language,
            packed.digest,
            text,
            tuple(map(Symbol._make, symbols)),
            tuple(map(Import._make, imports)),
            References(names, receivers, array("I", lines)),
            packages=packed.packages,
            problems=packed.problems,
            **others,
        )
    except (zlib.error, ValueError, TypeError, EOFError) as error:
        raise DamagedError(f"{path}: {error}") from error
