"""Where a hole is: random spans as in pre-training, and holes as an editor makes them. Pure; all positions are
characters."""

import random
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MAX_MIDDLE = 600  # characters: about 180 tokens, more than is ever shown
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{2,}")


@dataclass(frozen=True, slots=True)
class Hole:
    """text[start:end] is to be written."""

    start: int
    end: int
    kind: str  # random, line-rest, line, statement, block


def random_hole(text: str, rng: random.Random) -> Hole:
    """Two places drawn evenly, the paper's document-level form, but no longer than can be learned in one window."""
    start, end = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
    return Hole(start, min(end, start + rng.randint(1, MAX_MIDDLE)), "random")


def editor_hole(text: str, near: Sequence[int], rng: random.Random) -> Hole | None:
    """A hole at the line of one of the positions `near` (anywhere where there are none), of a kind drawn by how often
    editors ask for it."""
    starts = _line_starts(text)
    for _ in range(8):
        position = rng.choice(near) if near and rng.random() < 0.8 else rng.randrange(len(text))
        line = bisect_right(starts, position) - 1
        begin, end = starts[line], _line_end(text, starts, line)
        if text[begin:end].strip():
            break
    else:
        return None
    kind = rng.choices(("line-rest", "line", "statement", "block"), (0.1, 0.5, 0.2, 0.2))[0]
    first = begin + len(text[begin:end]) - len(text[begin:end].lstrip())
    if kind == "line-rest":
        cursor = _cursor(text, first, end, position if position >= first else None, rng)
        return Hole(cursor, max(cursor, _rest_end(text, end, rng)), kind)
    # From the line's start: the product freezes its prefix there and forces what was typed. Sometimes the indentation
    # is there already.
    start = begin if rng.random() < 0.9 else first
    if kind == "line":
        return Hole(start, end, kind)
    last = _statement_end(text, starts, line) if kind == "statement" else _block_end(text, starts, line)
    return Hole(start, min(last, _whole_lines(text, start + MAX_MIDDLE, end)), kind)


def uses(text: str, symbols: frozenset[str]) -> list[int]:
    """Positions at which one of the symbols is, outside import lines."""
    return [
        match.start()
        for match in _IDENTIFIER.finditer(text)
        if match.group() in symbols
        and not re.match(
            r"\s*(?:from|import|use|using|#include|package)\b",
            text[text.rfind("\n", 0, match.start()) + 1 : match.end()],
        )
    ]


def _cursor(text: str, first: int, end: int, symbol: int | None, rng: random.Random) -> int:
    """In the line, preferably just before or inside the symbol, or after a dot, bracket or space, where completions
    are asked for."""
    if symbol is not None and rng.random() < 0.6:
        return min(end - 1, symbol + rng.choice((0, 0, 0, 1, 2, 3)))
    breaks = [first + match.end() for match in re.finditer(r"[\s.(,=\[{:<]+", text[first:end])]
    if breaks and rng.random() < 0.7:
        return rng.choice(breaks)
    return rng.randint(first, max(first, end - 1))


def _rest_end(text: str, end: int, rng: random.Random) -> int:
    """The line's end; now and then before the brackets that an editor has closed already."""
    brackets = re.search(r"[)\]}\"']+[;,:]?$", text[max(0, end - 6) : end])
    if brackets is None or rng.random() >= 0.2:
        return end
    closed = len(brackets.group())
    return end - closed + (rng.randint(0, 1) if closed > 1 else 0)


def _statement_end(text: str, starts: Sequence[int], line: int) -> int:
    """The end of the line on which the brackets opened from `line` on are closed."""
    depth = 0
    for number in range(line, min(line + 12, len(starts))):
        end = _line_end(text, starts, number)
        content = text[starts[number] : end]
        depth += sum(map(content.count, "([{")) - sum(map(content.count, ")]}"))
        if depth <= 0:
            return end
    return _line_end(text, starts, line)


def _block_end(text: str, starts: Sequence[int], line: int) -> int:
    """The end of the lines that are indented as much as this one or more."""
    indent = _indent(text, starts, line)
    last = line
    for number in range(line + 1, min(line + 25, len(starts))):
        content = text[starts[number] : _line_end(text, starts, number)]
        if content.strip():
            if _indent(text, starts, number) < indent:
                break
            last = number
    return _line_end(text, starts, last)


def _whole_lines(text: str, limit: int, at_least: int) -> int:
    if limit >= len(text):
        return len(text)
    return max(at_least, text.rfind("\n", 0, limit))


def _indent(text: str, starts: Sequence[int], line: int) -> int:
    content = text[starts[line] : _line_end(text, starts, line)]
    return len(content) - len(content.lstrip())


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _line_end(text: str, starts: Sequence[int], line: int) -> int:
    return starts[line + 1] - 1 if line + 1 < len(starts) else len(text)
