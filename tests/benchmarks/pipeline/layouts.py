"""Does the frozen layout cost quality? Random holes in real projects, asked for in both layouts.

    python -m tests.benchmarks.pipeline.layouts [ROOT...] [--holes 600] [--model NAME|FILE.gguf] [--seed 0]

The rest of a line is asked for with the prefix up to the cursor (plain), and with the prefix up to the line's start and
the line so far forced behind the end marker (frozen, healed). Prints exact match and edit similarity of both and the
95 % interval of the difference (paired bootstrap), for cursors between words and for cursors inside an identifier,
where a text that ends inside a token has to be healed. No other files are shown: the layouts do not differ there.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import fmean

from rich.progress import track

from dovetail.completion.engine import Engine
from dovetail.completion.preparation.anchor import MAX_FORCED_CHARACTERS
from dovetail.completion.preparation.window import cut_window
from dovetail.completion.scoring import Score, score
from dovetail.session.inference.engine import make_engine
from dovetail.settings import load_settings
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.tokens import estimate_tokens
from dovetail_models.engine.job import CompletionJob
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.data import Hole, add_projects, draw_holes, projects
from tests.benchmarks.figures import paired_interval, say

WINDOW_TOKENS = 900


@dataclass(frozen=True, slots=True)
class Pair:
    """One hole in both layouts; `inside` an identifier or not."""

    inside: bool
    plain: Score
    frozen: Score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_projects(parser)
    parser.add_argument("--holes", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="starter")
    for line in report(asyncio.run(ask(parser.parse_args()))):
        say(line)


async def ask(arguments: argparse.Namespace) -> list[Pair]:
    """Fill the given number of holes in both layouts, evenly over the projects."""
    engine = make_engine(load_settings(("the command line", {"model": arguments.model})))
    pairs = []
    try:
        roots = projects(arguments)
        for number, root in enumerate(roots):
            wanted = arguments.holes * (number + 1) // len(roots) - len(pairs)
            with closing(WorkspaceIndex(root)) as index:
                index.build()
                holes = (hole for hole in draw_holes(index, random.Random(arguments.seed + number)) if is_wanted(hole))
                for _ in track(range(wanted), root.name, transient=True, disable=not sys.stderr.isatty()):
                    pairs.append(await both(next(holes), engine))
    finally:
        await engine.close()
    return pairs


def is_wanted(hole: Hole) -> bool:
    left = hole.start - (hole.text.rfind("\n", 0, hole.start) + 1)
    return hole.kind == "rest" and bool(hole.truth.strip()) and left <= MAX_FORCED_CHARACTERS


async def both(hole: Hole, engine: Engine) -> Pair:
    """Return the hole in both layouts."""
    before, after = hole.text[: hole.start], hole.text[hole.start :]
    line = before.rfind("\n") + 1
    scores = []
    for number, cut in enumerate((len(before), line)):
        window = cut_window(before[:cut], after, WINDOW_TOKENS, estimate_tokens)
        parts = PromptParts((), hole.path, window.prefix, window.suffix, before[cut:])
        job = CompletionJob(parts, document=f"{number}", max_tokens=48, max_lines=1)
        scores.append(score((await engine.complete(job)).text, hole.truth))
    inside = (before[-1] + hole.truth[0]).replace("_", "a").isalnum()
    return Pair(inside, *scores)


def report(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield the lines of the tables."""
    chosen = {
        "between words": [pair for pair in pairs if not pair.inside],
        "inside an identifier": [pair for pair in pairs if pair.inside],
        "all": list(pairs),
    }
    for name, some in chosen.items():
        yield f"{name}: {len(some)} holes"
        if not some:
            continue
        for measure in ("exact_match", "edit_similarity"):
            plain, frozen = ([getattr(getattr(pair, way), measure) for pair in some] for way in ("plain", "frozen"))
            mean, low, high = paired_interval(frozen, plain)
            yield (
                f"  {measure:16} plain {100 * fmean(plain):5.1f}  frozen {100 * fmean(frozen):5.1f}  "
                f"difference {100 * mean:+5.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
            )


if __name__ == "__main__":
    main()
