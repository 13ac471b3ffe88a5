"""`RecordTable`: the records of a snapshot by path, unpacked when they are asked for."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from weakref import WeakValueDictionary

from dovetail_context.index.storage.image import Image
from dovetail_context.records.packed import DamagedError, PackedRecord, names_at_top, unpack
from dovetail_context.records.record import FileRecord

# The size limit of the unpacked records in memory, measured in their packed form. A context touches about a hundred,
# and unpacks most of them only in part. A packed record takes a third of the size of the file's text.
KEPT_PACKED_BYTES = 4_000_000

_SIGNS = str.maketrans("", "", "_-")


class Unpacker:
    """Unpacks records, and returns the same object while it is still referenced. Threads and snapshots share it.

    `reread` returns the record of a file whose packed form is damaged.
    """

    def __init__(self, reread: Callable[[str], FileRecord | None] = lambda path: None) -> None:
        self._reread = reread
        self._alive: WeakValueDictionary[tuple[str, str], FileRecord] = WeakValueDictionary()
        self._kept: OrderedDict[tuple[str, str], tuple[FileRecord, int]] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()

    def record(self, path: str, digest: str, packed: Callable[[], PackedRecord]) -> FileRecord:
        """The record of `path`."""
        key = (path, digest)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept[0]
            known = self._alive.get(key)
            if known is not None:
                return known
        record, size = self._unpacked(path, digest, packed)
        with self._lock:
            record = self._alive.setdefault(key, record)
            if key not in self._kept:
                self._kept[key] = record, size
                self._kept_bytes += size
            while self._kept_bytes > KEPT_PACKED_BYTES and len(self._kept) > 1:
                self._kept_bytes -= self._kept.popitem(last=False)[1][1]
        return record

    def _unpacked(self, path: str, digest: str, packed: Callable[[], PackedRecord]) -> tuple[FileRecord, int]:
        """The record, and the bytes of its packed form."""
        language = ""
        try:
            found = packed()
            language = found.language
            return unpack(path, found), len(found.body) + len(found.text)
        except DamagedError:
            record = self._reread(path)
            return record or FileRecord(path, language, digest, "", problems=("could not be read again",)), 0


class PathSet:
    """What only tables with the same paths share: the paths by the names of the files, once somebody asked for them."""

    __slots__ = ("by_name",)

    def __init__(self) -> None:
        self.by_name: Mapping[str, Sequence[str]] | None = None


class RecordTable(Mapping[str, FileRecord]):
    """Changed records over an image. Immutable. In path order, except for the changed records, which come last."""

    __slots__ = ("_changed", "_image", "_length", "_unpacker", "path_set")

    def __init__(
        self,
        image: Image | None = None,
        changed: Mapping[str, PackedRecord | FileRecord | None] | None = None,
        unpacker: Unpacker | None = None,
        path_set: PathSet | None = None,
    ) -> None:
        """Only tables with the same paths share a `path_set`; None makes one."""
        self.path_set = PathSet() if path_set is None else path_set
        self._image = image
        self._changed = {} if changed is None else changed
        self._unpacker = Unpacker() if unpacker is None else unpacker
        gone = sum(self._number(path) is not None for path in self._changed)
        there = sum(record is not None for record in self._changed.values())
        self._length = (0 if image is None else len(image.paths)) - gone + there

    def __getitem__(self, path: str) -> FileRecord:
        if path in self._changed:
            changed = self._changed[path]
            if changed is None:
                raise KeyError(path)
            if isinstance(changed, FileRecord):
                return changed
            return self._unpacker.record(path, changed.digest, lambda: changed)
        number = self._number(path)
        if number is None or self._image is None:
            raise KeyError(path)
        image = self._image
        return self._unpacker.record(path, image.digests[number], lambda: image.packed(number))

    def __contains__(self, path: object) -> bool:
        if path in self._changed:
            return self._changed[path] is not None  # type: ignore[index]
        return isinstance(path, str) and self._number(path) is not None

    def __iter__(self) -> Iterator[str]:
        if self._image is not None:
            yield from (path for path in self._image.paths if path not in self._changed)
        yield from (path for path, record in self._changed.items() if record is not None)

    def __len__(self) -> int:
        return self._length

    def names_at_top(self, path: str) -> dict[str, bool]:
        """Return the names that a file defines at its top level, in file order, and whether each is exported; none if
        the file is not there. Of a name that is defined several times, the last definition counts. Unpack nothing."""
        if path not in self:
            return {}
        with suppress(DamagedError):
            packed = self._packed(path)
            if packed is not None:
                return names_at_top(packed)
        return {name: symbols[-1].exported for name, symbols in self[path].members("").items()}

    def named(self, name: str) -> Sequence[str]:
        """Return the files of a name up to the first dot, in lower case without `_` and `-`, in any folder."""
        by_name = self.path_set.by_name
        if by_name is None:
            found: dict[str, list[str]] = defaultdict(list)
            for path in self:
                found[path.rpartition("/")[2].partition(".")[0].translate(_SIGNS).lower()].append(path)
            by_name = self.path_set.by_name = dict(found)
        return by_name.get(name, ())

    def packages(self, language: str) -> dict[str, tuple[str, ...]]:
        """Return the files of a language with the packages that they declare. Unpack nothing."""
        found = {}
        if self._image is not None:
            columns = zip(self._image.paths, self._image.languages, self._image.packages, strict=True)
            found = {path: its for path, its_language, its in columns if its_language == language}
        for path, record in self._changed.items():
            if record is not None and record.language == language:
                found[path] = record.packages
            else:
                found.pop(path, None)
        return found

    def language_of(self, path: str) -> str | None:
        """The language of one file; None if it is not there. Nothing is unpacked."""
        if path in self._changed:
            changed = self._changed[path]
            return None if changed is None else changed.language
        number = self._number(path)
        return None if number is None or self._image is None else self._image.languages[number]

    def digest_of(self, path: str) -> str | None:
        """The digest of one file; None if it is not there. Nothing is unpacked."""
        if path in self._changed:
            changed = self._changed[path]
            return None if changed is None else changed.digest
        number = self._number(path)
        return None if number is None or self._image is None else self._image.digests[number]

    def packages_of(self, path: str) -> tuple[str, ...] | None:
        """The packages of one file; None if it is not there. Nothing is unpacked."""
        if path in self._changed:
            changed = self._changed[path]
            return None if changed is None else changed.packages
        number = self._number(path)
        return None if number is None or self._image is None else self._image.packages[number]

    def updated(self, records: Mapping[str, PackedRecord | FileRecord | None]) -> "RecordTable":
        """The next table, with `records` in place of those of the same paths; None takes one away."""
        changed = dict(self._changed)
        stays = all((path in self) == (record is not None) for path, record in records.items())
        for path, record in records.items():
            if record is None and self._number(path) is None:
                changed.pop(path, None)
            else:
                changed[path] = record
        return RecordTable(self._image, changed, self._unpacker, self.path_set if stays else None)

    def _packed(self, path: str) -> PackedRecord | None:
        """The packed record of a file; None if it is not there, or not packed. Raises DamagedError."""
        if path in self._changed:
            changed = self._changed[path]
            return changed if isinstance(changed, PackedRecord) else None
        number = self._number(path)
        return None if number is None or self._image is None else self._image.packed(number)

    def _number(self, path: str) -> int | None:
        return None if self._image is None else self._image.number_of(path)
