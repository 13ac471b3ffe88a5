"""Estimate how likely a drafted token is right, from how the text has continued before. Pure.

A few numbers describe a guess. Three facts choose their weights: the number of equal tokens, the sort of the guessed
token, and the sort of the token before it. The weights are fitted to real code
(`tests/benchmarks/engine/fit_drafts.py`). `draft_length.py` decides whether a guess is worth a try.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

LINE_END, BLANK, WORD, PART, DIGIT, OTHER = range(6)
"""Sorts of tokens: a line end; other white space; a word after a space; letters that begin or continue a word; digits;
brackets and everything else."""

SORTS = 6

MATCH_STEPS = (2, 3, 4, 6, 9)
"""Matches of at least this many tokens have weights of their own."""

FEATURES = 12
"""Numbers that describe a guess; the last is 1."""

KINDS_PER_UNIT = 3
"""The number of kinds per unit of log-odds: one step changes a probability by at most 0.08."""

SUREST, FAINTEST = 6.0, -2.0
"""Log-odds beyond which guesses are of one kind: 0.998, 0.12."""

KINDS = int((SUREST - FAINTEST) * KINDS_PER_UNIT) + 1

Weights = npt.NDArray[np.float64]


def sorts_of(size: int, piece: Callable[[int], bytes]) -> npt.NDArray[np.int8]:
    """Return the sort of each token of a vocabulary of that size, `piece` giving its bytes."""
    return np.array([_sort(piece(token)) for token in range(size)], np.int8)


def _sort(piece: bytes) -> int:
    if piece.endswith(b"\n"):
        return LINE_END
    text = piece.decode("utf-8", "replace")
    letter = text[1:2] if text.startswith(" ") else text[:1]
    if not text.strip():
        return BLANK
    if letter.isdigit():
        return DIGIT
    if letter.isalpha() or letter == "_":
        return WORD if text.startswith(" ") else PART
    return OTHER


def log_odds(features: Weights, match: int, guessed: int, last: int) -> float:
    """Return the log-odds that a guess of sort `guessed` is right, after a token of sort `last` and `match` equal
    ones."""
    row = sum(match >= step for step in MATCH_STEPS)
    return float(features @ (BY_MATCH[row] + BY_GUESSED[guessed] + BY_LAST[last]))


def kind_of(log_odds: float) -> int:
    """Return the kind of a guess, from 0 for the least likely ones to `KINDS` - 1."""
    return round((min(max(log_odds, FAINTEST), SUREST) - FAINTEST) * KINDS_PER_UNIT)


def acceptance_probability(kind: int) -> float:
    """Return how likely guesses of a kind are right."""
    return 1 / (1 + math.exp(-(kind / KINDS_PER_UNIT + FAINTEST)))


# Fitted by `tests/benchmarks/engine/fit_drafts.py` to 74,000 guesses in 600 pieces of ten projects in six languages.
# A column for each feature: the odds of places that agree, with 1, 2, 4 equal tokens, with 1, 4 equal tokens before
# the one that differs, in lines that begin alike, the same with 2 equal tokens; the logarithm of the match; that of
# the share of votes; that of the equal tokens before the one that differs; that of the distance to the nearest place;
# 1.
BY_MATCH: Weights = np.array(
    (
        (0.30, 0.02, 0.03, 0.19, 0.16, 0.34, 0.02, 0.03, -0.34, 0.42, -0.18, 0.34),
        (0.16, 0.50, -0.08, -0.02, 0.32, 0.08, 0.08, -0.08, -0.77, 0.31, -0.10, -0.09),
        (0.09, 0.16, -0.25, 0.11, 0.21, -0.12, 0.06, -0.24, 0.09, 0.07, -0.07, 0.96),
        (0.01, 0.12, 0.27, 0.03, 0.45, 0.02, 0.04, 0.91, -0.19, -0.06, 0.00, -1.41),
        (0.01, -0.11, 0.21, -0.04, 0.22, 0.00, 0.17, 0.33, 0.62, -0.00, 0.07, -0.60),
        (-0.02, -0.12, 0.11, -0.03, -0.03, -0.07, 0.20, 0.27, 1.62, -0.03, 0.19, -0.74),
    )
)
BY_GUESSED: Weights = np.array(
    (
        (0.13, 0.07, 0.24, 0.09, 0.18, 0.22, -0.02, 0.04, -0.18, -0.07, -0.05, 0.53),
        (0.11, -0.17, 0.17, -0.03, 0.17, 0.10, 0.42, 0.19, -0.06, -0.10, 0.02, -0.57),
        (-0.03, 0.09, 0.22, 0.06, 0.09, -0.05, 0.20, 0.29, 0.01, 0.12, 0.01, -1.40),
        (0.20, 0.26, 0.01, -0.01, 0.11, -0.11, -0.09, 0.01, 0.70, 0.13, -0.00, 0.42),
        (0.10, 0.42, -0.09, -0.14, 0.15, -0.12, -0.20, 0.09, 0.69, 0.04, 0.12, -0.51),
        (-0.02, -0.10, 0.17, 0.08, 0.16, 0.19, 0.16, 0.34, -0.08, 0.22, 0.00, -0.84),
    )
)
BY_LAST: Weights = np.array(
    (
        (-0.10, -0.23, 0.08, -0.04, 0.10, 0.21, 0.37, -0.12, 0.50, -0.09, -0.06, 0.74),
        (0.10, -0.04, 0.21, 0.03, 0.26, -0.03, -0.07, 0.32, 0.29, 0.04, -0.15, 0.52),
        (0.35, 0.15, 0.06, 0.07, -0.02, -0.10, 0.05, 0.34, 0.12, 0.16, 0.03, -0.60),
        (0.00, 0.26, 0.19, -0.06, 0.11, 0.02, 0.03, 0.25, 0.22, 0.19, 0.10, -0.96),
        (-0.04, 0.04, 0.06, 0.21, 0.52, 0.01, 0.22, 0.49, 0.43, 0.09, -0.01, -0.85),
        (0.06, 0.02, 0.14, 0.03, 0.18, 0.16, 0.12, 0.15, 0.08, 0.14, 0.01, -0.42),
    )
)
