"""Count the tokens that the model evaluates for a keystroke: a figure for models/README.md.

    python -m tests.benchmarks.typing.tokens MODEL.gguf FOLDER [KEYSTROKES]

Not a test. FOLDER holds Python sources to type from. It counts tokens, so it holds on any machine; `dovetail bench` has
the times.
"""

from __future__ import annotations

import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.figures import say

ANSWER_TOKENS = 24


def keystrokes(options: EngineOptions, texts: list[str], count: int) -> None:
    """Type lines letter by letter, prefix and suffix frozen at the line's start; a whole answer at each letter."""
    engine = LlamaEngine(options)
    dice = random.Random(5)
    evaluated: list[int] = []
    while len(evaluated) < count:
        text = dice.choice(texts)
        start = text.rfind("\n", 0, dice.randrange(2500, len(text) - 1500)) + 1
        line = text[start : text.find("\n", start)]
        after = text[start + len(line) :]
        for end in range(len(line) - len(line.lstrip()) + 1, len(line) + 1):
            parts = PromptParts((), "typed.py", text[start - 2000 : start], after[:500], line[:end])
            job = CompletionJob(parts, "typed.py", 1, anchor=str(start))
            reply = engine.complete(job, Interrupt())
            if line[: end - 1].strip():
                evaluated.append(reply.evaluated_tokens)
            engine.complete(replace(job, max_tokens=ANSWER_TOKENS, max_lines=1), Interrupt())
    engine.close()
    evaluated.sort()
    late = evaluated[int(len(evaluated) * 0.95)]
    middle = statistics.median(evaluated)
    say(f"{len(evaluated)} keystrokes: tokens evaluated up to the first of the answer: median {middle:.0f}, p95 {late}")


if __name__ == "__main__":
    chosen_options = EngineOptions(Path(sys.argv[1]))
    sources = [path.read_text("utf-8") for path in sorted(Path(sys.argv[2]).rglob("*.py"))]
    long_enough = [source for source in sources if 6000 < len(source) < 40_000]
    keystrokes(chosen_options, long_enough, int(sys.argv[3]) if len(sys.argv) > 3 else 500)
