"""`dovetail demo`: cut the rest of a line out of a real project and let the real language server fill it."""

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
from dovetail.cli.reports.starter_notice import tell_about_the_starter
from dovetail.command_errors import CommandError, UsageError
from dovetail.demo.editor import HeadlessEditor, ServerTrouble, start_editor
from dovetail.demo.holes import Hole, find_holes
from dovetail.settings import COMMAND_LINE, load_settings
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace.root import find_root

LINES_AROUND = 3
SOURCES = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", default=".", metavar="ROOT", help="a project (default: this folder's)")
    parser.add_argument(
        "--places", type=positive, default=3, metavar="N", help="how many places to complete (default: 3)"
    )
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")


def run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.root).resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    flags = {"model": arguments.model} if arguments.model else {}
    tell_about_the_starter(load_settings((COMMAND_LINE, flags)))
    root = find_root(folder / "any-file")
    holes = _holes(root, arguments.places)
    try:
        asyncio.run(_complete_all(root, holes, flags))
    except ServerTrouble as error:
        raise CommandError(str(error)) from None
    return 0


def _holes(root: Path, places: int) -> list[Hole]:
    index = WorkspaceIndex(root)
    index.build()
    index.close()
    holes = list(islice(find_holes(index.snapshot), places))
    if not holes:
        raise CommandError(
            f"{root} has no call with arguments to something that it imports from another of its files; "
            "name a larger project, or ask for a place of your own with dovetail complete"
        )
    return holes


async def _complete_all(root: Path, holes: list[Hole], settings: dict[str, object]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    started = perf_counter()
    async with start_editor(root, settings) as editor:
        console.print(f"The language server is ready after {perf_counter() - started:.1f} s: {root}")
        console.print("At each place the rest of the line was cut away; the model fills it in.\n")
        for hole in holes:
            await _complete(console, editor, hole)


async def _complete(console: Console, editor: HeadlessEditor, hole: Hole) -> None:
    started = perf_counter()
    text, why = await editor.complete(hole.path, hole.text, hole.line - 1, hole.column - 1)
    milliseconds = (perf_counter() - started) * 1000
    console.print(f"{hole.path}:{hole.line}:{hole.column}", style="bold")
    _print_ghost(console, hole, text)
    console.print(f"  inserted   {text!r}" if text else "  inserted   nothing", markup=False)
    console.print(f"  the author {hole.cut!r}", markup=False)
    for line in _sources(why):
        console.print(f"  drew on    {line}", markup=False)
    model = f" with {why.model}" if why else ""
    console.print(f"  in         {milliseconds:.0f} ms{model}\n", markup=False)


def _print_ghost(console: Console, hole: Hole, text: str) -> None:
    lines = hole.text.split("\n")
    first = max(hole.line - 1 - LINES_AROUND, 0)
    for number, line in enumerate(lines[first : hole.line + LINES_AROUND], first + 1):
        shown = Text(f"  {number:4} | {line}")
        if number == hole.line:
            shown.append(text.split("\n")[0], style="italic green reverse")
        console.print(shown)


def _sources(why: Any) -> list[str]:
    if why is None:
        return []
    best = sorted(why.context, key=lambda item: -item.score)
    named = [f"{item.path}:{item.start_line}-{item.end_line} ({item.reason.split(';')[0]})" for item in best[:SOURCES]]
    return [*named, f"{len(best) - SOURCES} more"] if len(best) > SOURCES else named
