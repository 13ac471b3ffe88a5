"""A text that is being typed in, kept free of secrets: after a change only what lies near it is looked through again.
Pure.

The way from a secret to what makes it one (a name before it, the first or last line of a private key) is never longer
than the longest private key. So what stands further from a change than that keeps its verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dovetail_context.workspace.secrets import MOST_OF_A_KEY, redact

# How far a change can reach, with the lines at both ends of a key.
_REACH = MOST_OF_A_KEY + 500


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text, and the same with every secret in it blanked out."""

    text: str
    redacted: str

    @classmethod
    def of(cls, text: str) -> Redaction:
        """The whole text is looked through."""
        return cls(text, redact(text))

    def followed_by(self, text: str) -> Redaction:
        """The next state of the text; costs as little as it differs from this one."""
        if text == self.text:
            return self
        if len(text) < 8 * _REACH:
            return Redaction.of(text)
        start, tail = _common_ends(self.text, text)
        end = len(text) - tail
        # Verdicts are taken from `inner`; what they rest on lies in `outer`, which begins and ends with a line.
        inner_start, inner_end = max(0, start - _REACH), min(len(text), end + _REACH)
        outer_start = text.rfind("\n", 0, max(0, inner_start - _REACH)) + 1
        outer_end = text.find("\n", min(len(text), inner_end + _REACH))
        outer_end = len(text) if outer_end < 0 else outer_end
        if outer_end - outer_start > len(text) // 2:
            return Redaction.of(text)
        near = redact(text[outer_start:outer_end])[inner_start - outer_start : inner_end - outer_start]
        behind = self.redacted[len(self.redacted) - (len(text) - inner_end) :] if inner_end < len(text) else ""
        return Redaction(text, self.redacted[:inner_start] + near + behind)


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
