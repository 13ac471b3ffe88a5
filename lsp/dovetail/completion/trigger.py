"""Whether to answer at a place at all, and how much: a pure decision on the text around the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from dovetail.completion.request import Trigger

# What editors close by themselves, and what commonly follows it. With only these to the right, the line is still open.
_CLOSERS = frozenset(")]}>\"'`;:, \t")
# A block longer than this is rarely taken whole, and each line costs reading time on a CPU.
BLOCK_LINES = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """How much to ask for: so many lines, none of them indented less than `indent` columns after the first."""

    max_lines: int
    indent: int


def decide(text: str, offset: int, trigger: Trigger) -> Extent | None:
    """What to ask for at `offset` (code points), or None when a suggestion there would only disturb."""
    left = text[text.rfind("\n", 0, offset) + 1 : offset]
    right = text[offset : _line_end(text, offset)]
    if trigger == "automatic" and _disturbs(left, right):
        return None
    if left.strip() or right.strip():
        return Extent(max_lines=1, indent=0)
    return Extent(max_lines=BLOCK_LINES, indent=len(left))


def _disturbs(left: str, right: str) -> bool:
    inside_a_word = bool(left) and _is_word(left[-1]) and bool(right) and _is_word(right[0])
    return inside_a_word or not _CLOSERS.issuperset(right)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _line_end(text: str, offset: int) -> int:
    ends = [end for end in (text.find("\n", offset), text.find("\r", offset)) if end >= 0]
    return min(ends, default=len(text))
