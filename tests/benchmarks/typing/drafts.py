"""Measure how much faster drafts make decoding while a person types: figures for models/README.md.

    python -m tests.benchmarks.typing.drafts PROJECT --model MODEL.gguf [--keystrokes N] [--files N] ...

Not a test: it measures time. Run it on an otherwise idle machine. The replay and its options are those of
`dovetail bench`, without the requests that are dropped. Each place is typed twice, with drafts and without. Each step
chooses the token with which the file continues, not the one that the model prefers. So drafts are right as often as in
real code. Much of an answer repeats the previous one; `tests/benchmarks/engine/drafts.py` measures answers without a
previous one.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from itertools import chain, groupby, repeat
from pathlib import Path

from dovetail.bench.question import our_job
from dovetail.cli.commands.bench import add_arguments, typed_and_asked
from dovetail_models.engine.decoding import decode
from dovetail_models.engine.decoding.draft_length import DraftLengthPolicy
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from tests.benchmarks.figures import say

TRUTH = 600
"""The number of characters of the file after the cursor: more than an answer has."""


def measure(options: EngineOptions, arguments: argparse.Namespace) -> None:
    keystrokes, asked = typed_and_asked(Path(arguments.root).resolve(), arguments)
    waited_for = [pair for pair in zip(keystrokes, asked, strict=True) if pair[0].drop_after_ms is None]
    engine, policies = LlamaEngine(options), {True: DraftLengthPolicy(), False: DraftLengthPolicy()}
    line_end = engine._tokenizer.tokens("\n")
    ms: dict[bool, dict[str, float]] = {True: defaultdict(float), False: defaultdict(float)}
    answers = 0
    for place, group in groupby(waited_for, lambda pair: pair[0].place):
        pairs = list(group)
        answers += len(pairs)
        for speculates in (True, False) if place % 2 else (False, True):
            engine._speculates, engine._draft_policy = speculates, policies[speculates]
            for keystroke, question in pairs:
                job = our_job(question, arguments.answer)
                pending = engine._prompt(job, engine.status.n_ctx // 2).pending.decode("utf-8", "replace")
                chosen = chain(engine._tokenizer.tokens(pending + keystroke.rest[:TRUTH]), repeat(line_end[0]))
                decode.most_likely = lambda _logits, _allowed=None, chosen=chosen: (next(chosen), 0.0)
                ms[speculates][keystroke.path] += engine.complete(job, Interrupt()).decode_ms
    engine.close()
    ratios = {path: ms[False][path] / ms[True][path] for path in ms[True]}
    for path, ratio in ratios.items():
        say(f"{path}: {ratio:.2f} times as fast with drafts")
    whole = sum(ms[False].values()) / sum(ms[True].values())
    say(f"{answers} answers: {whole:.2f} times as fast with drafts, slowest file {min(ratios.values()):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = parser.parse_args()
    measure(EngineOptions(Path(given.model)), given)
