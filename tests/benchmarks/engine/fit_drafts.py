"""Fit the weights in `engine/decoding/acceptance_probability.py` to real code, and print them in the form used there.

    python -m tests.benchmarks.engine.fit_drafts VOCABULARY.gguf PROJECT...

Not a test, and not product code. In pieces of the projects (`drafts_counted.py`), prompt lookup guesses the text after
each token from the true text before it, in the piece and the 90 tokens above it. The fit minimizes the mean surprise at
whether the guess was right, with slight regularization towards zero.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.decoding.acceptance_probability import FEATURES, MATCH_STEPS, SORTS, sorts_of
from dovetail_models.engine.decoding.prompt_lookup import Guess, PromptLookup
from dovetail_models.engine.runtime.llama import load_model
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from tests.benchmarks.engine.drafts_counted import Piece, pieces_of
from tests.benchmarks.figures import say

ABOVE = 90
ROUNDS, BATCH, PULL = 12, 1024, 3e-5
STEP, LAST_STEP = 0.01, 0.0005
"""Of Adam, the optimizer."""

TABLES = (("BY_MATCH", len(MATCH_STEPS) + 1), ("BY_GUESSED", SORTS), ("BY_LAST", SORTS))

Floats = npt.NDArray[np.float64]


def guesses(pieces: Iterable[Piece], sorts: npt.NDArray[np.int8]) -> list[tuple[Guess, bool]]:
    judged = []
    for piece in pieces:
        text = (*piece.prefix[-ABOVE:], *piece.truth)
        drafts = PromptLookup((*piece.context, piece.suffix), piece.prefix[:-ABOVE], len(text), sorts=sorts)
        for token, following in pairwise(text):
            drafts.add(token)
            if guess := drafts.guess():
                judged.append((guess, guess.token == following))
    return judged


def fit(judged: list[tuple[Guess, bool]]) -> list[Floats]:
    """Return the three tables of weights, for unscaled features."""
    features = np.array([guess.features for guess, _ in judged])
    right = np.array([was for _, was in judged], np.float64)
    rows = [
        np.array([sum(guess.match >= step for step in MATCH_STEPS) for guess, _ in judged]),
        np.array([guess.guessed for guess, _ in judged]),
        np.array([guess.last for guess, _ in judged]),
    ]
    mean, spread = features.mean(0), features.std(0) + 1e-3
    mean[-1], spread[-1] = 0.0, 1.0
    scaled = (features - mean) / spread
    tables = [np.zeros((count, FEATURES)) for _, count in TABLES]
    first, second = [np.zeros_like(table) for table in tables], [np.zeros_like(table) for table in tables]
    dice, done = np.random.default_rng(1), 0
    for turn in range(ROUNDS):
        rate = STEP + (LAST_STEP - STEP) * turn / (ROUNDS - 1)
        for some in np.array_split(dice.permutation(len(right)), len(right) // BATCH + 1):
            done += 1
            believed = sum((scaled[some] * table[row[some]]).sum(1) for table, row in zip(tables, rows, strict=True))
            wrong = (1 / (1 + np.exp(-believed)) - right[some])[:, None] * scaled[some] / len(some)
            for table, row, mild, strong in zip(tables, rows, first, second, strict=True):
                slope = PULL * table
                np.add.at(slope, row[some], wrong)
                mild += 0.1 * (slope - mild)
                strong += 0.001 * (slope**2 - strong)
                table -= rate * (mild / (1 - 0.9**done)) / (np.sqrt(strong / (1 - 0.999**done)) + 1e-8)
    for table in tables:
        table /= spread
        table[:, -1] -= table[:, :-1] @ mean[:-1]
    return tables


def main(vocabulary: Path, roots: list[Path]) -> None:
    words = load_model(vocabulary, vocab_only=True).vocabulary
    tokenizer, sorts = Tokenizer(words), sorts_of(words.size, words.piece)
    judged = [one for root in roots for one in guesses(pieces_of(root, tokenizer), sorts)]
    say(f"# {len(judged)} guesses")
    for (name, _), table in zip(TABLES, fit(judged), strict=True):
        say(f"{name}: Weights = np.array(\n    (")
        for row in table:
            say(f"        ({', '.join(f'{weight:.2f}' for weight in row)}),")
        say("    )\n)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
