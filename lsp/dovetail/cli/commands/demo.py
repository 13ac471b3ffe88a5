"""`dovetail demo`: ask the real server at many places of a real project, as an editor does while its user types."""

from __future__ import annotations

import argparse
import asyncio
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.text import Text

from dovetail.cli.place import positive
from dovetail.cli.reports.starter_notice import notify_of_starter
from dovetail.command_errors import CommandError, UsageError
from dovetail.demo.answers import Answer, most_confident, summary
from dovetail.demo.editor import HeadlessEditor, ServerTrouble, start_editor
from dovetail.demo.holes import Hole, find_holes
from dovetail.explain.silent import NOT_ASKED
from dovetail.settings import COMMAND_LINE, load_settings
from dovetail_context.api import WorkspaceIndex, find_root

LINES_AROUND = 3
SOURCES = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", default=".", metavar="ROOT", help="a project (default: this folder's)")
    parser.add_argument(
        "--places", type=positive, default=40, metavar="N", help="how many places to ask about (default: 40)"
    )
    parser.add_argument(
        "--show", type=positive, default=3, metavar="N", help="how many of the suggestions to print (default: 3)"
    )
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")


def run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.root).resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder: name a project's folder")
    flags = {"model": arguments.model} if arguments.model else {}
    notify_of_starter(load_settings((COMMAND_LINE, flags)))
    root = find_root(folder / "any-file")
    holes = _holes(root, arguments.places)
    console = Console(highlight=False, soft_wrap=True)
    try:
        answers = asyncio.run(_ask_all(console, root, holes, flags))
    except ServerTrouble as error:
        raise CommandError(str(error)) from None
    _print_answers(console, answers, arguments.show)
    return 0


def _holes(root: Path, places: int) -> list[Hole]:
    index = WorkspaceIndex(root)
    index.build()
    index.close()
    holes = list(islice(find_holes(index.snapshot), places))
    if not holes:
        raise CommandError(
            f"{root} has no line of code that can be cut: name a larger project, or ask about a place of your own "
            "with dovetail complete"
        )
    return holes


async def _ask_all(console: Console, root: Path, holes: list[Hole], settings: dict[str, object]) -> list[Answer]:
    started = perf_counter()
    async with start_editor(root, settings) as editor:
        console.print(f"The language server is ready after {perf_counter() - started:.1f} s: {root}", markup=False)
        console.print(
            f"It is asked at {len(holes)} places as if you typed there. Each time the rest of the line is cut.\n"
        )
        answers = []
        with console.status("asking") as status:
            for number, hole in enumerate(holes, 1):
                status.update(f"asking: place {number} of {len(holes)}")
                answers.append(await _ask(editor, hole))
        return answers


async def _ask(editor: HeadlessEditor, hole: Hole) -> Answer:
    started = perf_counter()
    text, why = await editor.complete(hole.path, hole.text, hole.line - 1, hole.column - 1)
    milliseconds = (perf_counter() - started) * 1000
    if why is None or why.stop == NOT_ASKED:
        return Answer(hole, text, None, "", (), milliseconds)
    return Answer(hole, text, why.logprob, why.model, _sources(why), milliseconds)


def _sources(why: Any) -> tuple[str, ...]:
    best = sorted(why.context, key=lambda item: -item.score)
    named = [f"{item.path}:{item.start_line}-{item.end_line} ({item.reason.split(';')[0]})" for item in best[:SOURCES]]
    return (*named, f"{len(best) - SOURCES} more") if len(best) > SOURCES else tuple(named)


def _print_answers(console: Console, answers: list[Answer], count: int) -> None:
    shown = most_confident(answers, count)
    if shown:
        console.print(f"The {len(shown)} of which the model was most certain:\n")
    for answer in shown:
        _print_answer(console, answer)
    console.print(summary(answers), style="bold", markup=False)


def _print_answer(console: Console, answer: Answer) -> None:
    hole = answer.hole
    console.print(f"{hole.path}:{hole.line}:{hole.column}", style="bold", markup=False)
    lines = hole.text.split("\n")
    first = max(hole.line - 1 - LINES_AROUND, 0)
    for number, line in enumerate(lines[first : hole.line + LINES_AROUND], first + 1):
        row = Text(f"  {number:4} | {line}")
        if number == hole.line:
            row.append(answer.text.split("\n")[0], style="italic green reverse")
        console.print(row)
    console.print(f"  suggested  {answer.text!r}: {answer.verdict}", markup=False)
    if answer.verdict != "exactly right":
        console.print(f"  the author {hole.cut!r}", markup=False)
    for source in answer.sources:
        console.print(f"  drew on    {source}", markup=False)
    confidence = "" if answer.logprob is None else f", {answer.logprob:.2f} nats a token"
    console.print(f"  in         {answer.milliseconds:.0f} ms with {answer.model}{confidence}\n", markup=False)
