"""A file's record as bytes, its form in memory, in the cache and between processes. Pure.

Fields that queries read for all files at once (language, packages) are not packed, nor are the names that a file
defines at its top level compressed: thousands of files are asked for those. The rest is unpacked on demand, in four
parts: the *face* of a file (its imports and top-level symbols), which is all that most queries need; the *heads* of the
symbols in its classes; those symbols themselves, class by class; and its text. A symbol becomes an object when somebody
asks for it by its name or place.
"""

import marshal
import struct
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from dovetail_context.records.record import (
    MAX_SAME_NAME,
    FileRecord,
    Import,
    Symbol,
    SymbolHeads,
    SymbolsByName,
    traits_of,
)
from dovetail_context.records.text import COMPRESSION, PackedText, pack_text

_OPEN = ("language", "digest", "packages", "problems")
_OWN_FORM = ("path", "text", "symbols", "imports")
_OTHERS = tuple(field.name for field in fields(FileRecord) if field.name not in (*_OPEN, *_OWN_FORM))
# A row is a symbol without its name and container, and without the fields at its end that have their default.
_DEFAULTS = tuple(Symbol("", "class", "", 0, 0, ""))
_NAME, _KIND, _CONTAINER, _LINE = range(4)
# The fields from here on have their defaults in nearly all symbols.
_RARE = Symbol._fields.index("bases")
_RARE_DEFAULTS = _DEFAULTS[_RARE:]


# Where the parts of a body begin, apart from the first one.
_PLACES = struct.Struct("<III")
_NAMES, _FACE, _HEADS, _MEMBERS = range(4)


class DamagedError(Exception):
    """Bytes that are not what was packed."""


class PackedRecord(NamedTuple):
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
    _containers: tuple[str, ...]  # "" first
    _top_names: tuple[str, ...]
    _top: bytes  # the rows of the symbols at the top level
    _imports: bytes
    _known: "dict[str, _SymbolsInside]"

    @cached_property
    def text(self) -> str:
        return self._packed_text.whole

    @cached_property
    def _packed_text(self) -> PackedText:
        return PackedText(self._packed.text)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        following = [self._inside(container).in_order() for container in self._containers]
        return tuple(next(following[place]) for place in self._order)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(map(Import._make, marshal.loads(self._imports)))

    @cached_property
    def heads(self) -> SymbolHeads:
        top = self._inside("").names
        if len(self._containers) == 1:
            return SymbolHeads(top, self._traits)
        following = list(map(iter, (top, *self._names)))
        return SymbolHeads(tuple(next(following[place]) for place in self._order), self._traits)

    def symbol(self, place: int) -> Symbol:
        container = self._order[place]
        return self._inside(self._containers[container]).at(self._order[:place].count(container))

    def lines_between(self, start: int, end: int) -> list[str]:
        return self._packed_text.lines(start, end)

    def members(self, container: str) -> SymbolsByName:
        return self._inside(container)

    def _inside(self, container: str) -> "_SymbolsInside":
        known = self._known.get(container)
        if known is None:
            known = self._known.setdefault(container, self._unpacked(container))
        return known

    def _unpacked(self, container: str) -> "_SymbolsInside":
        if not container:
            return _SymbolsInside("", self._top_names, marshal.loads(self._top))
        if container not in self._containers:
            return _NOTHING
        place = self._containers.index(container) - 1
        return _SymbolsInside(container, self._names[place], marshal.loads(self._members[place]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileRecord):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(FileRecord))

    __hash__ = FileRecord.__hash__

    @property
    def _names(self) -> tuple[tuple[str, ...], ...]:
        """The names in each container except ""."""
        return self._heads[0]

    @property
    def _traits(self) -> bytes:
        return self._heads[1]

    @property
    def _order(self) -> "array[int]":
        """The place of each symbol's container."""
        return self._heads[2]

    @cached_property
    def _heads(self) -> "tuple[tuple[tuple[str, ...], ...], bytes, array[int]]":
        names, traits, order = marshal.loads(zlib.decompress(_part(self._packed.body, _HEADS)))
        return names, traits, array("I", order)

    @cached_property
    def _members(self) -> tuple[bytes, ...]:
        """The packed rows of each container except ""."""
        found: tuple[bytes, ...] = marshal.loads(zlib.decompress(_part(self._packed.body, _MEMBERS)))
        return found


class _SymbolsInside(Mapping[str, tuple[Symbol, ...]]):
    """The symbols directly inside a container by name, in file order; of very many with one name the last."""

    __slots__ = ("_container", "_made", "_places", "_rows", "_same", "names")

    def __init__(self, container: str, names: tuple[str, ...], rows: Sequence[bytes]) -> None:
        self.names = names
        self._container = container
        self._rows = rows
        self._made: dict[int, Symbol] = {}
        # The place of the last symbol of each name, and all places of names that several have.
        self._places = dict(zip(names, range(len(names)), strict=True))
        self._same: dict[str, list[int]] = {}
        if len(self._places) < len(names):
            for place, name in enumerate(names):
                if self._places[name] != place or name in self._same:
                    self._same.setdefault(name, []).append(place)

    def __getitem__(self, name: str) -> tuple[Symbol, ...]:
        if name in self._same:
            return tuple(map(self.at, self._same[name][-MAX_SAME_NAME:]))
        return (self.at(self._places[name]),)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._places else default

    def items(self) -> Any:
        """Each name with its symbols. (What the base class makes of it looks each name up again.)"""
        if not self._same:
            return [(name, (self.at(place),)) for place, name in enumerate(self.names)]
        return [(name, self[name]) for name in self._places]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def at(self, place: int) -> Symbol:
        """The symbol at a place in file order."""
        made = self._made.get(place)
        if made is None:
            kind, *rest = marshal.loads(self._rows[place])
            whole = (self.names[place], kind, self._container, *rest, *_DEFAULTS[_LINE + len(rest) :])
            made = self._made.setdefault(place, Symbol._make(whole))
        return made

    def in_order(self) -> Iterator[Symbol]:
        """All symbols in file order."""
        return map(self.at, range(len(self.names)))


_NOTHING = _SymbolsInside("", (), ())


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
        containers, top, imports, others = marshal.loads(zlib.decompress(_part(packed.body, _FACE)))
        record = object.__new__(UnpackedRecord)
        record.__dict__.update(
            others,
            path=path,
            language=packed.language,
            digest=packed.digest,
            packages=packed.packages,
            problems=packed.problems,
            _packed=packed,
            _containers=containers,
            _top_names=_names_and_flags(packed.body)[0],
            _top=top,
            _imports=imports,
            _known={},
        )
        return record
    except (zlib.error, struct.error, ValueError, TypeError, EOFError) as error:
        raise DamagedError(f"{path}: {error}") from error


def names_at_top(packed: PackedRecord) -> dict[str, bool]:
    """The names that a file defines at its top level, in file order, and whether each is exported; of a name that is
    defined several times, the last definition counts. Nothing is decompressed. Raises DamagedError."""
    try:
        return dict(zip(*_names_and_flags(packed.body), strict=True))
    except (struct.error, ValueError, TypeError, EOFError) as error:
        raise DamagedError(str(error)) from error


def _names_and_flags(body: bytes | memoryview) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    found: tuple[tuple[str, ...], tuple[bool, ...]] = marshal.loads(_part(body, _NAMES))
    return found


def _pack_body(record: FileRecord) -> bytes:
    """Where the second, third and fourth part begin (four bytes each), then the parts: the top-level names and whether
    each is exported; the face, the heads and the members, each compressed by itself."""
    others: Mapping[str, object] = {name: getattr(record, name) for name in _OTHERS}
    grouped: dict[str, list[Symbol]] = defaultdict(list, {"": []})
    for symbol in record.symbols:
        grouped[symbol.container].append(symbol)
    numbers = {container: number for number, container in enumerate(grouped)}
    order = array("I", [numbers[symbol.container] for symbol in record.symbols])
    names = tuple(tuple(symbol.name for symbol in inside) for inside in grouped.values())
    rows = [tuple(map(_row, inside)) for inside in grouped.values()]
    imports = marshal.dumps(tuple(map(tuple, record.imports)))
    top: Any = (names[0], tuple(symbol.exported for symbol in grouped[""]))
    face: Any = (tuple(grouped), marshal.dumps(rows[0]), imports, others)
    heads: Any = (names[1:], bytes(map(traits_of, record.symbols)), order.tobytes())
    members: Any = tuple(map(marshal.dumps, rows[1:]))
    compressed = (zlib.compress(marshal.dumps(part), COMPRESSION) for part in (face, heads, members))
    parts = (marshal.dumps(top), *compressed)
    places = accumulate(map(len, parts[:-1]), initial=_PLACES.size)
    return b"".join((_PLACES.pack(*list(places)[1:]), *parts))


def _row(symbol: Symbol) -> bytes:
    end = _RARE if symbol[_RARE:] == _RARE_DEFAULTS else len(symbol)
    while end > _LINE and symbol[end - 1] == _DEFAULTS[end - 1]:
        end -= 1
    return marshal.dumps((symbol[_KIND], *symbol[_LINE:end]))


def _part(body: bytes | memoryview, part: int) -> bytes | memoryview:
    """One of the parts of a body."""
    places = (_PLACES.size, *_PLACES.unpack_from(body), len(body))
    return body[places[part] : places[part + 1]]
