"""How fast the context wing is on a tree of sources: `python context/measure.py ROOT [--places N]`.

Prints the time of a cold index and the part of it that is parsing, of an update after an edit, and of a context at
random places of random files. A development tool: no part of the package imports it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from dovetail_context.gather import gather
from dovetail_context.index.build import is_wanted
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.languages.registry import language_for
from dovetail_context.query import Query
from dovetail_context.syntax import Grammar, SyntaxTree
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.scan import scan

BUDGET_TOKENS = 1024
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--places", type=int, default=200, help="how many cursors are tried (default 200)")
    arguments = parser.parse_args()
    out = sys.stdout.write
    texts = _texts(arguments.root)
    lines = sum(text.count("\n") for text in texts.values())
    out(f"{len(texts)} files, {lines} lines\n")
    index = WorkspaceIndex(arguments.root)
    started = time.process_time()
    with _parsing_timed() as parsing:
        index.build()
    whole = time.process_time() - started
    out(f"cold index           {whole:.2f} s, of it parsing {sum(parsing):.2f} s (processor time)\n")
    rng = random.Random(SEED)
    paths = sorted(index.snapshot.files)
    updates = []
    for path in rng.choices(paths, k=50):
        updates.append(_timed(partial(index.set_overlay, path, texts[path] + "\nx = 1\n")))
    out(f"one edit to snapshot {_summary(updates)}\n")
    times = []
    for _ in range(arguments.places):
        path = rng.choice(paths)
        query = Query(path, texts[path], rng.randint(0, len(texts[path])))
        times.append(_timed(partial(gather, query, index.snapshot, BUDGET_TOKENS)))
    out(f"a context            {_summary(times)}\n")


def _texts(root: Path) -> dict[str, str]:
    found = {}
    for file in scan(root, is_wanted).files:
        result = read_source(root / file.path)
        if result.text is not None and language_for(file.path) is not None:
            found[file.path] = result.text
    return found


@contextmanager
def _parsing_timed() -> Iterator[list[float]]:
    """The seconds of processor time of every parse while the block runs."""
    times: list[float] = []
    parse = Grammar.parse

    def timed(grammar: Grammar, text: str) -> SyntaxTree:
        started = time.process_time()
        tree = parse(grammar, text)
        times.append(time.process_time() - started)
        return tree

    Grammar.parse = timed  # type: ignore[method-assign]
    try:
        yield times
    finally:
        Grammar.parse = parse  # type: ignore[method-assign]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _summary(times: list[float]) -> str:
    ordered = sorted(times)
    return f"median {ordered[len(ordered) // 2] * 1e3:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1e3:.1f} ms"


if __name__ == "__main__":
    main()
