"""How much of a suggestion to show, given the model's confidence: pure.

The mean log-probability of the tokens predicts whether the user will keep a suggestion. docs/benchmarks/shown.md lists
the shipped thresholds and the share of correct suggestions above each, measured with the starter model. Other models
are sure of other things: `dovetail calibrate` finds thresholds for a model and a language on the user's own code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIRST_WORD = re.compile(r"\s*(?:\w+|[^\w\s]+\w*)")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Mean natural-log probabilities a token. Each is at most the one after it."""

    nothing_below: float = -0.9
    """Below this nothing is shown."""
    word_below: float = -0.2
    """Below this only the first word is shown."""
    line_below: float = -0.2
    """Below this only the first line is shown."""

    @property
    def nothing_after_rejection_below(self) -> float:
        """Below this nothing is shown in a line with a rejection: half way from nothing to a line."""
        return (self.nothing_below + self.word_below) / 2


SHIPPED = Thresholds()
"""Fitted to the starter model; for any other model nobody has measured them."""


def confident_part(text: str, logprob: float | None, thresholds: Thresholds = SHIPPED) -> str:
    """Return the part of `text` that its log-probability (nats per token) justifies: all, a line, a word or ""."""
    if logprob is None or logprob >= thresholds.line_below:
        return text
    if logprob < thresholds.nothing_below:
        return ""
    return first_line(text) if logprob >= thresholds.word_below else first_word(text)


def first_line(text: str) -> str:
    """Return the text up to the end of its first line that is not blank; "" where there is none."""
    return next((line for line in _lines_from_the_first(text) if line.strip()), "")


def first_word(text: str) -> str:
    """Return the first word of the first line, or a sign with the word after it; "" where there is none."""
    word = _FIRST_WORD.match(first_line(text))
    return word.group() if word else ""


def _lines_from_the_first(text: str) -> list[str]:
    """Beginnings of the text that end with a line: an empty first line belongs to the one after it."""
    lines = text.split("\n")
    return ["\n".join(lines[: number + 1]) for number in range(len(lines))]
