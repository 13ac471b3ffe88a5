"""`dovetail eval`: fill the holes of a tasks file by the same pipeline that serves editors, and score the answers.

A task is a line {"id", "root", "path", "start", "end", "groundtruth", ...}: `root` is relative to the tasks file; the
text of `path` has the ground truth at [start:end] (code points), which is cut out. A result is a line {"id", "budget",
"completion", "context", "tokens", "ms"}, in order, written as it goes; with --names also "names", the rests of those
that the project has behind a dot at the place.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

from rich.console import Console
from rich.progress import track

from dovetail.cli.place import positive
from dovetail.cli.remote import Notices, add_remote_argument, remote_layer
from dovetail.command_errors import CommandError, UsageError
from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import complete, context_for, members_for
from dovetail.completion.report import completion_json, item_json
from dovetail.completion.request import CompletionRequest
from dovetail.completion.scoring import Score, score
from dovetail.session.inference.engine import make_engine
from dovetail.session.inference.token_count import command_count, engine_count
from dovetail.settings import COMMAND_LINE, Settings, load_settings
from dovetail_context.api import MAX_FILE_BYTES, WorkspaceIndex, read_project_file, redact


@dataclass(frozen=True, slots=True)
class Task:
    """A hole in a file of a project; `start` and `end` are code points."""

    id: str
    root: Path
    path: str
    start: int
    end: int
    groundtruth: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: the result line, the score (None with --context-only) and the time in milliseconds."""

    result: dict[str, Any]
    score: Score | None
    ms: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", metavar="TASKS.jsonl", help="holes to fill, one JSON object a line")
    parser.add_argument("--out", metavar="RESULTS.jsonl", help="where to write a line a task")
    parser.add_argument("--context-only", action="store_true", help="gather context, ask no model")
    parser.add_argument("--names", action="store_true", help="write the names known behind a dot, too")
    parser.add_argument("--budget", type=int, metavar="N", help="most tokens of other files (default: the setting)")
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")
    add_remote_argument(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N tasks")


def run(arguments: argparse.Namespace) -> int:
    flags = {"model": arguments.model, "context_tokens": arguments.budget}
    named = {name: value for name, value in flags.items() if value is not None}
    settings = load_settings((COMMAND_LINE, named), remote_layer(arguments.remote, arguments.model))
    if arguments.out and Path(arguments.out).resolve() == Path(arguments.tasks).resolve():
        raise UsageError("--out names the tasks file itself, which would be lost; name another file")
    tasks = list(islice(_read_tasks(Path(arguments.tasks)), arguments.limit))
    with ExitStack() as stack:
        out = stack.enter_context(Path(arguments.out).open("w", encoding="utf-8")) if arguments.out else None
        outcomes = asyncio.run(_run_all(tasks, settings, arguments.context_only, arguments.names, out))
    for line in _summary(outcomes):
        print(line)
    return 0


def _read_tasks(file: Path) -> Iterator[Task]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            root = (file.parent / row["root"]).resolve()
            yield Task(str(row["id"]), root, row["path"], int(row["start"]), int(row["end"]), row["groundtruth"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CommandError(f"{file}:{number} is not a task: {type(error).__name__} {error}") from None


async def _run_all(
    tasks: list[Task], settings: Settings, context_only: bool, with_names: bool, out: TextIO | None
) -> list[Outcome]:
    indexes: dict[Path, WorkspaceIndex] = {}
    outcomes: list[Outcome] = []
    console = Console(file=sys.stderr)
    async with AsyncExitStack() as stack:
        engine: Engine | None = None
        if not context_only:
            engine = make_engine(settings, Notices().take, several_models=True)
            stack.push_async_callback(engine.close)
        for task in track(tasks, "evaluating", console=console, transient=True, disable=not console.is_terminal):
            if task.root not in indexes:
                indexes[task.root] = stack.enter_context(closing(WorkspaceIndex(task.root)))
                indexes[task.root].build()
            outcome = await _run(task, indexes[task.root], engine, settings, with_names)
            outcomes.append(outcome)
            if out is not None:
                out.write(json.dumps(outcome.result, ensure_ascii=False) + "\n")
                out.flush()
    return outcomes


async def _run(
    task: Task, index: WorkspaceIndex, engine: Engine | None, settings: Settings, with_names: bool
) -> Outcome:
    count = command_count(settings) if engine is None else engine_count(settings)
    request = replace(_request(task, index), count=count)
    started = perf_counter()
    budget = settings.context_tokens
    if engine is None:
        bundle = context_for(request, budget)
        ms = (perf_counter() - started) * 1000
        tokens = {"context": bundle.tokens}
        answer: dict[str, Any] = {"completion": None, "tokens": tokens, "ms": {"context": round(ms, 1)}}
        found = None
    else:
        completion = await complete(request, engine, settings)
        if completion is None:  # not for invoked requests; a hole that is refused is a hole not filled
            raise CommandError(f"task {task.id} was refused by the pipeline")
        ms = completion.total_ms
        bundle = completion.context
        whole = completion_json(completion)
        tokens = {"context": bundle.tokens, **whole["tokens"]}
        answer = {"completion": completion.text, "tokens": tokens, "ms": whole["ms"]}
        found = score(completion.text, task.groundtruth)
    index.set_overlay(task.path, None)
    context = [item_json(piece, with_text=True) for piece in bundle.pieces]
    result = {"id": task.id, "budget": budget, **answer, "context": context}
    return Outcome(result | ({"names": list(members_for(request).names)} if with_names else {}), found, ms)


def _request(task: Task, index: WorkspaceIndex) -> CompletionRequest:
    """Return the request for the document with the hole, which replaces the file in the index, too.

    The answer must not be found in the file itself.
    """
    read = read_project_file(task.root / task.path, MAX_FILE_BYTES, within=task.root)
    try:
        text = (read.data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"task {task.id}: {task.root / task.path} cannot be read: {error}") from None
    if read.data is None:
        raise CommandError(f"task {task.id}: {task.root / task.path} cannot be read: {read.problem}")
    if text[task.start : task.end] != task.groundtruth:
        raise CommandError(f"task {task.id}: its ground truth does not stand at [{task.start}:{task.end}]")
    cut = text[: task.start] + text[task.end :]
    index.set_overlay(task.path, cut)
    return CompletionRequest(
        document=str(task.root / task.path),
        path=task.path,
        text=redact(cut),
        offset=task.start,
        snapshot=index.snapshot,
        trigger="invoked",
    )


def _summary(outcomes: list[Outcome]) -> Iterator[str]:
    if not outcomes:
        yield "no tasks"
        return
    times = sorted(outcome.ms for outcome in outcomes)
    at = {share: times[min(int(share * len(times)), len(times) - 1)] for share in (0.5, 0.95)}
    tokens = statistics.fmean(outcome.result["tokens"]["context"] for outcome in outcomes)
    yield f"{len(outcomes)} tasks, {tokens:.0f} tokens of context on average"
    yield f"latency p50 {at[0.5]:.0f} ms, p95 {at[0.95]:.0f} ms"
    scores = [outcome.score for outcome in outcomes if outcome.score is not None]
    if scores:
        yield f"exact match     {statistics.fmean(one.exact_match for one in scores):.3f}"
        yield f"edit similarity {statistics.fmean(one.edit_similarity for one in scores):.3f}"
        yield f"identifier F1   {statistics.fmean(one.identifier_f1 for one in scores):.3f}"
