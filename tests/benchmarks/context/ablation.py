"""Measure what each retriever contributes.

    python -m tests.benchmarks.context.ablation [TASKS.jsonl ...] [--budgets 512 1024 2048] [--every N]

Prints a table: every retriever alone, all of them, all but one, by budget and by language. Each column is the share
that the context contains: NR of `novel_symbols`; DR of the names in `defs`, by one of their defining signatures (`sig`)
word for word; NI of the identifiers in the ground truth that another file has, but not the rest of this one. Every
project is indexed once and every cursor read once.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from dovetail_context.bundle import ContextBundle
from dovetail_context.gather import assemble, propose
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.query import RETRIEVER_NAMES, Retrieval, RetrieverName
from dovetail_context.retrieve.situation import read_situation
from tests.benchmarks.data import Task, read_tasks, task_files
from tests.benchmarks.figures import say, table

# Retrievers that tasks without a history cannot ablate: no edits, views or copies came before.
WITHOUT_HISTORY: tuple[RetrieverName, ...] = tuple(name for name in RETRIEVER_NAMES if name != "recent")
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_NUMBERS = ("NR", "DR", "NI")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=Path, help="tasks files (default: those of ../shared)")
    parser.add_argument("--budgets", nargs="+", type=int, default=[512, 1024, 2048], metavar="TOKENS")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th task of each file")
    parser.add_argument("--only", nargs="+", metavar="ROW", help="only these rows, as 'all' or 'no similar'")
    parser.add_argument("--misses", type=Path, metavar="FILE", help="write what 'all' did not show, a line a task")
    arguments = parser.parse_args()
    rows = {name: way for name, way in ways().items() if not arguments.only or name in arguments.only}
    tasks = [task for file in task_files(arguments.tasks) for task in read_tasks(file, arguments.every)]
    found = measure(tasks, rows, arguments.budgets, arguments.misses)
    languages = ["all languages", *dict.fromkeys(task.language for task in tasks)]
    for language in languages:
        say()
        for line in table_of(found, language, list(rows), arguments.budgets):
            say(line)


def ways() -> dict[str, Retrieval]:
    """Return the rows of the table."""
    every = frozenset(WITHOUT_HISTORY)
    return {
        **{f"only {name}": Retrieval(frozenset({name})) for name in WITHOUT_HISTORY},
        "all": Retrieval(every),
        **{f"no {name}": Retrieval(every - {name}) for name in WITHOUT_HISTORY},
        "default": Retrieval(),
    }


Found = Mapping[tuple[str, str, int, str], list[float]]


def measure(tasks: Iterable[Task], rows: Mapping[str, Retrieval], budgets: list[int], misses: Path | None) -> Found:
    """Return the scores by (language, row, budget, number)."""
    found: dict[tuple[str, str, int, str], list[float]] = defaultdict(list)
    by_root: dict[Path, list[Task]] = defaultdict(list)
    for task in tasks:
        by_root[task.root].append(task)
    log = misses.open("w", encoding="utf-8") if misses else None
    for root, of_root in by_root.items():
        index = WorkspaceIndex(root)
        index.build()
        for task in of_root:
            situation = read_situation(task.query, index.snapshot)
            if situation is None:
                raise SystemExit(f"{task.id}: {task.query.path} is in no known language")
            candidates = list(propose(situation, Retrieval()))
            elsewhere = _identifiers_elsewhere(task, index)
            for row, way in rows.items():
                for budget in budgets:
                    bundle = assemble(situation, candidates, budget, way)
                    for number, value in score(task, bundle, elsewhere).items():
                        found[task.language, row, budget, number].append(value)
                        found["all languages", row, budget, number].append(value)
                    if log is not None and row == "all":
                        _log_miss(log, task, bundle, candidates)
        index.close()
    if log is not None:
        log.close()
    return found


def score(task: Task, bundle: ContextBundle, elsewhere: frozenset[str]) -> dict[str, float]:
    """Return the numbers of one context, each where it is defined."""
    text = "\n".join(piece.text for piece in bundle.pieces)
    words = set(_WORD.findall(text))
    numbers: dict[str, float] = {}
    if task.novel:
        numbers["NR"] = sum(name in words for name in task.novel) / len(task.novel)
    if task.needed:
        shown = sum(any(defined(name, *place, bundle) for place in places) for name, places in task.needed.items())
        numbers["DR"] = shown / len(task.needed)
    if elsewhere:
        numbers["NI"] = len(elsewhere & words) / len(elsewhere)
    return numbers


def defined(name: str, path: str, line: int, bundle: ContextBundle) -> bool:
    """Return whether the context has the definition: its line in a window, or its whole signature in an outline."""
    for piece in bundle.pieces:
        if piece.path != path:
            continue
        if piece.kind == "lines":
            if piece.start_line <= line <= piece.end_line:
                return True
        elif any(part.endswith("!") and part[:-1].rpartition(".")[2] == name for part in piece.parts):
            return True
    return False


def table_of(found: Found, language: str, rows: list[str], budgets: list[int]) -> list[str]:
    """Return a table of one language in Markdown, percent."""
    heads = [language, *(f"{number} {' / '.join(map(str, budgets))}" for number in _NUMBERS)]
    return table(heads, [[row, *(_cell(found, language, row, budgets, number) for number in _NUMBERS)] for row in rows])


def _cell(found: Found, language: str, row: str, budgets: list[int], number: str) -> str:
    lists = [found.get((language, row, budget, number), []) for budget in budgets]
    return " / ".join(f"{100 * sum(values) / len(values):.0f}" if values else "-" for values in lists)


def _identifiers_elsewhere(task: Task, index: WorkspaceIndex) -> frozenset[str]:
    inside, words = set(_WORD.findall(task.query.text)), index.snapshot.words
    return frozenset(
        word
        for word in set(_WORD.findall(_without_strings(task.groundtruth))) - inside
        if len(word) > 2 and any(words.frequency(form) for form in (word, "." + word))
    )


def _without_strings(text: str) -> str:
    return re.sub(r"\"[^\"\n]*\"|'[^'\n]*'|(?://|#)[^\n]*", " ", text)


def _log_miss(log: TextIO, task: Task, bundle: ContextBundle, candidates: Iterable[Any]) -> None:
    words = set(_WORD.findall("\n".join(piece.text for piece in bundle.pieces)))
    for name in task.novel:
        if name in words:
            continue
        proposed = [
            [each.path, each.evidence.retriever, each.evidence.reason, round(each.evidence.gain, 4)]
            for each in candidates
            if re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", each.text)
        ]
        proposed.sort(key=lambda one: -one[3])
        before, after = task.query.text[: task.query.offset], task.query.text[task.query.offset :]
        log.write(
            json.dumps(
                {
                    "id": task.id,
                    "budget": bundle.budget,
                    "name": name,
                    "path": task.query.path,
                    "before": "\n".join(before.split("\n")[-8:]),
                    "truth": task.groundtruth,
                    "after": "\n".join(after.split("\n")[:3]),
                    "proposed": proposed[:4],
                }
            )
            + "\n"
        )


if __name__ == "__main__":
    main()
