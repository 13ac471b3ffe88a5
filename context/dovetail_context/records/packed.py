"""A file's record as bytes, its form in memory, in the cache and between processes. Pure.

Fields that queries read for all files at once (language, packages) are not packed. The rest is unpacked on demand, in
three parts: the *face* of a file (its imports and top-level names), which is all that most queries need; the members
of its classes, class by class; and its text.
"""

import marshal
import zlib
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from dovetail_context.records.record import FileRecord, Import, References, Symbol, SymbolsByName, by_name
from dovetail_context.records.text import COMPRESSION, PackedText, pack_text

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


class UnpackedRecord(FileRecord):
    """A record whose members and text are unpacked when they are first asked for, which no reader can observe."""

    _packed: PackedRecord
    _face: bytes
    _imports: bytes
    _known: dict[str, SymbolsByName]

    @cached_property
    def text(self) -> str:
        return self._packed_text.whole

    @cached_property
    def _packed_text(self) -> PackedText:
        return PackedText(self._packed.text)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        containers, _, order = self._members
        inside = [self._inside(container) for container in containers]
        for container, symbols in zip(containers, inside, strict=True):
            self._known.setdefault(container, by_name(symbols))
        following = list(map(iter, inside))
        return tuple(next(following[place]) for place in array("I", order))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(map(Import._make, marshal.loads(self._imports)))

    def lines_between(self, start: int, end: int) -> list[str]:
        return self._packed_text.lines(start, end)

    def members(self, container: str) -> SymbolsByName:
        known = self._known.get(container)
        if known is None:
            known = self._known.setdefault(container, by_name(self._inside(container)))
        return known

    def _inside(self, container: str) -> tuple[Symbol, ...]:
        """The symbols directly inside a container, in file order."""
        if not container:
            return tuple(map(Symbol._make, marshal.loads(self._face)))
        containers, parts, _ = self._members
        part = parts[containers.index(container)] if container in containers else None
        return () if part is None else tuple(map(Symbol._make, marshal.loads(part)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileRecord):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(FileRecord))

    __hash__ = FileRecord.__hash__

    @cached_property
    def _members(self) -> tuple[tuple[str, ...], tuple[bytes, ...], bytes]:
        """The containers ("" first), the members of each except "", and the container of every symbol."""
        _, members = _halves(self._packed.body)
        found: tuple[tuple[str, ...], tuple[bytes, ...], bytes] = marshal.loads(zlib.decompress(members))
        return found


def pack(record: FileRecord, text: bytes | None = None) -> PackedRecord:
    """`record` as it is kept; `text` is its text if that has been packed already."""
    return PackedRecord(
        record.language,
        record.digest,
        record.packages,
        record.problems,
        _pack_body(record),
        pack_text(record.text) if text is None else text,
    )


def unpack(path: str, packed: PackedRecord) -> FileRecord:
    """The record of the file `path`. Raises DamagedError if the bytes are not what was packed."""
    try:
        face, _ = _halves(packed.body)
        symbols, imports, (names, receivers, lines), others = marshal.loads(zlib.decompress(face))
        record = object.__new__(UnpackedRecord)
        record.__dict__.update(
            others,
            path=path,
            language=packed.language,
            digest=packed.digest,
            packages=packed.packages,
            problems=packed.problems,
            references=References(names, receivers, array("I", lines)),
            _packed=packed,
            _face=symbols,
            _imports=imports,
            _known={},
        )
        return record
    except (zlib.error, ValueError, TypeError, EOFError) as error:
        raise DamagedError(f"{path}: {error}") from error


def _pack_body(record: FileRecord) -> bytes:
    """The length of the first half (four bytes), the face, then the members: each half compressed by itself."""
    called = record.references
    others: Mapping[str, object] = {name: getattr(record, name) for name in _OTHERS}
    grouped: dict[str, list[tuple[Any, ...]]] = defaultdict(list, {"": []})
    for symbol in record.symbols:
        grouped[symbol.container].append(tuple(symbol))
    places = {container: place for place, container in enumerate(grouped)}
    order = array("I", [places[symbol.container] for symbol in record.symbols])
    face: Any = (
        marshal.dumps(tuple(grouped[""])),
        marshal.dumps(tuple(map(tuple, record.imports))),
        (called.names, called.receivers, called.lines.tobytes()),
        others,
    )
    grouped[""] = []  # those are in the face
    members = (tuple(grouped), tuple(map(marshal.dumps, grouped.values())), order.tobytes())
    first, second = (zlib.compress(marshal.dumps(half), COMPRESSION) for half in (face, members))
    return len(first).to_bytes(4, "little") + first + second


def _halves(body: bytes | memoryview) -> tuple[memoryview, memoryview]:
    whole = memoryview(body)
    end = 4 + int.from_bytes(whole[:4], "little")
    return whole[4:end], whole[end:]
