"""Find the classes and functions around a position in masked TypeScript, by the text before their braces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dovetail_context.languages.braces.scan import open_blocks, opening_of

# How far back from its brace a definition's first word is looked for, in characters: long parameter lists.
REACH = 2000

_CLASS = re.compile(r"\b(?:class|interface|namespace|module|enum)\s+(?P<name>[\w$.]+)[^{};]*\Z")
_ALIAS = re.compile(r"\btype\s+(?P<name>[\w$]+)[^{};]*=[^{};]*\Z")
_ARROW = re.compile(r"(?P<parameters>\)|[\w$]+)\s*(?::(?P<type>[^;{}]*?))?\s*=>\s*\Z")
_RESULT = re.compile(r"\)\s*(?::(?P<type>[^;{}=]*(?:=>[^;{}=]*)*))?\s*\Z")
_NAME = re.compile(r"(?P<name>[\w$#]+)\s*(?:<[^;{}()]*>)?\s*\Z")
_ASSIGNED = re.compile(
    r"(?P<name>[\w$]+)\s*(?:[:=]|:[^=;{}]*=)\s*(?:async\s*)?(?:function\s*\*?\s*)?(?:<[^;{}()]*>)?\s*\Z"
)
_CONTROL = frozenset({"if", "for", "while", "switch", "catch", "with"})


@dataclass(frozen=True, slots=True)
class Scope:
    """A class or function that is open; `start` is where a function's parameters begin, `type` what it returns."""

    kind: Literal["class", "function", "arrow"]
    name: str
    start: int
    type: str = ""


def enclosing(masked: str, offset: int) -> list[Scope]:
    """The open scopes at `offset`, outermost first; other blocks are left out."""
    return [scope for brace in open_blocks(masked, offset) if (scope := _scope(masked, brace)) is not None]


def _scope(masked: str, brace: int) -> Scope | None:
    floor = max(0, brace - REACH)
    head = masked[floor:brace]
    tail = head.rstrip()
    if tail.endswith("=>"):
        return _arrow(head, floor)
    result = _last_result(head)
    if result is not None:
        return _function(head, floor, result)
    found = _CLASS.search(head) or _ALIAS.search(head)
    return Scope("class", found["name"], floor + found.start()) if found is not None else None


def _arrow(head: str, floor: int) -> Scope | None:
    found = _leftmost(_ARROW, head)
    if found is None:
        return None
    start = found.start()
    if found["parameters"] == ")":
        start = opening_of(head, found.start())
    if start < 0:
        return None
    name = _ASSIGNED.search(head, max(0, start - 300), start)
    return Scope("arrow", name["name"] if name is not None else "", floor + start, (found["type"] or "").strip())


def _function(head: str, floor: int, result: re.Match[str]) -> Scope | None:
    start = opening_of(head, result.start())
    if start < 0:
        return None
    name = _NAME.search(head, max(0, start - 300), start)
    if name is None or name["name"] in _CONTROL:
        return None
    word = name["name"].lstrip("#")
    if word in ("function", "await"):
        assigned = _ASSIGNED.search(head, max(0, start - 300), start)
        word = assigned["name"] if assigned is not None and word == "function" else ""
        if not word and name["name"] == "await":
            return None
    generic = head.find("<", name.end("name"), start)
    return Scope("function", word, floor + (generic if generic >= 0 else start), (result["type"] or "").strip())


def _last_result(head: str) -> re.Match[str] | None:
    """The closing parenthesis of a function's parameters, with the declared type behind it."""
    return _leftmost(_RESULT, head)


def _leftmost(pattern: re.Pattern[str], head: str) -> re.Match[str] | None:
    """The first match behind the last line that ends a statement or a block."""
    begin = max(head.rfind(";"), head.rfind("}"), head.rfind("{")) + 1
    matches = _matches(pattern, head, begin)
    return next(matches, None)


def _matches(pattern: re.Pattern[str], head: str, begin: int) -> Iterator[re.Match[str]]:
    for position in _places(head, begin):
        found = pattern.match(head, position)
        if found is not None:
            yield found


def _places(head: str, begin: int) -> Iterator[int]:
    position = head.find(")", begin)
    while position >= 0:
        yield position
        position = head.find(")", position + 1)
    word = re.search(r"[\w$]+\s*=>\s*\Z", head[begin:])
    if word is not None:
        yield begin + word.start()
