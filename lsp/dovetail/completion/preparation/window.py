"""Which part of the current file the model sees: a pure cut that does not move while the user types.

The prefix begins at a line whose number is a multiple of `STEP_LINES`. So typing leaves its first token where it is,
and the KV cache holds; only after many lines does the window jump, and the prompt is read again once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# The prefix window loses this many lines at a time. Fewer means more re-reading, more means a shorter window.
STEP_LINES = 32
# Characters that a token has at most, on average, in code that is deeply indented and in one line: what is longer is
# cut before it is counted.
LONGEST_TOKEN = 32
LONG_TOKEN = 8
# The suffix gets a quarter: the text after the cursor is less informative than the text before it.
SUFFIX_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Window:
    """The text shown before and after the cursor."""

    prefix: str
    suffix: str


def cut_window(before: str, after: str, budget: int, count: Callable[[str], int]) -> Window:
    """Return the window around a hole between `before` and `after` in about `budget` tokens, as `count` counts them."""
    suffix = _head(after, int(budget * SUFFIX_SHARE), count)
    prefix = _tail(before, budget - count(suffix), count)
    return Window(prefix, suffix)


def _tail(text: str, budget: int, count: Callable[[str], int]) -> str:
    """Return the end of `text` from a line that is a multiple of STEP_LINES; at least the last line, cut if needed."""
    first, lines = _last_lines(text, budget)
    costs = [count(line) + 1 for line in lines]
    total = sum(costs)
    start = min(-first % STEP_LINES, max(len(lines) - 1, 0)) if first else 0
    total -= sum(costs[:start])
    while total > budget and start + STEP_LINES < len(lines):
        total -= sum(costs[start : start + STEP_LINES])
        start += STEP_LINES
    while total > budget and start + 1 < len(lines):
        total -= costs[start]
        start += 1
    kept = "\n".join(lines[start:])
    return kept if total <= budget else _shortened(kept, budget, count, keep_end=True)


def _last_lines(text: str, budget: int) -> tuple[int, list[str]]:
    """Return the last lines of a text, enough to be cut again, and the number of lines before them.

    A line costs at least one token; a line that exceeds every budget is cut.
    """
    lines = text.rsplit("\n", max(budget, 0) + 2 * STEP_LINES)
    first = lines[0].count("\n")
    if first:
        first, lines = first + 1, lines[1:]
    longest = LONG_TOKEN * max(budget, 1)
    return first, [line if len(line) <= longest else line[-longest:] for line in lines]


def _head(text: str, budget: int, count: Callable[[str], int]) -> str:
    """Return the beginning of `text` up to a line end; the rest of the first line always, cut if it must be."""
    text = text[: LONGEST_TOKEN * max(budget, 1)]
    end = text.find("\n") + 1 or len(text)
    kept = text[:end]
    total = count(kept)
    if total > budget:
        return _shortened(kept, budget, count, keep_end=False)
    while end < len(text):
        following = text.find("\n", end) + 1 or len(text)
        total += count(text[end:following])
        if total > budget:
            break
        end = following
    return text[:end]


def _shortened(text: str, budget: int, count: Callable[[str], int], keep_end: bool) -> str:
    """Return a single long line (minified code, a data literal) cut to the budget by halving."""
    while text and count(text) > budget:
        half = (len(text) + 1) // 2
        text = text[-half:] if keep_end and half < len(text) else text[:half] if half < len(text) else ""
    return text
