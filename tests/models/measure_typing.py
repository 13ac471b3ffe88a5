"""What a keystroke makes the model read, and what drafts gain on real code: figures for models/README.md.

    OMP_WAIT_POLICY=passive python tests/models/measure_typing.py MODEL.gguf FOLDER [KEYSTROKES [TEXTS]]

Not a test. FOLDER holds Python sources to type from. The first figure counts tokens and holds on any machine; the
second reads clocks: run it on a machine that does nothing else. For it the chosen tokens are those of the file, so that
drafts are right as often as they are in real code, whatever the model would have said.
"""

from __future__ import annotations

import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from dovetail_models.engine import decode
from dovetail_models.engine.engine import Engine
from dovetail_models.engine.interrupt import Interrupt
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.prompt.parts import PromptParts

ANSWER_TOKENS = 24
DRAFTED_TEXT_TOKENS = 48


def keystrokes(options: EngineOptions, texts: list[str], count: int) -> None:
    """Type lines letter by letter, prefix and suffix frozen at the line's start; a whole answer at each letter."""
    engine = Engine(options)
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


def drafts(options: EngineOptions, texts: list[str], count: int) -> None:
    """Decode the files' own text with and without drafts, in turns."""
    engines = {speculate: Engine(replace(options, speculate=speculate)) for speculate in (True, False)}
    tokenizer = engines[True]._tokenizer
    dice = random.Random(3)
    spent = {True: 0.0, False: 0.0}
    ratios = []
    drafted = accepted = 0
    for number in range(count):
        text = dice.choice(texts)
        start = text.rfind("\n", 0, dice.randrange(2500, len(text) - 1500)) + 1
        truth = tokenizer.tokens(text[start : start + 700])
        parts = PromptParts((), "drafted.py", text[start - 1500 : start], text[start + 700 : start + 1000])
        job = CompletionJob(parts, str(number), min(DRAFTED_TEXT_TOKENS, len(truth)))
        took = {}
        for speculate in (True, False) if number % 2 else (False, True):
            chosen = iter(truth)
            decode.most_likely = lambda _logits, _allowed=None, chosen=chosen: (next(chosen), 0.0)
            reply = engines[speculate].complete(job, Interrupt())
            took[speculate] = reply.decode_ms
            drafted, accepted = drafted + reply.drafted_tokens, accepted + reply.accepted_tokens
        spent = {speculate: spent[speculate] + took[speculate] for speculate in spent}
        ratios.append(took[False] / took[True])
        say(f"text {number}: {ratios[-1]:.2f} times as fast with drafts")
    say(f"in all {spent[False] / spent[True]:.2f}, slowest {min(ratios):.2f}; {accepted} of {drafted} drafts right")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    chosen_options = EngineOptions(Path(sys.argv[1]))
    sources = [path.read_text("utf-8") for path in sorted(Path(sys.argv[2]).rglob("*.py"))]
    long_enough = [source for source in sources if 6000 < len(source) < 40_000]
    keystrokes(chosen_options, long_enough, int(sys.argv[3]) if len(sys.argv) > 3 else 500)
    drafts(chosen_options, long_enough, int(sys.argv[4]) if len(sys.argv) > 4 else 20)
