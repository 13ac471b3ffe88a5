"""Keep a text free of secrets while it is being typed: after a change, only the blocks that it touches are searched
again. Pure.

The secrets in a block depend on the block alone, so all other blocks keep their verdicts. Private keys may be longer
than a block, so they are searched in the entire text; that costs a search for their first words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dovetail_context.workspace.secrets.find import (
    blanked,
    block_end,
    block_start,
    secrets_across_blocks,
    secrets_in_blocks,
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text, and the same with every secret in it blanked out; `_by_block` still has the private keys in it."""

    text: str
    redacted: str
    _by_block: str

    @classmethod
    def of(cls, text: str) -> Redaction:
        """Search the entire text."""
        return _with_keys_blanked(text, blanked(text, secrets_in_blocks(text)))

    def followed_by(self, text: str) -> Redaction:
        """The next state of the text; costs as little as it differs from this one."""
        if text == self.text:
            return self
        start, tail = _common_ends(self.text, text)
        # Blocks that begin before the change, and those behind an empty line that the change leaves alone, are the same
        # in both texts.
        first = block_start(text, max(0, start - 1))
        last = block_end(text, len(text) - tail + 2)
        changed = text[first:last]
        middle = blanked(changed, secrets_in_blocks(changed))
        before, behind = self._by_block[:first], self._by_block[len(self._by_block) - (len(text) - last) :]
        if len(text) == last:
            behind = ""
        return _with_keys_blanked(text, f"{before}{middle}{behind}")


def _with_keys_blanked(text: str, by_block: str) -> Redaction:
    keys = secrets_across_blocks(text)
    if not keys:
        return Redaction(text, by_block, by_block)
    shown = list(by_block)
    hidden = blanked(text, keys)
    for key in keys:
        shown[key.start : key.end] = hidden[key.start : key.end]
    return Redaction(text, "".join(shown), by_block)


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """The lengths of the longest beginning and of the longest end that two texts share; they do not overlap."""
    shorter = min(len(one), len(other))
    start = _longest(shorter, lambda length: one[:length] == other[:length])
    rest = shorter - start
    tail = _longest(rest, lambda length: one[len(one) - length :] == other[len(other) - length :])
    return start, tail


def _longest(limit: int, holds: Callable[[int], bool]) -> int:
    """The largest length up to `limit` for which something holds that holds for every smaller one. Comparing slices
    costs less than walking through them, a letter at a time."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
