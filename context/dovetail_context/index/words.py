"""Which words stand where: an append-only log shared by all snapshots, and the view that each of them has of it.

A changed file gets a new number and its words are appended; a view ignores numbers that are newer than itself or that
were replaced. So readers need no lock, and a view never changes. Words are identifiers; one that follows a dot is kept
with the dot (`.total`), which tells uses as a member from others.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Two characters at least: single letters say nothing. Most sources are ASCII, and for those a plain pattern is faster.
_TOKEN = re.compile(r"[^\W\d]\w+|\n|\.[^\W\d]\w+")
_ASCII_TOKEN = re.compile(r"[A-Za-z_]\w+|\n|\.[A-Za-z_]\w+", re.ASCII)
SPARE_VERSIONS = 1000  # replaced versions (typing makes one a keystroke) that a small project's log may hold
LINE_END = 0  # the id that stands for the end of a line


def words_of(text: str) -> set[str]:
    """The distinct words of a text, without their dots."""
    return {word.removeprefix(".") for word in _tokens(text) if word != "\n"}


class WordLog:
    """The log. Only the index's worker writes to it.

    `vocabulary` numbers the words; `postings` has every word's file numbers, rising; `paths` every number's path.
    """

    def __init__(self, vocabulary: dict[str, int] | None = None) -> None:
        self.vocabulary = {"\n": LINE_END} if vocabulary is None else vocabulary
        self.postings: list[array[int]] = [array("I") for _ in self.vocabulary]
        self.paths: list[str] = []

    def append(self, path: str, text: str) -> "Words":
        """Add a file's words."""
        tokens = _tokens(text)
        for word in set(tokens).difference(self.vocabulary):
            self.vocabulary[word] = len(self.postings)
            self.postings.append(array("I"))
        return self.append_ids(path, array("I", map(self.vocabulary.__getitem__, tokens)))

    def append_ids(self, path: str, ids: "array[int]") -> "Words":
        """Add a file's words by their numbers in the vocabulary."""
        number = len(self.paths)
        for word_id in set(ids):
            self.postings[word_id].append(number)
        self.paths.append(path)
        return Words(number, ids)


@dataclass(frozen=True, slots=True)
class Words:
    """A version of a file: its number in the log, and its words in text order, `LINE_END` between lines."""

    number: int
    ids: "array[int]"


class WordView:
    """What one snapshot sees of the log: `files` has the current version of each of its paths."""

    __slots__ = ("_limit", "_log", "files")

    def __init__(self, log: WordLog, files: Mapping[str, Words]) -> None:
        self._log = log
        self._limit = len(log.paths)
        self.files = MappingProxyType(dict(files))

    def id_of(self, word: str) -> int | None:
        """The number of a word, None if no file ever held it."""
        return self._log.vocabulary.get(word)

    @property
    def vocabulary_size(self) -> int:
        """One more than the greatest id (which may belong to a newer view)."""
        return len(self._log.postings)

    def files_with(self, word: str) -> list[str]:
        """The paths of the files that hold `word`, in the order in which they were indexed."""
        known = self._log.vocabulary.get(word)
        if known is None:
            return []
        paths, files, numbers = self._log.paths, self.files, self._log.postings[known]
        found = []
        for number in numbers[: bisect_left(numbers, self._limit)]:
            version = files.get(paths[number])
            if version is not None and version.number == number:
                found.append(paths[number])
        return found

    def frequency(self, word: str) -> int:
        """About how many files hold `word`: replaced versions of files count too until the log is written anew."""
        known = self._log.vocabulary.get(word)
        return 0 if known is None else bisect_left(self._log.postings[known], self._limit)

    def updated(self, texts: Iterable[tuple[str, str]], removed: Iterable[str]) -> "WordView":
        """The next view, after files got new texts or went away."""
        files = dict(self.files)
        for path in removed:
            files.pop(path, None)
        for path, text in texts:
            files[path] = self._log.append(path, text)
        return WordView(self._log, files).compact()

    def compact(self) -> "WordView":
        """The same view on a log of its own if most of the log speaks of replaced versions of files, else itself."""
        if len(self._log.paths) <= SPARE_VERSIONS + 2 * len(self.files):
            return self
        log = WordLog(dict(self._log.vocabulary))
        return WordView(log, {path: log.append_ids(path, version.ids) for path, version in self.files.items()})


def _tokens(text: str) -> list[str]:
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)
