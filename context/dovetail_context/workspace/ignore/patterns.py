"""A list of patterns as `.gitignore` files hold them: which of them match a path, without looking at each. Pure.

Most patterns are a plain name, a plain path, `*.suffix` or `prefix*`, and tables find those. The others go through one
automaton (`wildmatch.py`). What a match means is decided by the callers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dovetail_context.work import counted
from dovetail_context.workspace.ignore.wildmatch import SPECIAL, Automaton, MalformedPattern, Token, fold_case, tokenize


@dataclass(frozen=True, slots=True)
class Pattern:
    """A line that is no comment, taken apart.

    `negated` is whether it takes back what other patterns match. `only_folders` patterns match nothing but folders.
    `is_path` patterns are compared with the whole path, the others with the name at its end. `text` is what is left.
    """

    text: str
    negated: bool
    only_folders: bool
    is_path: bool


def parse_pattern(line: str) -> Pattern:
    """Take a line apart."""
    negated = line.startswith("!")
    text = line[1:] if negated else line
    only_folders = text.endswith("/")
    text = text.removesuffix("/")
    is_path = "/" in text
    text = text.removeprefix("/")
    if text.startswith("**/") and "/" not in text[3:]:
        text, is_path = text[3:], False  # the same as a bare name, and cheaper
    return Pattern(text, negated, only_folders, is_path)


class PatternList:
    """Patterns in the order in which they were given; numbers count them from 0."""

    def __init__(self, patterns: Sequence[Pattern], fold: bool = False) -> None:
        """`fold` makes no difference between upper and lower case."""
        self.negated = tuple(pattern.negated for pattern in patterns)
        self._fold = fold
        self._for_folders = _Table(enumerate(patterns), fold)
        if any(pattern.only_folders for pattern in patterns):
            rest = ((number, pattern) for number, pattern in enumerate(patterns) if not pattern.only_folders)
            self._for_files = _Table(rest, fold)
        else:
            self._for_files = self._for_folders

    def __len__(self) -> int:
        return len(self.negated)

    def last(self, path: str, is_folder: bool) -> int:
        """The highest number of a pattern that matches the path itself, -1 if none does."""
        if self._fold:
            path = fold_case(path)
        return (self._for_folders if is_folder else self._for_files).last(path)

    def all(self, path: str, is_folder: bool) -> list[int]:
        """The numbers of all patterns that match the path itself, in no order."""
        if self._fold:
            path = fold_case(path)
        return (self._for_folders if is_folder else self._for_files).all(path)


class _Table:
    """Finds the patterns that match a path, by their form."""

    def __init__(self, patterns: Iterable[tuple[int, Pattern]], fold: bool) -> None:
        self._names: dict[str, list[int]] = defaultdict(list)
        self._paths: dict[str, list[int]] = defaultdict(list)
        self._beginnings: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._endings: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        others: list[tuple[int, tuple[Token, ...], bool]] = []
        for number, pattern in counted(patterns):  # a project may bring thousands
            text, is_path = pattern.text, pattern.is_path
            specials = sum(map(text.count, SPECIAL))
            if specials == 0:
                (self._paths if is_path else self._names)[fold_case(text) if fold else text].append(number)
            elif specials == 1 and not is_path and text[0] == "*":
                self._endings[len(text) - 1][fold_case(text[1:]) if fold else text[1:]].append(number)
            elif specials == 1 and not is_path and text[-1] == "*":
                self._beginnings[len(text) - 1][fold_case(text[:-1]) if fold else text[:-1]].append(number)
            else:
                try:
                    others.append((number, tokenize(text, is_path, fold), is_path))
                except MalformedPattern:
                    continue  # git matches nothing with it
        self._automaton = Automaton(others) if others else None

    def last(self, path: str) -> int:
        folder, _, name = path.rpartition("/")
        best = self._automaton.last(folder, name) if self._automaton is not None else -1
        for found in self._plain(path, name):
            if found[-1] > best:
                best = found[-1]
        return best

    def all(self, path: str) -> list[int]:
        folder, _, name = path.rpartition("/")
        numbers = [number for found in self._plain(path, name) for number in found]
        if self._automaton is not None:
            numbers += self._automaton.all(folder, name)
        return numbers

    def _plain(self, path: str, name: str) -> list[list[int]]:
        """The patterns that are found without wildcards, in lists that ascend."""
        found = [self._names[name]] if name in self._names else []
        if path in self._paths:
            found.append(self._paths[path])
        for length, by_ending in self._endings.items():
            if length <= len(name) and (ending := name[len(name) - length :]) in by_ending:
                found.append(by_ending[ending])
        for length, by_beginning in self._beginnings.items():
            if length <= len(name) and (beginning := name[:length]) in by_beginning:
                found.append(by_beginning[beginning])
        return found
