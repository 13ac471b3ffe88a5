"""Matches in a text with the lines that they are in. Pure."""

import re
from collections.abc import Iterator


def numbered(pattern: re.Pattern[str], text: str, group: str) -> Iterator[tuple[int, re.Match[str]]]:
    """The matches of `pattern` in text order, each with the line (1-based) in which its group begins."""
    line, counted = 1, 0
    for match in pattern.finditer(text):
        start = match.start(group)
        line, counted = line + text.count("\n", counted, start), start
        yield line, match
