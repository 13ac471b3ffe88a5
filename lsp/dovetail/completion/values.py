"""The values that every stage of a completion shares: how it was asked for, how much to ask, what is inserted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Trigger = Literal["automatic", "invoked"]
"""automatic: the user typed and paused. invoked: the user asked for a completion."""

CLOSERS = frozenset(")]}>\"'`;:, \t")
"""What editors close by themselves, and what commonly follows it: with only these to the right, the line is open."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much to ask for."""

    kind: Literal["rest", "line", "block"]
    """rest: the part of the line up to the text that follows the cursor. line: to the end of the line, and on to where
    the brackets close that it opens. block: the statements that follow."""

    max_lines: int
    """Lines of the longest answer."""

    indent: int = 0
    """Characters of white space below which a line no longer belongs to a block."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """An insertion at the cursor."""

    text: str
    """What is inserted; "" shows nothing."""

    replaced: int = 0
    """Characters (code points) to the right of the cursor that the text replaces."""
