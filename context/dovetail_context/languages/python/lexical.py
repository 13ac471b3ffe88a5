"""Python read character by character around a cursor, where half-typed code has no usable tree."""

import re
from collections.abc import Iterator

from dovetail_context.languages.braces.scan import before_space, opening_of

# Each string is a run of plain characters, then again and again an escape or a lone quote with the run behind it: a
# whole run is one step, which is several times as fast as a step for each character.
_STRING_OR_COMMENT = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\Z)|\'\'\'[^\'\\]*(?:(?:\\.|\'(?!\'\'))[^\'\\]*)*(?:\'\'\'|\Z)'
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|\'[^\'\\\n]*(?:\\.[^\'\\\n]*)*\'?|#[^\n]*',
    re.DOTALL,
)
_OPENERS = {")": "(", "]": "[", "}": "{"}
_CLOSERS = {opening: closing for closing, opening in _OPENERS.items()}
# A line with this beginning starts a statement, even if brackets above it are still open.
STATEMENT = re.compile(
    r"[ \t]*(?:async[ \t]+)?(?:def|class|if|elif|else|for|while|with|try|except|return|raise|import|from|@)\b"
)
# How far back the start of an expression or of a call is looked for, in characters.
REACH = 6000


def mask(text: str) -> str:
    """The text with strings and comments blanked, every character in its place; quotes stay, as strings are values."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        blanked = "\n".join(" " * len(line) for line in found.split("\n")) if "\n" in found else " " * len(found)
        return blanked if found[0] == "#" else found[0] + blanked[1:-1] + (found[-1] if len(found) > 1 else "")

    return _STRING_OR_COMMENT.sub(blank, text)


def expression_start(masked: str, end: int) -> int:
    """Where the expression (names, dots, calls, subscripts) that ends at `end` begins; `end` if there is none."""
    floor, start, position = max(0, end - REACH), end, end
    while position > floor:
        inner = before_space(masked, position, floor)
        character = masked[inner - 1] if inner > floor else ""
        if character in _OPENERS and character:
            opening = opening_of(masked, inner - 1, floor)
            if opening < 0:
                return start
            start = position = opening
            before = masked[opening - 1] if opening else ""
            if before.isalnum() or before in ("_", ")", "]"):
                continue
        elif character in ('"', "'"):
            return max(floor, masked.rfind(character, floor, inner - 1))
        else:
            word_start = inner
            while word_start > floor and (masked[word_start - 1].isalnum() or masked[word_start - 1] == "_"):
                word_start -= 1
            if word_start == inner:
                return start
            start = position = word_start
        dot = before_space(masked, position, floor)
        if dot <= floor or masked[dot - 1] != ".":
            return start
        position = dot - 1
    return start


def open_calls(masked: str, end: int) -> Iterator[int]:
    """The places of the open parentheses around `end`, innermost first, within its statement."""
    for place in _open_brackets(masked, end):
        if masked[place] == "(":
            yield place


def closers(masked: str) -> str:
    """The closing brackets that a text lacks, innermost first."""
    open_: list[str] = []
    for character in masked:
        if character in _CLOSERS:
            open_.append(_CLOSERS[character])
        elif open_ and character == open_[-1]:
            open_.pop()
    return "".join(reversed(open_))


def statement_start(masked: str, offset: int) -> int:
    """Where the line begins on which the statement around `offset` starts."""
    outermost = min(_open_brackets(masked, offset), default=offset)
    return masked.rfind("\n", 0, outermost) + 1


def _open_brackets(masked: str, end: int) -> Iterator[int]:
    floor, depth, position = max(0, end - REACH), 0, end
    while position > floor:
        position -= 1
        character = masked[position]
        if character in ")]}":
            depth += 1
        elif character in "([{":
            if depth:
                depth -= 1
            else:
                yield position
        elif character == "\n" and STATEMENT.match(masked, position + 1):
            return
