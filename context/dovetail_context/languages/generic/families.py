"""Strings, comments and statements of languages that write them in the usual ways, as a `BraceSyntax`."""

import re
from collections.abc import Sequence

from dovetail_context.languages.braces.scan import BraceSyntax


def syntax(
    line: Sequence[str] = ("//",),
    blocks: Sequence[tuple[str, str]] = (("/*", "*/"),),
    quotes: str = "\"'",
    long: Sequence[str] = (),
    begins: str = "",
    connectors: tuple[str, ...] = (".",),
) -> BraceSyntax:
    """Return the syntax with comments to the end of a line, block comments, quotes within a line and over lines.

    `begins` are the words, separated by spaces, that a statement or definition begins with.
    """
    parts = [f"{re.escape(quote)}.*?(?:{re.escape(quote)}|\\Z)" for quote in long]
    parts += [rf"{re.escape(start)}.*?(?:{re.escape(end)}|\Z)" for start, end in blocks]
    parts += [rf"{quote}(?:\\.|[^{quote}\\\n])*(?:{quote}|$)" for quote in quotes]
    parts += [rf"{re.escape(mark)}[^\n]*" for mark in line]
    words = "|".join(map(re.escape, begins.split()))
    return BraceSyntax(
        blanked=re.compile("|".join(parts), re.DOTALL | re.MULTILINE),
        begins=re.compile(rf"[ \t]*(?:(?:{words})\b|\}})" if words else r"[ \t]*\}"),
        comment_marks=(*line, *(start for start, _ in blocks)),
        connectors=connectors,
        line_ends_it=True,
    )
