"""Find the characters of a text that are code: not those in strings, character literals, regular expressions or
comments. Pure, and forgiving: it reads single lines and half-written text, where a tree has no information yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

BLANK = " "
"""Replaces a character that is not code."""


@dataclass(frozen=True, slots=True)
class Family:
    """How languages write what is not code.

    `line_comments` run to the end of the line, `block_comments` from the first to the second of a pair. `quotes` are
    the delimiters of strings on one line, `long_quotes` of those over several lines. `has_regexes` is whether a slash
    may begin a regular expression, `has_lifetimes` whether a single quote may begin something else than a character.
    """

    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    quotes: str = "\"'"
    long_quotes: tuple[str, ...] = ()
    has_regexes: bool = False
    has_lifetimes: bool = False
    has_attributes: bool = False  # `#[` begins one, and no comment


_SLASHES = (("/*", "*/"),)
_C = Family(("//",), _SLASHES)
_SCRIPT = Family(("//",), _SLASHES, "\"'", ("`",), has_regexes=True)
_FAMILIES = {
    "python": Family(("#",), (), "\"'", ('"""', "'''")),
    "typescript": _SCRIPT,
    "javascript": _SCRIPT,
    "go": Family(("//",), _SLASHES, "\"'", ("`",)),
    "rust": Family(("//",), _SLASHES, '"', ('"',), has_lifetimes=True),
    "java": Family(("//",), _SLASHES, "\"'", ('"""',)),
    "csharp": Family(("//",), _SLASHES, "\"'", ('"""',)),
    "c": _C,
    "cpp": _C,
}
LONG_QUOTES = ('"""', "'''")
# Most languages write strings and comments in one of these ways.
_UNKNOWN = Family(("#", "//", "--"), _SLASHES, "\"'`", LONG_QUOTES)
_HASH = Family(("#",), (), "\"'", LONG_QUOTES)
_DASHES = Family(("--",), (("--[[", "]]"), ("/*", "*/")), "\"'")
_MARKUP = Family((), (("<!--", "-->"),), "")
_SLASHES_AND_LONG = Family(("//",), _SLASHES, "\"'", LONG_QUOTES[:1])
_WITHOUT_GRAMMAR = (
    ("sh bash zsh fish rb ruby pl pm r jl julia ex exs elixir toml yaml yml conf mk bzl star bazel nix", _HASH),
    ("tcl ps1 cmake gd nim cr awk dockerfile makefile gemfile rakefile", _HASH),
    ("lua sql hs haskell elm adb ads vhd vhdl", _DASHES),
    ("kt kts kotlin swift scala dart zig groovy gradle proto", _SLASHES_AND_LONG),
    ("scss less", _C),
    ("css", Family((), _SLASHES)),
    ("php", Family(("//", "#"), _SLASHES, has_attributes=True)),
    ("html htm vue svelte astro", Family(("//",), (*_SLASHES, ("<!--", "-->")), "\"'`")),
    ("xml md markdown rst txt", _MARKUP),
    ("ini cfg properties editorconfig", Family(("#", ";"), (), "")),
    ("lisp el clj cljs scm rkt", Family((";",), (), '"')),
    ("tex erl", Family(("%",), (), '"')),
)
# By the suffixes of their files, or their names.
_BY_SUFFIX = {suffix: family for suffixes, family in _WITHOUT_GRAMMAR for suffix in suffixes.split()}


@dataclass(frozen=True, slots=True)
class State:
    """The lexical state at a place: "" in code, else the delimiter that ends it."""

    end: str = ""


CODE = State()


def read(text: str, language: str, state: State = CODE) -> tuple[str, State]:
    """Return `text` with everything but code blanked out, delimiters included, and the state at its end.

    Line ends stay, so that lines and places are those of the text. `state` is that before it.
    """
    family = _family(language)
    pieces: list[str] = []
    place = 0
    end = state.end
    while place < len(text):
        if end:
            stop, is_over = _end_of(text, place, end, family)
            pieces.append(_blanked(text[place:stop]))
            place, end = stop, "" if is_over else end
            continue
        match = _beginnings(language).search(text, place)
        if match is None:
            pieces.append(text[place:])
            break
        pieces.append(text[place : match.start()])
        begin = match[0]
        place = match.end()
        if begin == "/" and family.has_regexes:
            place = _end_of_regex(text, match.start())
            pieces.append(BLANK * (place - match.start()) if place > match.end() else begin)
            continue
        is_attribute = family.has_attributes and text.startswith("#[", match.start())
        end = "" if is_attribute else _end_for(begin, text, match.start(), family)
        pieces.append(BLANK * len(begin) if end else begin)
    return "".join(pieces), State(end)


def name_of(language: str, path: str) -> str:
    """Return the key that `read` needs for a text: its language if that has a family, else the suffix of its path."""
    name = path.rpartition("/")[2].lower()
    return language if language in _FAMILIES or language in _BY_SUFFIX else f".{name.rpartition('.')[2]}"


def kind_of(state: State, language: str) -> Literal["code", "comment", "string"]:
    """Return what a place with this state is part of."""
    if not state.end:
        return "code"
    family = _family(language)
    return "comment" if state.end == "\n" or state.end in dict(family.block_comments).values() else "string"


def inside(lines: list[str], language: str, state: State = CODE) -> list[bool]:
    """Return for each line whether it begins inside a multi-line string. `state` is that before the first line."""
    found = []
    for line in lines:
        found.append(kind_of(state, language) == "string")
        state = read(f"{line}\n", language, state)[1]
    return found


def depth(code: str) -> int:
    """Return how many more brackets open in code (as `read` returns it) than close."""
    return sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))


def continued_lines(text: str, language: str) -> tuple[bool, frozenset[int]]:
    """Return whether lines in round and square brackets mostly align with what follows the bracket on its line, and by
    how many columns they are indented where nothing follows it."""
    lines, code = text.split("\n"), read(text, language)[0].split("\n")
    aligned, others, hanging = 0, 0, set[int]()
    for number in range(len(lines) - 1):
        line, below = lines[number], lines[number + 1]
        opener = _last_open(code[number])
        width, above = (len(each) - len(each.lstrip()) for each in (below, line))
        if opener is None or not below.strip() or width <= above or "\t" in line[:above]:
            continue
        content = content_after(line, code[number], opener)
        if content is None:
            hanging.add(width - above)
        elif width == content:
            aligned += 1
        else:
            others += 1
    return aligned > others, frozenset(hanging)


def content_after(line: str, code: str, bracket: int) -> int | None:
    """Return where the text begins that a bracket at the place `bracket` of a line holds there; None for no text but a
    comment. `code` is the line with everything but code blanked out."""
    following = line[bracket + 1 :].lstrip()
    is_comment = not code[bracket + 1 :].strip() and not following.startswith(('"', "'", "`"))
    return None if not following or is_comment else len(line) - len(following)


def _last_open(code: str) -> int | None:
    """Return the place of the last round or square bracket that a line leaves open."""
    waiting: list[int] = []
    for place, sign in enumerate(code):
        if sign in "([":
            waiting.append(place)
        elif sign in ")]" and waiting:
            waiting.pop()
    return waiting[-1] if waiting else None


def state_in(kind: str, before: str, language: str) -> State:
    """Return the state at the end of `before`, where the tree has a node of `kind`: a "comment" or a "string"."""
    left = before[before.rfind("\n") + 1 :]
    state = read(left, language)[1]
    family = _family(language)
    if kind == "comment" and state == CODE:
        return State(family.block_comments[0][1]) if family.block_comments else State("\n")
    if kind == "string" and state == CODE:
        return State(max(family.long_quotes or tuple(family.quotes), key=before.rfind))
    return state if kind != "code" or state.end in family.quotes else CODE


def _family(language: str) -> Family:
    return _FAMILIES.get(language) or _BY_SUFFIX.get(language.removeprefix("."), _UNKNOWN)


def _is_ours(family: Family) -> bool:
    return any(family is each for each in _FAMILIES.values())


def _end_of(text: str, place: int, end: str, family: Family) -> tuple[int, bool]:
    """Return where the text that `end` closes is over, and whether it is; a one-line string is over with its line."""
    if end == "\n":
        stop = text.find("\n", place)
        return (len(text), False) if stop < 0 else (stop, True)
    if end in ("*/", "]]", "-->"):
        stop = text.find(end, place)
        return (len(text), False) if stop < 0 else (stop + len(end), True)
    is_long = end in family.long_quotes
    for match in _string_parts(end).finditer(text, place):
        if match[0] == end or (match[0] == "\n" and not is_long):
            return match.end() if match[0] == end else match.start(), True
    return len(text), False


@cache
def _string_parts(end: str) -> re.Pattern[str]:
    """Return a pattern for an escaped character, the end of a string, or the end of a line."""
    return re.compile(rf"\\.|{re.escape(end)}|\n", re.DOTALL)


@cache
def _beginnings(language: str) -> re.Pattern[str]:
    """Return a pattern for everything that may begin something other than code, the longest first."""
    family = _family(language)
    blocks = [begin for begin, _ in family.block_comments]
    slash = ["/"] if family.has_regexes else []
    character = ["'"] if family.has_lifetimes else []
    every = {*family.long_quotes, *family.line_comments, *blocks, *family.quotes, *slash, *character}
    return re.compile("|".join(re.escape(each) for each in sorted(every, key=lambda each: (-len(each), each))))


_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};+\-*%<>~^\n]|\breturn|\btypeof|\bcase|=>)\s*\Z")
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/")
_CHARACTER = re.compile(r"'(?:[^'\\\n]|\\(?:[^ux\n]|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]{1,8}\}))'")


def _end_of_regex(text: str, start: int) -> int:
    """Return where the regular expression that begins at a slash ends; right after the slash if it is a division."""
    match = _REGEX.match(text, start) if _BEFORE_REGEX.search(text[max(0, start - 20) : start]) else None
    return start + 1 if match is None else match.end()


def _end_for(begin: str, text: str, start: int, family: Family) -> str:
    """Return what ends that which begins at `start`; "" where this is code after all."""
    blocks = dict(family.block_comments)
    if begin in blocks:
        return blocks[begin]
    if begin in family.line_comments:
        if family is not _UNKNOWN:
            return "\n"
        behind = text[start + len(begin) : start + len(begin) + 1]
        is_marked = (start == 0 or text[start - 1].isspace()) and (not behind or behind.isspace() or begin == "//")
        return "\n" if is_marked else ""  # not in `http://`, `a#b`, `i--`, `#fff`
    if begin == "'" and family.has_lifetimes:
        return "'" if _CHARACTER.match(text, start) else ""
    if begin == "'" and not _is_ours(family) and start and text[start - 1].isalnum():
        return ""  # an apostrophe
    return begin


def _blanked(text: str) -> str:
    return "\n".join(BLANK * len(line) for line in text.split("\n")) if "\n" in text else BLANK * len(text)
