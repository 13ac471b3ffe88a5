"""Count, without a model, how much faster drafts would make decoding on real code: figures for models/README.md.

    python -m tests.benchmarks.engine.drafts_counted VOCABULARY.gguf PROJECT...

Not a test. In up to ten files of each project, six pieces are decoded as in `drafts.py`: the chosen tokens are those of
the file. The cost of each batch comes from a table of measured costs, not from a clock. So the figures are the same on
any machine, and the model is not needed. The prompt shows other files as users have it: what `dovetail_context` finds
for the place. For each project and for all, it prints the speed relative to plain decoding and the slowest file, with
weights repacked for the processor and with weights as they are in the file.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.query import Query
from dovetail_models.engine.decoding.acceptance_probability import sorts_of
from dovetail_models.engine.decoding.draft_length import DraftLengthPolicy
from dovetail_models.engine.decoding.prompt_lookup import PromptLookup
from dovetail_models.engine.runtime.llama import load_model
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from tests.benchmarks.data import evenly, source_files
from tests.benchmarks.figures import say

ANSWER_TOKENS = 48
PREFIX, SUFFIX = 2000, 600
"""Characters of the file before and after the piece that the model would see."""
LOOKUP = 12_000
"""Characters further above and below, in which drafts are looked for, too."""
CONTEXT_TOKENS = 1024
FILES, PLACES = 10, 6
SIZES = (PREFIX + SUFFIX + 3000, 60_000)
STEP_MS = 40.0

REPACKED = (1.0, 1.87, 2.3, 2.84, 3.38, 4.0, 4.37, 4.12, 4.62, 5.09, 5.18, 5.28, 5.79, 6.3, 5.97, 5.64)
AS_IN_THE_FILE = (1.0, 2.18, 2.54, 3.01, 3.44, 3.94, 4.22, 3.68, 3.97, 4.06, 4.11, 4.17, 4.42, 4.67, 4.75, 4.83)
"""The costs of batches of 1, 2, ... 16 tokens, in units of a single step (34 and 40 ms). `batches.py` measured them
with the 1.3B shape on two cores, 1,024 tokens deep; the values for 11, 13 and 15 are interpolated."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a file and what is seen around it, as tokens."""

    file: str
    lookup: tuple[tuple[int, ...], ...]
    context: tuple[tuple[int, ...], ...]
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    truth: tuple[int, ...]


@dataclass
class Spent:
    """Tokens, and the single steps that they took."""

    tokens: int = 0
    steps: float = 0.0

    @property
    def speed(self) -> float:
        return self.tokens / max(self.steps, 1e-9)


def pieces_of(root: Path, tokenizer: Tokenizer) -> Iterator[Piece]:
    index = WorkspaceIndex(root)
    index.build()
    for file in evenly(source_files(root, SIZES), FILES):
        text, path = file.read_text("utf-8", "replace"), file.relative_to(root).as_posix()
        for place in range(PLACES):
            dice = random.Random(f"{path}{place}")
            start = text.rfind("\n", 0, dice.randrange(PREFIX, len(text) - 1500)) + 1
            truth = tokenizer.tokens(text[start : start + 900])[:ANSWER_TOKENS]
            end = start + len(tokenizer.text(truth))
            shown = gather(Query(path, text[:start] + text[end:], start), index.snapshot, CONTEXT_TOKENS).pieces
            yield Piece(
                path,
                (
                    tokenizer.tokens(text[max(0, start - PREFIX - LOOKUP) : max(0, start - PREFIX)]),
                    tokenizer.tokens(text[end + SUFFIX : end + SUFFIX + LOOKUP]),
                ),
                tuple(tokenizer.tokens(piece.text + "\n") for piece in shown),
                tokenizer.tokens(text[max(0, start - PREFIX) : start]),
                tokenizer.tokens(text[end : end + SUFFIX]),
                truth,
            )


def count(pieces: Iterable[Piece], costs: Sequence[float], sorts: npt.NDArray[np.int8]) -> dict[str, Spent]:
    """Return the cost of decoding one piece after the other, by file."""
    policy, files = DraftLengthPolicy(), dict[str, Spent]()
    for piece in pieces:
        drafts = PromptLookup((*piece.lookup, *piece.context, piece.suffix), piece.prefix, ANSWER_TOKENS, sorts=sorts)
        spent = files.setdefault(piece.file, Spent())
        ahead = piece.truth
        while len(ahead) > 1:
            drafts.add(ahead[0])
            ahead = ahead[1:]
            advanced, cost = _step(drafts, policy, ahead, costs)
            for token in ahead[: advanced - 1]:
                drafts.add(token)
            ahead = ahead[advanced - 1 :]
            spent.tokens += advanced
            spent.steps += cost
    return files


def _step(
    drafts: PromptLookup, policy: DraftLengthPolicy, ahead: tuple[int, ...], costs: Sequence[float]
) -> tuple[int, float]:
    """Return the number of tokens known after one more evaluation, and its cost, as in `steps.Steps`."""
    draft = drafts.propose()
    tried = policy.length(draft.kinds[: len(ahead) - 1])
    right = 0
    for i, (guess, token) in enumerate(zip(draft.tokens[: max(1, tried)], ahead, strict=False)):
        policy.note_guess(draft.kinds[i], guess == token)
        if guess != token:
            break
        right += i < tried
    policy.note_batch(tried + 1, STEP_MS * costs[tried])
    return right + 1, costs[tried]


def measure(vocabulary: Path, roots: Sequence[Path]) -> None:
    words = load_model(vocabulary, vocab_only=True).vocabulary
    tokenizer, sorts = Tokenizer(words), sorts_of(words.size, words.piece)
    whole: dict[str, list[Spent]] = {"repacked": [], "as in the file": []}
    for root in roots:
        pieces = list(pieces_of(root, tokenizer))
        line = root.name
        for costs, (name, every) in zip((REPACKED, AS_IN_THE_FILE), whole.items(), strict=True):
            files = list(count(pieces, costs, sorts).values())
            every += files
            line += f"; {name} {_told(files)}"
        say(line)
    for name, every in whole.items():
        say(f"in all, {name}: {_told(every)}, {sum(one.speed < 1 for one in every)} of {len(every)} files below 1")


def _told(files: list[Spent]) -> str:
    whole = Spent(sum(one.tokens for one in files), sum(one.steps for one in files))
    return f"{whole.speed:.2f} (slowest file {min(one.speed for one in files):.2f})"


if __name__ == "__main__":
    measure(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
