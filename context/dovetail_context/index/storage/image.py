"""An image: a project's records and words in one file that is mapped, not read. This module defines only the format;
other modules decide where and when to write images.

Layout: magic, then sections (records and texts, word ids of every file, postings, vocabulary), then the *directory* (a
marshalled dict of columns, one entry a file in path order), then a trailer that holds the directory's position. The
directory holds the CRC-32 of each part, and the trailer that of the directory. Numbers are in the machine's own byte
order, which the magic identifies.
"""

import marshal
import mmap
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dovetail_context.index.words import Ids
from dovetail_context.records.packed import DamagedError, PackedRecord
from dovetail_context.workspace.scan import Stamp

MAGIC = struct.pack("=8sI", b"dovetail", 1)
_TRAILER = struct.Struct("=QQI8s")  # where the directory begins, its length, its check sum, the mark of the end
_END = b"complete"
MAX_KEPT_WORDS = 6_000  # half a megabyte, of each direction
WORDS_OF_BLOCK = 64  # words per vocabulary block: search goes block by block, and keeps one word of each as an object


@dataclass(frozen=True, slots=True)
class Entry:
    """The data of one file in an image. `record` is None for a skipped file and for a project file. `skipped` is the
    reason for skipping the file, or the problem of the project file."""

    path: str
    stamp: Stamp
    record: PackedRecord | None
    ids: Ids
    skipped: str = ""
    project: str | None = None


def write_image(out: BinaryIO, entries: Sequence[Entry], words: Sequence[str]) -> None:
    """Write `entries`, which are in path order; their word ids are indexes into `words`. Raises OSError."""
    kept = [entry for entry in entries if entry.record is not None]
    vocabulary, lengths, ids, postings, counts = _numbered(kept, words)
    section = _Sections(out)
    section.add(MAGIC)
    directory: dict[str, Any] = {
        "others": [(*entry.stamp, entry.path, entry.skipped, entry.project) for entry in entries if not entry.record],
        "paths": [entry.path for entry in kept],
        "stamps": array("q", [part for entry in kept for part in entry.stamp]).tobytes(),
        "digests": [entry.record.digest for entry in kept if entry.record],
        "languages": [entry.record.language for entry in kept if entry.record],
        "packages": [entry.record.packages for entry in kept if entry.record],
        "problems": {entry.path: entry.record.problems for entry in kept if entry.record and entry.record.problems},
        "bodies": section.add_all(entry.record.body for entry in kept if entry.record),
        "texts": section.add_all(entry.record.text for entry in kept if entry.record),
    }
    starts = np.concatenate(([0], np.cumsum(lengths))).tolist()
    section.align()
    directory["ids"] = section.add_all(ids[start:end].data for start, end in pairwise(starts))
    directory["postings"] = section.add(postings.data)
    directory["counts"] = section.add(counts.data)
    blocks = [vocabulary[start : start + WORDS_OF_BLOCK] for start in range(0, len(vocabulary), WORDS_OF_BLOCK)]
    directory["blocks"] = [block[0] for block in blocks]
    directory["words"] = section.add_all(
        "\0".join(("", *block, "")).encode("utf-8", "surrogatepass") for block in blocks
    )
    directory["vocabulary_size"] = len(vocabulary)
    packed = marshal.dumps(directory)
    out.write(packed + _TRAILER.pack(section.place, len(packed), zlib.crc32(packed), _END))


class Image:
    """An open image. Raises DamagedError if a part differs from what was written; `on_damage` receives the others."""

    def __init__(self, data: "bytes | mmap.mmap", on_damage: Callable[[str], None] = lambda path: None) -> None:
        """Raises DamagedError if `data` is no complete image of this format."""
        self._mapped = data
        self._data = memoryview(data)
        self._on_damage = on_damage
        self._directory = directory = _directory(self._data)
        self.paths: Sequence[str] = directory["paths"]
        self.languages: Sequence[str] = directory["languages"]
        self.packages: Sequence[tuple[str, ...]] = directory["packages"]
        self.digests: Sequence[str] = directory["digests"]
        self.problems: Mapping[str, tuple[str, ...]] = directory["problems"]
        self.vocabulary_size: int = directory["vocabulary_size"]
        self._numbers = dict(zip(self.paths, range(len(self.paths)), strict=True))
        self._spans = {name: _Spans(*directory[name]) for name in ("bodies", "texts", "ids", "words")}
        self._word_bounds = self._spans["words"].bounds
        self._sound = {name: bytearray(len(spans)) for name, spans in self._spans.items()}
        counts = np.frombuffer(self._part(directory["counts"]), dtype=np.uint32)
        self._starts = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)))
        self._starts_view = self._starts.data  # single numbers are read from it several times as fast
        self._postings = np.frombuffer(self._part(directory["postings"]), dtype=np.uint32)
        self._words: dict[int, str] = {}  # by number, those that were asked for last
        self._ids: dict[str, int | None] = {}  # the other way round
        self._others: frozenset[str] | None = None

    def stamps(self) -> dict[str, Stamp]:
        """Return the stamps of all files, including skipped ones."""
        flat = array("q", self._directory["stamps"]).tolist()
        stamps = dict(zip(self.paths, map(Stamp, flat[::3], flat[1::3], flat[2::3]), strict=True))
        stamps.update((path, Stamp(*stamp)) for *stamp, path, _, _ in self._directory["others"])
        return stamps

    def skipped(self) -> dict[str, str]:
        """Return the skipped files, with the reasons."""
        return {path: reason for *_, path, reason, project in self._directory["others"] if project is None}

    def projects(self) -> dict[str, str]:
        """Return the texts of the project files."""
        return {path: project for *_, path, _, project in self._directory["others"] if project is not None}

    def project_problems(self) -> dict[str, str]:
        """Return the problems of project files."""
        return {
            path: reason for *_, path, reason, project in self._directory["others"] if project is not None and reason
        }

    def holds(self, path: str) -> bool:
        """Return whether the image has an entry for a file."""
        if self._others is None:
            self._others = frozenset(path for *_, path, _, _ in self._directory["others"])
        return path in self._numbers or path in self._others

    def number_of(self, path: str) -> int | None:
        """Return the position of a file in the columns; None if the image has no record of it."""
        return self._numbers.get(path)

    def packed(self, number: int) -> PackedRecord:
        """Return the record of a file. Raises DamagedError."""
        return PackedRecord(
            self.languages[number],
            self.digests[number],
            self.packages[number],
            self.problems.get(self.paths[number], ()),
            self._span("bodies", number),
            self._span("texts", number),
        )

    def word_ids(self, number: int) -> Ids:
        """Return the words of a file. If that part is damaged, report the damage and return none."""
        try:
            return np.frombuffer(self._span("ids", number), dtype=np.uint32)
        except DamagedError:
            self._on_damage(self.paths[number])
            return np.zeros(0, dtype=np.uint32)

    def numbers_with(self, word_id: int) -> Ids:
        """The numbers of the files that hold a word, rising."""
        return self._postings[self._starts_view[word_id] : self._starts_view[word_id + 1]]

    def frequency(self, word_id: int) -> int:
        """How many files hold a word."""
        return self._starts_view[word_id + 1] - self._starts_view[word_id]

    def id_of(self, word: str) -> int | None:
        """The number of a word."""
        found = self._ids.get(word, -1)
        if found == -1:
            if len(self._ids) >= MAX_KEPT_WORDS:
                self._ids = {}
            found = self._ids[word] = self._looked_up(word)
        return found

    def word_of(self, word_id: int) -> str:
        """The word of a number."""
        known = self._words.get(word_id)
        if known is None:
            if len(self._words) >= MAX_KEPT_WORDS:
                self._words = {}
            block, place = divmod(word_id, WORDS_OF_BLOCK)
            packed = self._block(block).split(b"\0", place + 2)[place + 1]
            known = self._words[word_id] = packed.decode("utf-8", "surrogatepass")
        return known

    def common_words(self, files: int) -> frozenset[str]:
        """The words that at least `files` files hold."""
        return frozenset(map(self.word_of, np.flatnonzero(np.diff(self._starts) >= files).tolist()))

    def words(self) -> list[str]:
        """All words by their numbers."""
        blocks = map(self._block, range(len(self._directory["blocks"])))
        return [word for block in blocks for word in block[1:-1].decode("utf-8", "surrogatepass").split("\0")]

    def _looked_up(self, word: str) -> int | None:
        block = bisect_right(self._directory["blocks"], word) - 1
        if block < 0:
            return None
        packed = self._block(block)
        place = packed.find(b"\0%b\0" % word.encode("utf-8", "surrogatepass"))
        return block * WORDS_OF_BLOCK + packed.count(b"\0", 0, place) if place >= 0 else None

    def _block(self, block: int) -> bytes:
        """Return the words of a block with a zero before, between and after them. (Hundreds are looked into for a
        context, so this is `_span` in fewer steps.)"""
        bounds = self._word_bounds
        packed = self._mapped[bounds[block] : bounds[block + 1]]
        if not self._sound["words"][block]:
            try:
                self._span("words", block)
            except DamagedError:
                self._on_damage("the list of words")
                return b"\0" * (WORDS_OF_BLOCK + 1)
        return packed

    def _span(self, name: str, number: int) -> memoryview:
        start, end, check = self._spans[name].at(number)
        part = self._data[start:end]
        if not self._sound[name][number]:  # each is looked at once
            if zlib.crc32(part) != check:
                raise DamagedError(f"{name} {number}")
            self._sound[name][number] = True
        return part

    def _part(self, span: tuple[int, int, int]) -> memoryview:
        start, end, check = span
        part = self._data[start:end]
        if zlib.crc32(part) != check:
            raise DamagedError("a table of words")
        return part


def open_image(path: Path, on_damage: Callable[[str], None]) -> Image:
    """Map an image into memory. Raises OSError, or DamagedError if it is no complete image."""
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file cannot be mapped
            raise DamagedError(f"{path.name} is empty") from error
    return Image(data, on_damage)


class _Spans:
    """Return the positions of a section's parts, which follow one another from `start`."""

    def __init__(self, start: int, lengths: bytes, checks: bytes) -> None:
        ends = np.cumsum(np.frombuffer(lengths, dtype=np.uint32), dtype=np.int64) + start
        self.bounds = np.concatenate((np.array([start], dtype=np.int64), ends)).data
        self._checks = np.frombuffer(checks, dtype=np.uint32).data

    def __len__(self) -> int:
        return len(self._checks)

    def at(self, number: int) -> tuple[int, int, int]:
        return self.bounds[number], self.bounds[number + 1], self._checks[number]


class _Sections:
    """Writes parts one after another."""

    def __init__(self, out: BinaryIO) -> None:
        self.place = 0
        self._out = out

    def add(self, part: bytes | memoryview) -> tuple[int, int, int]:
        """Write one part, aligned; where it begins and ends, and its check sum."""
        self.align()
        start = self.place
        self._write(part)
        return start, self.place, zlib.crc32(part)

    def add_all(self, parts: Iterable[bytes | memoryview]) -> tuple[int, bytes, bytes]:
        """Write parts; where they begin, their lengths and check sums."""
        start, lengths, checks = self.place, array("I"), array("I")
        for part in parts:
            lengths.append(memoryview(part).nbytes)
            checks.append(zlib.crc32(part))
            self._write(part)
        return start, lengths.tobytes(), checks.tobytes()

    def align(self) -> None:
        """Begin the next part where numbers may begin."""
        self._write(bytes(-self.place % 8))

    def _write(self, part: bytes | memoryview) -> None:
        self._out.write(part)
        self.place += memoryview(part).nbytes


def _numbered(entries: Sequence[Entry], words: Sequence[str]) -> tuple[list[str], list[int], Ids, Ids, Ids]:
    """The words in use in order; per file how many; all ids in the new numbers; file numbers by word; and how many."""
    lengths = [len(entry.ids) for entry in entries]
    ids = np.concatenate([entry.ids for entry in entries]) if entries else np.zeros(0, dtype=np.uint32)
    used = np.zeros(len(words), dtype=bool)
    used[ids] = True
    used[0] = True  # the line end keeps its number in every vocabulary: it sorts before all words
    numbers = np.flatnonzero(used).tolist()
    numbers.sort(key=words.__getitem__)
    new = np.zeros(len(words), dtype=np.uint32)
    new[numbers] = np.arange(len(numbers), dtype=np.uint32)
    ids = new[ids]
    distinct = _distinct(ids, lengths, len(numbers))
    holders = np.repeat(np.arange(len(entries), dtype=np.uint32), [len(one) for one in distinct])
    held = np.concatenate(distinct) if distinct else np.zeros(0, dtype=np.uint32)
    del distinct
    counts = np.bincount(held, minlength=len(numbers)).astype(np.uint32)
    for shift in (0, 16):  # numpy sorts numbers of 16 bits by counting: twice that is faster than once all 32 bits
        order = np.argsort((held >> shift).astype(np.uint16), kind="stable")
        held, holders = held[order], holders[order]
    return [words[number] for number in numbers], lengths, ids, holders, counts


def _distinct(ids: Ids, lengths: Sequence[int], vocabulary_size: int) -> list[Ids]:
    """The distinct words of each file, each at its last place there. (np.unique takes twice as long.)"""
    last_places = np.zeros(vocabulary_size, dtype=np.uint32)
    places = np.arange(max(lengths, default=0), dtype=np.uint32)
    found, start = [], 0
    for length in lengths:
        words = ids[start : start + length]
        last_places[words] = places[:length]
        found.append(words[last_places[words] == places[:length]])
        start += length
    return found


def _directory(data: memoryview) -> dict[str, Any]:
    if len(data) < len(MAGIC) + _TRAILER.size or data[: len(MAGIC)] != MAGIC:
        raise DamagedError("no image")
    start, length, check, end = _TRAILER.unpack(data[-_TRAILER.size :])
    packed = data[start : start + length]
    if end != _END or start + length + _TRAILER.size != len(data) or zlib.crc32(packed) != check:
        raise DamagedError("not a complete image")
    found: dict[str, Any] = marshal.loads(packed)
    return found
