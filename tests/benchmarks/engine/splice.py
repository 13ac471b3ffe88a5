"""Measure what it would save and harm to shift the text after an edit instead of evaluating it again.

Figures for models/README.md; the product does not do this.

    python -m tests.benchmarks.engine.splice MODEL.gguf FOLDER [PLACES]

Not a test. Each trial inserts a line above the cursor, in the files of a folder, after the prompt without it has been
read. Then the prompt with the line is read twice. The first time evaluates everything from the line on. The second time
splices: it evaluates only the line, and rotates the keys below it to their new positions (`llama_memory_seq_add`). The
line is one of the 40 above the cursor and shares a name with the line at the cursor, so that it matters. The figures
are how often the greedy line at the cursor differs, how similar it is to the file's, and the time to its first token.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from dovetail_models.engine.decoding.decode import most_likely
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.kv.common_length import common_length
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama, llama_api
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.data import source_files
from tests.benchmarks.figures import say

PREFIX, SUFFIX = 2400, 500
"""Characters before and after the cursor."""
ABOVE = 40
ANSWER_TOKENS = 24
NAME = re.compile(r"[A-Za-z_]{4,}")
MAX_BYTES = 1_000_000
SUFFIXES = (".py", ".ts", ".java", ".go", ".rs", ".c", ".cc")


@dataclass
class Way:
    """Answers of one way, and milliseconds up to the first token of each."""

    answers: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


def places(folder: Path, wanted: int) -> Iterator[tuple[PromptParts, PromptParts, str]]:
    """Yield the prompt without the line, the prompt with it, and the line at the cursor."""
    dice = random.Random(1)
    files = source_files(folder, (6000, MAX_BYTES), SUFFIXES)
    while wanted:
        path = dice.choice(files)
        text = path.read_text("utf-8", "replace")
        lines = text[:200_000].splitlines(keepends=True)
        if len(lines) < ABOVE + 20:
            continue
        at = dice.randrange(ABOVE, len(lines) - 10)
        line = lines[at]
        names = set(NAME.findall(line))
        helping = [i for i in range(at - ABOVE, at - 2) if names & set(NAME.findall(lines[i]))]
        if not names or not helping:
            continue
        edited = dice.choice(helping)
        before = "".join(lines[:at])
        start = max(0, len(before) - PREFIX)
        shown = before[start:]
        gone = shown.replace(lines[edited], "", 1)
        after = "".join(lines[at + 1 :])[:SUFFIX]
        if gone == shown:
            continue
        yield PromptParts((), path.name, gone, after), PromptParts((), path.name, shown, after), line.rstrip("\n")
        wanted -= 1


def read(context: llama.Context, ids: Sequence[int], start: int) -> None:
    while start < len(ids):
        batch = ids[start : start + context.n_batch]
        context.evaluate(batch, start, 1, 0)
        start += len(batch)


def splice(context: llama.Context, old: Sequence[int], new: Sequence[int], first: int, alike: int) -> None:
    """Replace `old` by `new` without its last token. The first `first` and the last `alike` tokens are equal."""
    memory, tail = context._memory, len(old) - alike
    llama_api.api.llama_memory_seq_cp(memory, 0, 1, tail, -1)
    context.forget_from(first, 0)
    read(context, new[: len(new) - alike], first)
    llama_api.api.llama_memory_seq_add(memory, 1, tail, -1, len(new) - len(old))
    llama_api.api.llama_memory_seq_cp(memory, 1, 0, -1, -1)
    llama_api.api.llama_memory_seq_rm(memory, 1, -1, -1)
    context.forget_from(len(new) - 1, 0)


def answer(engine: LlamaEngine, context: llama.Context, held: int) -> str:
    """Return the greedy text after the `held` tokens, up to the end of its line."""
    text = b""
    for position in range(held, held + ANSWER_TOKENS):
        token, _ = most_likely(context.logits())
        if engine._vocabulary.ends_text(token) or b"\n" in text:
            break
        text += engine._vocabulary.piece(token)
        context.evaluate([token], position, 1, 0)
    return text.decode("utf-8", "replace").split("\n")[0]


def measure(options: EngineOptions, folder: Path, wanted: int) -> None:
    engine = LlamaEngine(options)
    again, spliced, truths, evaluated = Way(), Way(), list[str](), list[tuple[int, int]]()
    for without, with_line, truth in places(folder, wanted):
        old, new = (engine._prompt(CompletionJob(parts, "x"), 1800).ids for parts in (without, with_line))
        first = common_length(old, new)
        alike = common_length(old[: first - 1 : -1], new[: first - 1 : -1])
        truths.append(truth)
        evaluated.append((len(new) - first, len(new) - alike - first))
        for way in (again, spliced):
            context = engine._model.context(2048, 2, 128, 2)
            read(context, old, 0)
            started = time.perf_counter()
            if way is again:
                context.forget_from(first, 0)
                read(context, new, first)
            else:
                splice(context, old, new, first, alike)
                read(context, new, len(new) - 1)
            context.logits()
            way.ms.append((time.perf_counter() - started) * 1000)
            way.answers.append(answer(engine, context, len(new)))
            context.close()
    other = sum(one != two for one, two in zip(again.answers, spliced.answers, strict=True))
    say(f"{wanted} places, {statistics.mean(one for one, _ in evaluated):.0f} tokens to evaluate again")
    say(f"spliced: {statistics.mean(two for _, two in evaluated):.0f} tokens; {other} answers differ")
    alike_to_truth = []
    for name, way in (("evaluated again", again), ("spliced", spliced)):
        pairs = list(zip(way.answers, truths, strict=True))
        alike_to_truth.append([Levenshtein.normalized_similarity(text, truth) for text, truth in pairs])
        right = sum(text == truth for text, truth in pairs)
        mean = statistics.mean(alike_to_truth[-1])
        say(f"{name}: {statistics.median(way.ms):.0f} ms, edit similarity {mean:.3f}, {right} right")
    lost = [one - two for one, two in zip(*alike_to_truth, strict=True)]
    interval = 1.96 * statistics.stdev(lost) / len(lost) ** 0.5
    say(f"edit similarity lost by splicing: {statistics.mean(lost):.4f} ± {interval:.4f}")


if __name__ == "__main__":
    measure(EngineOptions(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 300)
