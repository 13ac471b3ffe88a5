"""Patterns of paths, as git reads them in `.gitignore`, and the `{stem}` that ties a test to what it tests. Pure.

Any project may contain any pattern, and any number of them: nothing here takes more time than the length of the
patterns times the length of the path.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from dovetail_context.api import MalformedPattern, PatternList, empty_range, parse_pattern, tokenize

STEM = "{stem}"
_OTHER_BRACES = re.compile(r"\{(?!stem\})[^{}]*\}")
_SPECIAL = re.compile(r"[*?\[\]]")
_STEM_PIECES = re.compile(r"(\{stem\}|\*+|\?)")
# What a test's name has more than the name of what it tests, over our languages.
_TEST_PARTS = re.compile(
    r"^tests?[_\-]|[_\-.](?:tests?|spec|unittest)$|(?<=[a-z0-9])(?:Tests?|Spec|IT)$|^Test(?=[A-Z])"
)
_KEPT_FOLDERS = 1000


def fault(pattern: str) -> str | None:
    """Return what is wrong with a pattern, None if nothing is."""
    if not pattern.strip().removeprefix("!"):
        return "is empty"
    if "\\" in pattern:
        return "has a backslash: write folders with / on every system"
    if ".." in pattern.split("/"):
        return "leads out of the workspace"
    if re.match(r"[A-Za-z]:/", pattern):
        return "is an absolute path: write it from the root of the workspace"
    if pattern.startswith("#"):
        return "begins with #, which git reads as a comment; write [#]"
    if pattern.count(STEM) > 1:
        return f"has {STEM} more than once"
    other = _OTHER_BRACES.search(pattern)
    if other is not None:
        shown = other[0] if len(other[0]) <= 40 else f"{other[0][:36]}...}}"
        return f"has {shown}: only {STEM} may be in braces; write several patterns for alternatives"
    parsed = parse_pattern(_plain(pattern))
    try:
        nothing = empty_range(tokenize(parsed.text, parsed.is_path))
    except MalformedPattern as error:
        return f"has {error}"
    return None if nothing is None else f"has the range {nothing}, in which there is nothing; turn it round"


class Globs:
    """Patterns in their given order, compiled on first use. Numbers count them from 0. `{stem}` matches any text.

    A pattern includes what it matches and what is below a folder that it matches; `!` excludes again. Of several, the
    last one decides, but a pattern that matches a path itself comes before one that matches a folder above it.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._texts = patterns
        self._compiled: PatternList | None = None
        self._compiling = threading.Lock()
        self._folders: dict[str, tuple[int, ...]] = {}

    def deciding(self, path: str) -> int | None:
        """Return the number of the pattern that includes a path, None if none does.

        The path is posix and relative; a folder's ends with a slash.
        """
        if not self._texts:
            return None
        number = -1 if path.endswith("/") else self._patterns.last(path, is_folder=False)
        if number < 0:
            above = self._above(path.rpartition("/")[0])
            number = above[-1] if above else -1
        return number if number >= 0 and not self._patterns.negated[number] else None

    def deciding_each(self, path: str, owners: Sequence[int]) -> list[int]:
        """Return the same for patterns of several lists: `owners` has the list of each pattern, ascending."""
        if not self._texts:
            return []
        itself, above = self._matching(path)
        last: dict[int, int] = {}
        for numbers in (above, itself):
            last.update({owners[number]: number for number in sorted(numbers)})
        return sorted(number for number in last.values() if not self._patterns.negated[number])

    def matching(self, path: str) -> set[int]:
        """Return the numbers of all patterns, including those with `!`, that match a path or a folder above it."""
        if not self._texts:
            return set()
        itself, above = self._matching(path)
        return {*itself, *above}

    @property
    def _patterns(self) -> PatternList:
        if self._compiled is None:
            with self._compiling:  # thousands take a second, and many documents may ask at a time
                if self._compiled is None:
                    self._compiled = PatternList([parse_pattern(_plain(text)) for text in self._texts])
        return self._compiled

    def _matching(self, path: str) -> tuple[Sequence[int], Sequence[int]]:
        """Return the patterns that match a file itself, and those for a folder above it; a folder is above itself."""
        if path.endswith("/"):
            return (), self._above(path[:-1])
        return self._patterns.all(path, is_folder=False), self._above(path.rpartition("/")[0])

    def _above(self, folder: str) -> tuple[int, ...]:
        """Return the patterns that match a folder or one above it, ascending."""
        if not folder:
            return ()
        known = self._folders.get(folder)
        if known is None:
            found: set[int] = set()
            parts = folder.split("/")
            for depth in range(1, len(parts) + 1):
                found.update(self._patterns.all("/".join(parts[:depth]), is_folder=True))
            if len(self._folders) >= _KEPT_FOLDERS:
                self._folders.clear()
            known = self._folders[folder] = tuple(sorted(found))
        return known


def matching(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the paths that a pattern takes in."""
    globs = Globs((pattern,))
    return [path for path in paths if globs.deciding(path) is not None]


def first_matching(patterns: Sequence[str], paths: Iterable[str]) -> dict[int, str]:
    """Return the first path that each pattern matches, by the pattern's number, without patterns that match none."""
    found: dict[int, str] = {}
    left = list(range(len(patterns)))
    globs = Globs(patterns)
    for path in paths:
        hits = {number for place in globs.matching(path) if (number := left[place]) not in found}
        found.update(dict.fromkeys(hits, path))
        known = len(patterns) - len(found)
        if known * 2 < len(left):  # what is found need not be asked about again
            left = [number for number in left if number not in found]
            globs = Globs([patterns[number] for number in left])
        if not left:
            break
    return found


def stem_of(path: str, pattern: str) -> str | None:
    """Return the value of `{stem}` where `pattern` includes `path`; without a `{stem}`, that of the file's own name."""
    if STEM not in pattern:
        return plain_stem(path)
    segment = next(part for part in pattern.split("/") if STEM in part)
    is_last = segment == pattern.rstrip("/").rsplit("/", 1)[-1]
    parts = path.split("/")
    pieces = [piece for piece in _STEM_PIECES.split(segment) if piece]
    found = (_stem_in(part, pieces) for part in (parts[-1:] if is_last else parts[:-1]))
    return next((stem for stem in found if stem is not None), None)


def _stem_in(name: str, pieces: Sequence[str]) -> str | None:
    """Return the value of `{stem}` in a name; every wildcard takes as much as those after it leave."""
    ends = [1 << len(name)]  # for each piece, from the last: where the rest may begin, a bit for every place
    for piece in reversed(pieces):
        after = ends[-1]
        if piece == STEM or piece.startswith("*"):
            ends.append(((1 << after.bit_length()) - 1) >> (piece == STEM))
        elif piece == "?":
            ends.append(after >> 1)
        else:
            begins = 0
            place = name.find(piece)
            while place >= 0:
                begins |= (after >> (place + len(piece)) & 1) << place
                place = name.find(piece, place + 1)
            ends.append(begins)
    if not ends.pop() & 1:
        return None
    at = 0
    for piece in pieces:
        after = ends.pop()
        begin = at
        at = after.bit_length() - 1 if piece == STEM or piece.startswith("*") else at + len(piece)
        if piece == STEM:
            return name[begin:at]
    return None


@lru_cache(maxsize=256)
def plain_stem(path: str) -> str:
    """Return a file's name without its suffix and without what marks it as a test."""
    name = PurePosixPath(path).name
    stem = name.split(".", 1)[0] if not name.startswith(".") else name
    if "." in name[1:]:
        stem = PurePosixPath(name).stem
    bare = _TEST_PARTS.sub("", stem)
    return bare or stem


def with_stem(pattern: str, stem: str) -> str:
    """Return the pattern with `stem` filled in; special characters of the pattern syntax in `stem` are literal."""
    return pattern.replace(STEM, _SPECIAL.sub(lambda special: f"\\{special[0]}", stem))


def _plain(pattern: str) -> str:
    """Return the pattern as git would read it. A stem is not empty; `*` alone could become part of a `**`."""
    return pattern.rstrip().replace(STEM, "?*")
