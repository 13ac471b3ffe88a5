"""How much of a suggestion to show, given the model's confidence: pure.

The mean log-probability of the tokens predicts whether the user will keep a suggestion. docs/benchmarks/shown.md lists
the thresholds and the share of correct suggestions above each. `dovetail eval` writes the data that they come from.
"""

from __future__ import annotations

import re

# Mean natural-log probability a token. Below the first nothing is shown, below the others less than was written.
NOTHING_BELOW = -1.3
WORD_BELOW = -0.7
LINE_BELOW = -0.4
_FIRST_WORD = re.compile(r"\s*(?:\w+|[^\w\s]+\w*)")


def confident_part(text: str, logprob: float | None) -> str:
    """Return the part of `text` that its log-probability (nats per token) justifies: all, a line, a word or ""."""
    if logprob is None or logprob >= LINE_BELOW:
        return text
    if logprob < NOTHING_BELOW:
        return ""
    first_line = next((line for line in _lines_from_the_first(text) if line.strip()), "")
    if logprob >= WORD_BELOW:
        return first_line
    word = _FIRST_WORD.match(first_line)
    return word.group() if word else ""


def _lines_from_the_first(text: str) -> list[str]:
    """Beginnings of the text that end with a line: an empty first line belongs to the one after it."""
    lines = text.split("\n")
    return ["\n".join(lines[: number + 1]) for number in range(len(lines))]
