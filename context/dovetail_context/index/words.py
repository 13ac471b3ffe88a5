"""The positions of words: an append-only log shared by all snapshots, over a base that never changes, and the view
that each snapshot has of them.

A changed file gets a new number and its words are appended; a view ignores numbers that are newer than itself or that
were replaced. So readers need no lock, and a view never changes. Words are identifiers; one that follows a dot is kept
with the dot (`.total`), which distinguishes uses as a member from others.
"""

import re
from array import array
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dovetail_context.work import look

Ids = npt.NDArray[np.uint32]

# Two characters at least: single letters carry no meaning. Most sources are ASCII, for which a plain pattern is faster.
_TOKEN = re.compile(r"[^\W\d]\w+|\n|\.[^\W\d]\w+")
_ASCII_TOKEN = re.compile(r"[A-Za-z_]\w+|\n|\.[A-Za-z_]\w+", re.ASCII)
_WORD = re.compile(r"[^\W\d]\w+")
_ASCII_WORD = re.compile(r"[A-Za-z_]\w+", re.ASCII)
SPARE_VERSIONS = 1000  # replaced versions (typing makes one a keystroke) that a small project's log may hold
PART_CHARACTERS = 1 << 14
LINE_END = 0  # the id that marks the end of a line
_NONE: Ids = np.zeros(0, dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of one text: each distinct one, and their places in `vocabulary` in the order of the text."""

    vocabulary: tuple[str, ...] = ()
    ids: "array[int]" = field(default_factory=lambda: array("H"))


def words_of(text: str) -> set[str]:
    """The distinct words of a text, without their dots."""
    return set((_ASCII_WORD if text.isascii() else _WORD).findall(text))


def read_words(text: str) -> TextWords:
    """The words of a text, as a log takes them."""
    places: dict[str, int] = defaultdict(count().__next__)
    ids: list[int] = []
    for part in _parts(text):
        look()
        ids += [places[word] for word in _tokens(part)]
    return TextWords(tuple(places), array("H" if len(places) < 1 << 16 else "I", ids))


def _parts(text: str) -> Iterator[str]:
    """A text in parts of some hundred lines: no other thread can run while a pattern is searched for."""
    start = 0
    while len(text) - start > 2 * PART_CHARACTERS:
        end = text.find("\n", start + PART_CHARACTERS) + 1
        if not end:
            break
        yield text[start:end]
        start = end
    yield text[start:] if start else text


def read_ids(typecode: str, data: bytes) -> "array[int]":
    """`TextWords.ids` from its bytes."""
    return array("H", data) if typecode == "H" else array("I", data)


@dataclass(frozen=True, slots=True)
class Words:
    """A version of a file: its number, and its words in text order, `LINE_END` between lines."""

    number: int
    ids: Ids


class WordBase(Protocol):
    """The words of many files, numbered in path order, that never change. Word ids count from 0, `LINE_END`."""

    @property
    def paths(self) -> Sequence[str]: ...

    @property
    def vocabulary_size(self) -> int: ...

    def number_of(self, path: str) -> int | None: ...

    def id_of(self, word: str) -> int | None: ...

    def word_ids(self, number: int) -> Ids: ...

    def numbers_with(self, word_id: int) -> Ids: ...

    def frequency(self, word_id: int) -> int: ...

    def word_of(self, word_id: int) -> str: ...

    def common_words(self, files: int) -> frozenset[str]: ...

    def words(self) -> list[str]: ...

    def __hash__(self) -> int: ...  # by identity


class EmptyBase:
    """No files; one id, that of the line end."""

    paths: Sequence[str] = ()
    vocabulary_size = 1

    def number_of(self, path: str) -> int | None:
        return None

    def id_of(self, word: str) -> int | None:
        return LINE_END if word == "\n" else None

    def word_ids(self, number: int) -> Ids:
        raise IndexError(number)

    def numbers_with(self, word_id: int) -> Ids:
        return np.zeros(0, dtype=np.uint32)

    def frequency(self, word_id: int) -> int:
        return 0

    def word_of(self, word_id: int) -> str:
        return "\n"

    def common_words(self, files: int) -> frozenset[str]:
        return frozenset()

    def words(self) -> list[str]:
        return ["\n"]


class NewWords(dict[str, int]):
    """The numbers of the words that the base of a log has not. To ask for the number of a word (`[word]`) gives it one
    if neither has it."""

    def __init__(self, base: WordBase) -> None:
        super().__init__()
        self.in_order: list[str] = []
        self._base = base
        self._first = base.vocabulary_size

    def __missing__(self, word: str) -> int:
        number = self._base.id_of(word)
        if number is None:
            number = self._first + len(self)
            self.in_order.append(word)  # first: a reader that finds a number may ask for its word
            self[word] = number
        return number

    def numbers_of(self, words: Sequence[str]) -> list[int]:
        """The numbers of words. Those that have none get one."""
        # A cold start numbers some million words here. Most were met before, and cost no call of a function.
        return list(map(self.__getitem__, words))

    def copy(self) -> "NewWords":
        """Return the same numbers of the same words."""
        same = NewWords(self._base)
        same.update(self)
        same.in_order += self.in_order
        return same


class Postings:
    """The numbers of the files that hold a word, rising.

    What is added is sorted by words when somebody asks for a word: of the thousands of files of a cold start hardly
    anybody asks before an image holds them. One thread adds; any thread may ask.
    """

    def __init__(self) -> None:
        self._numbers: defaultdict[int, array[int]] = defaultdict(partial(array, "I"))
        self._waiting: deque[tuple[int, array[int]]] = deque()
        self._sorting = Lock()

    def add(self, number: int, words: "array[int]") -> None:
        """Add a file with its distinct words."""
        self._waiting.append((number, words))

    def of(self, word: int) -> Sequence[int]:
        """Return the numbers of the files that hold a word. Raises Cancelled if the open work has been cancelled."""
        while self._waiting:
            self._sort_one()
            look()
        return self._numbers.get(word, ())

    def _sort_one(self) -> None:
        with self._sorting:
            if self._waiting:
                number, words = self._waiting[0]
                for word in words:
                    self._numbers[word].append(number)
                self._waiting.popleft()  # only now: who finds nothing waiting must find it sorted


class WordLog:
    """The log over its base. Only the index's worker writes to it.

    `vocabulary` numbers the words that the base has not; `postings` has each of those and of the base's that came up
    again with file numbers; `paths` the path of every number beyond the base's.
    """

    def __init__(self, base: WordBase | None = None) -> None:
        self.base: WordBase = EmptyBase() if base is None else base
        self.vocabulary = NewWords(self.base)
        self.postings = Postings()
        self.paths: list[str] = []

    @property
    def vocabulary_size(self) -> int:
        return self.base.vocabulary_size + len(self.vocabulary)

    def append(self, path: str, words: TextWords) -> Words:
        """Add a file's words."""
        distinct = array("I", self.vocabulary.numbers_of(words.vocabulary))
        mapping = np.frombuffer(distinct, dtype=np.uint32)
        return self._append_ids(path, distinct, mapping[np.frombuffer(words.ids, dtype=words.ids.typecode)])

    def rewritten(self, files: Mapping[str, Words]) -> "tuple[WordLog, dict[str, Words]]":
        """A log over the same base that holds only `files`."""
        log = WordLog(self.base)
        log.vocabulary = self.vocabulary.copy()
        return log, {
            path: log._append_ids(path, array("I", np.unique(words.ids).tolist()), words.ids)
            for path, words in files.items()
        }

    def id_of(self, word: str) -> int | None:
        """The number of a word, None if no file ever held it."""
        known = self.vocabulary.get(word)
        return self.base.id_of(word) if known is None else known

    def word_of(self, word_id: int) -> str:
        """The word of a number."""
        new = word_id - self.base.vocabulary_size
        return self.base.word_of(word_id) if new < 0 else self.vocabulary.in_order[new]

    def words(self) -> list[str]:
        """All words by their numbers."""
        return [*self.base.words(), *self.vocabulary.in_order]

    def _append_ids(self, path: str, distinct: "array[int]", ids: Ids) -> Words:
        number = len(self.base.paths) + len(self.paths)
        self.postings.add(number, distinct)
        self.paths.append(path)
        return Words(number, ids)


class WordFiles(Mapping[str, Words]):
    """The current version of each file: what changed over the base."""

    __slots__ = ("_base", "_changed", "_length")

    def __init__(self, base: WordBase, changed: Mapping[str, Words | None]) -> None:
        self._base = base
        self._changed = changed
        gone = sum(base.number_of(path) is not None for path in changed)
        self._length = len(base.paths) - gone + sum(words is not None for words in changed.values())

    def __getitem__(self, path: str) -> Words:
        if path in self._changed:
            changed = self._changed[path]
            if changed is None:
                raise KeyError(path)
            return changed
        number = self._base.number_of(path)
        if number is None:
            raise KeyError(path)
        return Words(number, self._base.word_ids(number))

    def __iter__(self) -> Iterator[str]:
        yield from (path for path in self._base.paths if path not in self._changed)
        yield from (path for path, words in self._changed.items() if words is not None)

    def __len__(self) -> int:
        return self._length


class WordView:
    """What one snapshot sees of the log: `files` has the current version of each of its paths."""

    __slots__ = ("_changed", "_limit", "_log", "_replaced", "files")

    def __init__(self, log: WordLog, changed: Mapping[str, Words | None] | None = None) -> None:
        self._log = log
        self._changed = {} if changed is None else changed
        self._limit = len(log.base.paths) + len(log.paths)
        self._replaced: Ids | None = None
        self.files: Mapping[str, Words] = WordFiles(log.base, self._changed)

    @property
    def log(self) -> WordLog:
        """For the one who writes to it."""
        return self._log

    def id_of(self, word: str) -> int | None:
        """The number of a word, None if no file ever held it."""
        return self._log.id_of(word)

    def word_of(self, word_id: int) -> str:
        """The word of a number."""
        return self._log.word_of(word_id)

    @property
    def vocabulary_size(self) -> int:
        """One more than the greatest id (which may belong to a newer view)."""
        return self._log.vocabulary_size

    @property
    def numbers_size(self) -> int:
        """One more than the greatest number of a file."""
        return self._limit

    def path_of(self, number: int) -> str:
        """The path of the file of a number."""
        first = len(self._log.base.paths)
        return self._log.base.paths[number] if number < first else self._log.paths[number - first]

    def place_of(self, path: str) -> int:
        """The number that a file has among those of the base, or would have: they are numbered in path order."""
        return bisect_left(self._log.base.paths, path)

    def files_with(self, word: str) -> list[str]:
        """The paths of the files that hold `word`, in the order in which they were indexed."""
        return list(map(self.path_of, self.numbers_with(word).tolist()))

    def numbers_with(self, word: str) -> Ids:
        """The numbers of the files that hold `word`, rising."""
        known = self._log.id_of(word)
        return _NONE if known is None else self.numbers_with_id(known)

    def numbers_with_id(self, word_id: int) -> Ids:
        """The same for the word of a number."""
        base, changed = self._log.base, self._changed
        found = base.numbers_with(word_id) if word_id < base.vocabulary_size else _NONE
        if changed and len(found):
            found = found[~np.isin(found, self._replaced_numbers())]
        numbers = self._log.postings.of(word_id)
        if not numbers:
            return found
        first, current = len(base.paths), []
        for number in numbers[: bisect_left(numbers, self._limit)]:
            version = changed.get(self._log.paths[number - first])
            if version is not None and version.number == number:
                current.append(number)
        return np.concatenate((found, np.array(current, dtype=np.uint32))) if current else found

    def frequency(self, word: str) -> int:
        """About how many files hold `word`: replaced versions of files count too until the log is written again."""
        known = self._log.id_of(word)
        return 0 if known is None else self.frequency_of(known)

    def frequency_of(self, word_id: int) -> int:
        """The same of the word of a number."""
        base = self._log.base
        before = base.frequency(word_id) if word_id < base.vocabulary_size else 0
        return before + bisect_left(self._log.postings.of(word_id), self._limit)

    def updated(self, texts: Iterable[tuple[str, TextWords]], removed: Iterable[str]) -> "WordView":
        """The next view, after files got new words or went away."""
        changed = dict(self._changed)
        for path in removed:
            if self._log.base.number_of(path) is None:
                changed.pop(path, None)
            else:
                changed[path] = None
        for path, words in texts:
            changed[path] = self._log.append(path, words)
        return WordView(self._log, changed).compact()

    def compact(self) -> "WordView":
        """Return the same view on a log of its own if most of the log is about replaced versions, else itself."""
        if len(self._log.paths) <= SPARE_VERSIONS + 2 * len(self._changed):
            return self
        kept = {path: words for path, words in self._changed.items() if words is not None}
        log, files = self._log.rewritten(kept)
        return WordView(log, {**dict.fromkeys(self._changed), **files})

    def _replaced_numbers(self) -> Ids:
        """The numbers of the base's files that changed since."""
        if self._replaced is None:
            numbers = (self._log.base.number_of(path) for path in self._changed)
            self._replaced = np.array([number for number in numbers if number is not None], dtype=np.uint32)
        return self._replaced


def _tokens(text: str) -> list[str]:
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)
