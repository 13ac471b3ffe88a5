"""Which words stand where: an append-only log shared by all snapshots, and the view that each of them has of it.

A changed file gets a new number and its words are appended; a view ignores numbers that are newer than itself or that
were replaced. So readers need no lock, and a view never changes. Words are identifiers; one that follows a dot is kept
with the dot (`.total`), which tells uses as a member from others.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from types import MappingProxyType

# Two characters at least: single letters say nothing. Most sources are ASCII, and for those a plain pattern is faster.
_TOKEN = re.compile(r"[^\W\d]\w+|\n|\.[^\W\d]\w+")
_ASCII_TOKEN = re.compile(r"[A-Za-z_]\w+|\n|\.[A-Za-z_]\w+", re.ASCII)
LINE_END = 0  # the id that stands for the end of a line


def words_of(text: str) -> set[str]:
    """The distinct words of a text, without their dots."""
    return {word.removeprefix(".") for word in _tokens(text) if word != "\n"}


class WordLog:
    """The log. Only the index's worker writes to it.

    `ids` has the words of every file number in text order, by the numbers that `vocabulary` gives them, with
    `LINE_END` at the end of each line; `postings` has the file numbers of every word, rising.
    """

    def __init__(self) -> None:
        self.vocabulary: dict[str, int] = {"\n": LINE_END}
        self.postings: list[array[int]] = [array("I")]
        self.paths: list[str] = []
        self.ids: list[array[int]] = []

    def append(self, path: str, text: str) -> int:
        """Add a file's words; its number."""
        vocabulary, postings, number = self.vocabulary, self.postings, len(self.paths)
        tokens = _tokens(text)
        for word in set(tokens).difference(vocabulary):
            vocabulary[word] = len(postings)
            postings.append(array("I"))
        ids = array("I", map(vocabulary.__getitem__, tokens))
        for word_id in set(ids):
            postings[word_id].append(number)
        self.ids.append(ids)
        self.paths.append(path)
        return number


def _tokens(text: str) -> list[str]:
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)


class WordView:
    """What one snapshot sees of the log: `numbers` maps its paths to their current numbers."""

    __slots__ = ("_limit", "_log", "numbers")

    def __init__(self, log: WordLog, numbers: Mapping[str, int]) -> None:
        self._log = log
        self._limit = len(log.paths)
        self.numbers = MappingProxyType(dict(numbers))

    def id_of(self, word: str) -> int | None:
        """The number of a word, None if no file ever held it."""
        return self._log.vocabulary.get(word)

    @property
    def vocabulary_size(self) -> int:
        """One more than the greatest id (which may belong to a newer view)."""
        return len(self._log.postings)

    def ids(self, path: str) -> "array[int]":
        """The words of a file in text order, with `LINE_END` at the end of each line."""
        return self._log.ids[self.numbers[path]]

    def files_with(self, word: str) -> list[str]:
        """The paths of the files that hold `word`, in the order in which they were indexed."""
        paths, numbers = self._log.paths, self.numbers
        found = []
        for number in self._numbers_with(word):
            path = paths[number]
            if numbers.get(path) == number:
                found.append(path)
        return found

    def frequency(self, word: str) -> int:
        """About how many files hold `word`: replaced versions of files count too until the log is written anew."""
        known = self._log.vocabulary.get(word)
        return 0 if known is None else bisect_left(self._log.postings[known], self._limit)

    def updated(self, texts: Iterable[tuple[str, str]], removed: Iterable[str]) -> "WordView":
        """The next view, after files got new texts or went away."""
        numbers = dict(self.numbers)
        for path in removed:
            numbers.pop(path, None)
        for path, text in texts:
            numbers[path] = self._log.append(path, text)
        return WordView(self._log, numbers)

    @property
    def outdated(self) -> bool:
        """Whether most of the log speaks of replaced versions, so that it should be written anew."""
        return len(self._log.paths) > 1000 + 2 * len(self.numbers)

    def _numbers_with(self, word: str) -> "array[int]":
        known = self._log.vocabulary.get(word)
        if known is None:
            return array("I")
        numbers = self._log.postings[known]
        return numbers[: bisect_left(numbers, self._limit)]
