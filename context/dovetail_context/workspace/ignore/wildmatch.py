"""Wildcards as git reads them, compiled to an automaton that compares a path with many patterns at once. Pure.

The automaton follows every way to read a pattern at the same time, one bit each, and never goes back: its time is
bounded by the length of the patterns times the length of the path, whatever the patterns are. A regular expression
would take exponential time for some, and any project may contain any pattern.

Characters are compared one by one. Git compares bytes, so a caller that wants to do the same passes every byte as the
character of the same number (`gitignore.py` does).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from dovetail_context.work import counted

SPECIAL = "*?[\\"  # what makes a pattern more than a literal text
_CHARACTER_CLASSES = {
    "alnum": "azAZ09",
    "alpha": "azAZ",
    "blank": "  \t\t",
    "cntrl": "\0\x1f\x7f\x7f",
    "digit": "09",
    "graph": "!~",
    "lower": "az",
    "print": " ~",
    "punct": "!/:@[`{~",
    "space": "  \t\n\r\r",  # git's own table has neither \v nor \f
    "upper": "AZ",
    "xdigit": "09afAF",
}
_KEPT_MOVES = 512  # characters whose transitions are remembered; more only occur in names of many scripts


class Star(Enum):
    """A wildcard that matches any number of characters."""

    NAME = auto()  # `*`: anything without a slash
    PATH = auto()  # `**` at the end: anything
    FOLDERS = auto()  # `**/`: nothing, or anything that ends with a slash


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character other than a slash, in one of the ranges (both ends included), or in none of them if `negated`."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def __contains__(self, character: str) -> bool:
        is_in = any(low <= character <= high for low, high in self.ranges)
        return is_in is not self.negated and character != "/"


Token = str | OneOf | Star
_ANY_CHARACTER = OneOf((), negated=True)


class MalformedPattern(ValueError):
    """The pattern matches nothing. The message gives the reason, and continues a sentence after "has"."""


def tokenize(pattern: str, is_path: bool, fold: bool = False) -> tuple[Token, ...]:
    """Read a pattern. Only in a path do slashes and `**` mean anything. With `fold`, ASCII letters are compared without
    regard to case, with names in lower case. Raises MalformedPattern.
    """
    tokens: list[Token] = []
    first_special = next((place for place, character in enumerate(pattern) if character in SPECIAL), len(pattern))
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            end = at
            while end < len(pattern) and pattern[end] == "*":
                end += 1
            # Git compares what precedes the first wildcard by itself, and takes what follows for a new beginning.
            begins = at == first_special or pattern[at - 1] == "/"
            rest = pattern[end : end + 2]
            spans_folders = is_path and end - at > 1 and begins and (rest == "" or rest[0] == "/" or rest == "\\/")
            if spans_folders and rest[:1] == "/":
                if tokens[-1:] != [Star.FOLDERS]:
                    tokens.append(Star.FOLDERS)
                at = end + 1
            else:
                tokens.append(Star.PATH if spans_folders else Star.NAME)
                at = end
        elif character == "[":
            one_of, at = _bracket(pattern, at, fold)
            tokens.append(one_of)
        elif character == "?":
            tokens.append(_ANY_CHARACTER)
            at += 1
        elif character == "\\":
            if at + 1 == len(pattern):
                raise MalformedPattern("a \\ that escapes nothing")
            tokens.append(pattern[at + 1])  # git does not fold the case of an escaped letter
            at += 2
        else:
            tokens.append(fold_case(character) if fold else character)
            at += 1
    return tuple(tokens)


def empty_range(tokens: tuple[Token, ...]) -> str | None:
    """Return the first range in a bracket whose end precedes its beginning, such as `z-a`; None if there is none."""
    for token in tokens:
        if isinstance(token, OneOf):
            for low, high in token.ranges:
                if low > high:
                    return f"{low}-{high}" if low.isprintable() and high.isprintable() else repr(f"{low}-{high}")
    return None


def fold_case(text: str) -> str:
    """The text with ASCII letters in lower case, and all others as they are."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _bracket(pattern: str, at: int, fold: bool) -> tuple[OneOf, int]:
    """The bracket expression that begins at `at`, and the place behind it."""
    at += 1
    negated = pattern.startswith(("!", "^"), at)
    at += negated
    ranges: list[tuple[str, str]] = []
    before = ""  # what a range may begin with
    is_first = True
    while is_first or pattern[at : at + 1] != "]":
        is_first = False
        name = _class_name(pattern, at)
        if name is not None:
            if name not in _CHARACTER_CLASSES:
                shown = name if name.isalnum() and len(name) <= 20 else "..."
                raise MalformedPattern(f"the unknown class [:{shown}:]")
            ends = _CHARACTER_CLASSES["alpha" if fold and name == "upper" else name]
            ranges += zip(ends[::2], ends[1::2], strict=True)
            before, at = "", at + len(name) + 4
        elif before and pattern[at] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _character(pattern, at + 1)
            ranges += _range(before, high, fold)
            before = ""
        else:
            before, at = _character(pattern, at)
            ranges.append((before, before))
    return OneOf(tuple(ranges), negated), at + 1


def _class_name(pattern: str, at: int) -> str | None:
    """The name in `[:name:]` at `at`, None if there is no such thing."""
    if not pattern.startswith("[:", at):
        if at >= len(pattern):
            raise MalformedPattern("a [ without a ]")
        return None
    end = pattern.find("]", at + 2)
    if end < 0:
        raise MalformedPattern("a [ without a ]")
    inner = pattern[at + 2 : end]
    return inner[:-1] if inner.endswith(":") else None


def _character(pattern: str, at: int) -> tuple[str, int]:
    """The character at `at`, which a backslash may precede, and the place behind it."""
    at += pattern[at : at + 1] == "\\"
    if at >= len(pattern):
        raise MalformedPattern("a [ without a ]")
    return pattern[at], at + 1


def _range(low: str, high: str, fold: bool) -> Iterator[tuple[str, str]]:
    yield low, high
    if fold and max(low, "A") <= min(high, "Z"):  # names are in lower case
        yield max(low, "A").lower(), min(high, "Z").lower()


class Automaton:
    """Compares a path with a list of tokenized patterns, all at once.

    A state is a place in a pattern, and a bit in an integer that holds all places that have been reached. Every
    pattern owns the bits from its beginning to its end, so the pattern that is last in the list has the highest ones.
    """

    def __init__(self, patterns: Iterable[tuple[int, tuple[Token, ...], bool]]) -> None:
        """Patterns with their numbers, which ascend, and whether each is compared with the whole path, not the name."""
        moves: dict[Token, list[int]] = defaultdict(list)
        name_loops: list[int] = []
        path_loops: list[int] = []
        optional: list[int] = []
        starts: dict[bool, list[int]] = {False: [], True: []}
        self._owners: dict[int, int] = {}
        state = 0
        for number, tokens, is_path in counted(patterns):
            starts[is_path].append(state)
            for token in tokens:
                if token is Star.NAME:
                    name_loops.append(state)
                elif token is Star.PATH:
                    path_loops.append(state)
                elif token is Star.FOLDERS:
                    path_loops.append(state)
                    optional.append(state)
                    moves["/"].append(state)
                    state += 1
                else:
                    moves[token].append(state)
                    state += 1
            self._owners[state] = number
            state += 1
        self._ends = _mask(self._owners, state)
        self._optional = _mask(optional, state)
        self._path_loops = _mask(path_loops, state)
        self._name_loops = self._path_loops | _mask(name_loops, state)
        self._name_starts = self._opened(_mask(starts[False], state))
        self._path_starts = self._opened(_mask(starts[True], state))
        self._moves = _Moves(moves, state)
        self._last_folder = ("", self._path_starts)  # entries of one folder are asked about one after the other

    def last(self, folder: str, name: str) -> int:
        """The highest number of a pattern that matches `name` in `folder`, -1 if none does."""
        hits = self._after(self._in_folder(folder) | self._name_starts, name) & self._ends
        return self._owners[hits.bit_length() - 1] if hits else -1

    def all(self, folder: str, name: str) -> list[int]:
        """The numbers of all patterns that match `name` in `folder`, ascending."""
        hits = self._after(self._in_folder(folder) | self._name_starts, name) & self._ends
        if not hits:
            return []
        bits = bin(hits)[:1:-1]
        found = []
        place = bits.find("1")
        while place >= 0:
            found.append(self._owners[place])
            place = bits.find("1", place + 1)
        return found

    def _in_folder(self, folder: str) -> int:
        """What has been reached behind the folder and its slash."""
        if not folder or not self._path_starts:
            return self._path_starts
        known, states = self._last_folder
        if known != folder:
            states = self._path_starts
            for part in folder.split("/"):
                states = self._after_slash(self._after(states, part))
            self._last_folder = (folder, states)
        return states

    def _after(self, states: int, name: str) -> int:
        moves, loops, optional = self._moves, self._name_loops, self._optional
        for character in name:
            moved = (states & moves[character]) << 1
            states = moved | (states & loops)
            if optional:
                states |= (moved & optional) << 1
            if not states:
                break
        return states

    def _after_slash(self, states: int) -> int:
        return self._opened((states & self._moves["/"]) << 1) | (states & self._path_loops)

    def _opened(self, states: int) -> int:
        """Return the states, and those after a `**/` that matches nothing."""
        return states | (states & self._optional) << 1


class _Moves(dict[str, int]):
    """From a character to the states that it leads out of, computed when it occurs for the first time."""

    def __init__(self, states: dict[Token, list[int]], size: int) -> None:
        super().__init__()
        self._literal = {token: found for token, found in states.items() if isinstance(token, str)}
        self._one_of = [(token, found) for token, found in states.items() if isinstance(token, OneOf)]
        self._size = size

    def __missing__(self, character: str) -> int:
        states = [*self._literal.get(character, ())]
        for one_of, found in self._one_of:
            if character in one_of:
                states += found
        mask = _mask(states, self._size)
        if len(self) >= _KEPT_MOVES:
            self.clear()
        self[character] = mask
        return mask


def _mask(states: Iterable[int], size: int) -> int:
    """An integer with these bits."""
    bits = bytearray((size >> 3) + 1)
    for state in states:
        bits[state >> 3] |= 1 << (state & 7)
    return int.from_bytes(bits, "little")
