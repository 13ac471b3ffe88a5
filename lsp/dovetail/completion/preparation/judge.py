"""Check a text with Python's own compiler: pure.

tree-sitter accepts a `for` without a body and a `return` outside of a function; the interpreter does not.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

# The longest text to compile, in characters: about 800 lines, which take 10 ms. Nobody waits longer for a second check.
MAX_CHARACTERS = 30_000
# The number of characters to search for where the statements around a cursor begin and end.
_NEAR = 20_000
# A line that begins a statement at the top level, or may.
_TOP_LEVEL = re.compile(r"^(?!else\b|elif\b|except\b|finally\b)[^\s#)\]}]", re.MULTILINE)
# A line that begins a function or class in a class, and one that begins what follows it.
_MEMBER = re.compile(r"^(?:\t| {1,4})(?=(?:async )?def |class |@)", re.MULTILINE)
_AFTER_MEMBER = re.compile(r"^(?:\t| {1,4})?(?!else\b|elif\b|except\b|finally\b)[^\s#)\]}]", re.MULTILINE)
# The name under which texts are compiled: a warning about one would show a piece of it.
_NAME = "dovetail-judged"
warnings.filterwarnings("ignore", module=_NAME)


def compiles(text: str, start: int = 1) -> bool:
    """Return whether Python accepts the text; false for one that is too long to check.

    `start` is where it begins in its file: one whose first line is indented counts as part of a class, but not at 0.
    Syntax newer than the running version is unknown.
    """
    if len(text) > MAX_CHARACTERS:
        return False
    if start and text[:1] in (" ", "\t"):
        indent = text[: len(text) - len(text.lstrip(" \t"))]
        text = f"class _:\n{text}\n{indent}pass\n"  # the class goes on below
    try:
        compile(text, _NAME, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def parts_around(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges in which to check a change from `first` to `last`, the cheapest first."""
    yield _statements_around(text, first, last)
    yield 0, len(text)
    if (member := _member_around(text, first, last)) is not None:
        yield member


def _statements_around(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the range of the top-level statements that the text from `first` to `last` may be part of.

    Compiling them costs less than the whole text. The cut may fall inside a string, which a compiler detects.
    """
    start = max((match.start() for match in _TOP_LEVEL.finditer(text, max(0, first - _NEAR), first)), default=0)
    following = _TOP_LEVEL.search(text, last)
    return start, following.start() if following is not None else len(text)


def _member_around(text: str, first: int, last: int) -> tuple[int, int] | None:
    """Return the part of a class that the text from `first` to `last` belongs to, from the beginning of a function on:
    what to ask of a class that is too long. None where no function begins above."""
    start = max((match.start() for match in _MEMBER.finditer(text, max(0, first - _NEAR), first)), default=None)
    if start is None:
        return None
    following = _AFTER_MEMBER.search(text, last)
    return start, following.start() if following is not None else len(text)
