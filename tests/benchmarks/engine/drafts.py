"""Measure how much faster drafts make decoding on real code: figures for models/README.md.

    python -m tests.benchmarks.engine.drafts MODEL.gguf FOLDER [FILES [PLACES]]

Not a test: it measures time. Run it on an otherwise idle machine. FOLDER is a project. In each of FILES files, PLACES
pieces are decoded with and without drafts, in turns. The prompt holds what an editor would show of the file and what
`dovetail_context` finds for the place. The chosen tokens are those of the file, not those that the model prefers, so
drafts are right as often as they are in real code. A second figure holds on any machine: the time of the batches at the
initial costs in `draft_length.py`, from which learning starts.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.query import Query
from dovetail_models.engine.decoding import decode
from dovetail_models.engine.decoding.draft_length import COSTS, DraftLengthPolicy
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from tests.benchmarks.data import evenly, source_files
from tests.benchmarks.figures import say

ANSWER_TOKENS = 48
PREFIX, SUFFIX, CONTEXT_TOKENS = 2000, 600, 1024
"""Characters of the file before and after the piece, tokens of other files: some 1,200 tokens."""
LOOKUP = 12_000
"""Characters of the file further above and below, in which drafts are looked for, too."""
SIZES = (PREFIX + SUFFIX + 3000, 60_000)


@dataclass
class Spent:
    """Milliseconds, and what they would have been in steps at the starting costs."""

    ms: float = 0.0
    steps: float = 0.0


class Counting(DraftLengthPolicy):
    """Notes which batches were evaluated."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0.0

    def note_batch(self, tokens: int, ms: float) -> None:
        super().note_batch(tokens, ms)
        self.steps += COSTS[tokens - 1]


def measure(options: EngineOptions, root: Path, files: list[Path], places: int) -> None:
    index = WorkspaceIndex(root)
    index.build()
    engine = LlamaEngine(options)
    policies = {True: Counting(), False: Counting()}
    every = {True: Spent(), False: Spent()}
    ratios = []
    for file in files:
        spent = {True: Spent(), False: Spent()}
        for place in range(places):
            for speculate in (True, False) if place % 2 else (False, True):
                engine._speculates, engine._draft_policy = speculate, policies[speculate]
                dice = random.Random(f"{file.name}{place}")
                _decode(engine, file, index, dice, f"{file}{place}", spent[speculate])
        ratios.append(spent[False].ms / spent[True].ms)
        say(f"{file.name}: {ratios[-1]:.2f} times as fast with drafts, {_counted(spent):.2f} counted")
        for speculate, one in spent.items():
            every[speculate].ms += one.ms
            every[speculate].steps += one.steps
    whole = every[False].ms / every[True].ms
    say(f"in all {whole:.2f} ({_counted(every):.2f} counted), slowest file {min(ratios):.2f}")


def _decode(
    engine: LlamaEngine, file: Path, index: WorkspaceIndex, dice: random.Random, name: str, spent: Spent
) -> None:
    text, path = file.read_text("utf-8", "replace"), file.relative_to(index.root).as_posix()
    start = text.rfind("\n", 0, dice.randrange(PREFIX, len(text) - 1500)) + 1
    truth = engine._tokenizer.tokens(text[start : start + 900])[: ANSWER_TOKENS + 1]
    end = start + len(engine._tokenizer.text(truth))
    shown = gather(Query(path, text[:start] + text[end:], start), index.snapshot, CONTEXT_TOKENS).pieces
    context = tuple(ContextBlock(piece.path, piece.text) for piece in shown)
    parts = PromptParts(context, path, text[max(0, start - PREFIX) : start], text[end : end + SUFFIX])
    chosen = chain(truth)
    decode.most_likely = lambda _logits, _allowed=None: (next(chosen), 0.0)
    before = engine._draft_policy.steps
    # An anchor for each: the prompt is read once, and neither sees the other's answer.
    above, below = text[max(0, start - PREFIX - LOOKUP) : max(0, start - PREFIX)], text[end + SUFFIX :][:LOOKUP]
    job = CompletionJob(
        parts, name, min(ANSWER_TOKENS, len(truth)), anchor=str(engine._speculates), lookup=(above, below)
    )
    reply = engine.complete(job, Interrupt())
    spent.ms += reply.decode_ms
    spent.steps += engine._draft_policy.steps - before


def _counted(spent: dict[bool, Spent]) -> float:
    return spent[False].steps / max(spent[True].steps, 1e-9)


if __name__ == "__main__":
    chosen_options = EngineOptions(Path(sys.argv[1]))
    project = Path(sys.argv[2]).resolve()
    chosen = evenly(source_files(project, SIZES), int(sys.argv[3]) if len(sys.argv) > 3 else 5)
    measure(chosen_options, project, chosen, int(sys.argv[4]) if len(sys.argv) > 4 else 6)
