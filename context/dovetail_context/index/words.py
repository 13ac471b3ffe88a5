"""Which files hold a word: an append-only log shared by all snapshots, and the immutable view that each snapshot has of it.

A changed file gets a new number and its words are appended; a view ignores numbers that are newer than itself or that were
replaced. So readers need no lock, and a view never changes. Words are identifiers; one that follows a dot is also
kept with the dot (`.total`), which tells uses as a member from others.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_WORD = re.compile(r"\.?[^\W\d]\w+")  # two characters at least: single letters say nothing


def words_of(text: str) -> set[str]:
    """The distinct words of a text, those after a dot with and without it."""
    found = set(_WORD.findall(text))
    found.update(word[1:] for word in tuple(found) if word[0] == ".")
    return found


class WordLog:
    """The log. Only the index's worker writes to it."""

    def __init__(self) -> None:
        self.postings: dict[str, array[int]] = {}
        self.paths: list[str] = []

    def append(self, path: str, text: str) -> int:
        """Add a file's words; its number."""
        number = len(self.paths)
        self.paths.append(path)
        for word in words_of(text):
            known = self.postings.get(word)
            if known is None:
                self.postings[word] = array("I", (number,))
            else:
                known.append(number)
        return number


class WordView:
    """What one snapshot sees of the log: `numbers` maps its paths to their current numbers."""

    __slots__ = ("_limit", "_log", "numbers")

    def __init__(self, log: WordLog, numbers: Mapping[str, int]) -> None:
        self._log = log
        self._limit = len(log.paths)
        self.numbers = MappingProxyType(dict(numbers))

    def files_with(self, word: str) -> list[str]:
        """The paths of the files that hold `word`, in the order in which they were indexed."""
        known = self._log.postings.get(word)
        if known is None:
            return []
        paths, numbers = self._log.paths, self.numbers
        found = []
        for number in known[: bisect_left(known, self._limit)]:
            path = paths[number]
            if numbers.get(path) == number:
                found.append(path)
        return found

    def frequency(self, word: str) -> int:
        """About how many files hold `word`: replaced versions of files count too until the log is written anew."""
        known = self._log.postings.get(word)
        return 0 if known is None else bisect_left(known, self._limit)

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
