"""`dovetail bench`: replay typing over real files, and print what each keystroke cost; beside a llama.cpp server, too.

`models/README.md` explains how to build and start the peer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from dovetail.bench.figures import Figures, as_json, by_kind, table
from dovetail.bench.picture import picture
from dovetail.bench.question import Question, questions
from dovetail.bench.sides import Answer, OurSide, PeerSide, Side
from dovetail.bench.typing import Keystroke, replay
from dovetail.cli.output import repeated, write_page
from dovetail.cli.place import positive
from dovetail.cli.reports.bench_page import OURS, bench_page
from dovetail.command_errors import CommandError, UsageError
from dovetail.session.inference.engine import make_local_engine
from dovetail.settings import COMMAND_LINE, Settings, load_settings
from dovetail_context.api import ContextBundle, Query, WorkspaceIndex, find_root, gather, read_source, redact
from dovetail_models.api import EngineStatus, read_bytes_per_s

# A file must have enough lines for a place in its middle, and not be a list of data.
FILE_LINES = (120, 1500)


@dataclass(frozen=True, slots=True)
class Ours:
    """The answers of our engine, and what it reported about itself."""

    answers: list[Answer]
    status: EngineStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", default=".", metavar="ROOT", help="the project whose files are typed")
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")
    parser.add_argument(
        "--keystrokes", type=positive, default=500, metavar="N", help="how many to replay (default: 500)"
    )
    parser.add_argument("--files", type=positive, default=5, metavar="N", help="how many files to type in")
    parser.add_argument("--context", type=int, default=500, metavar="TOKENS", help="of other files")
    parser.add_argument("--window", type=int, default=600, metavar="TOKENS", help="of the file that is typed in")
    parser.add_argument(
        "--answer", type=positive, default=32, metavar="TOKENS", help="of each answer, neither more nor less"
    )
    parser.add_argument("--seed", type=int, default=1, help="choice of the keystrokes (default: 1)")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="URL",
        help="ask a llama.cpp server on this machine, too, as llama.vim does; may be given for several",
    )
    parser.add_argument("--svg", metavar="FILE.svg", help="draw a picture")
    parser.add_argument("--html", metavar="FILE", help="write the figures as a page to look at, and open nothing")
    parser.add_argument("--json", metavar="FILE.json", help="write all figures")


def run(arguments: argparse.Namespace) -> int:
    chosen = {"model": arguments.model} if arguments.model else {}
    settings = load_settings((COMMAND_LINE, {**chosen, "kv_cache_mb": 0}))  # what is cold here is nowhere on disk
    root = Path(arguments.root).resolve()
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder")
    peers = {url: PeerSide(url) for url in arguments.peer}
    keystrokes, asked = typed_and_asked(root, arguments)
    ours = asyncio.run(_ours(settings, asked, keystrokes, arguments.answer))
    theirs = {url: asyncio.run(_all(peer, asked, keystrokes, arguments.answer, url)) for url, peer in peers.items()}
    _report(arguments, keystrokes, ours, theirs)
    return 0


def typed_and_asked(root: Path, arguments: argparse.Namespace) -> tuple[list[Keystroke], list[Question]]:
    """Return the keystrokes, and the question at each. Context is gathered at each place that the replay jumps to."""
    with closing(WorkspaceIndex(find_root(root / "any-file"))) as index:
        index.build()
        keystrokes = replay(_files(root, index, arguments.files), arguments.keystrokes, arguments.seed)
        contexts: dict[int, ContextBundle] = {}
        for keystroke in keystrokes:
            if keystroke.place not in contexts:
                asked = Query(keystroke.path, keystroke.text, keystroke.offset)
                contexts[keystroke.place] = gather(asked, index.snapshot, arguments.context)
    return keystrokes, questions(keystrokes, contexts, arguments.window)


def _files(root: Path, index: WorkspaceIndex, count: int) -> list[tuple[str, str]]:
    """Files of middling length, spread over the project."""
    found = []
    for path in sorted(record.path for record in index.snapshot.files.values()):
        read = read_source(index.root / path, within=root)
        text = redact((read.text or "").replace("\r\n", "\n"))  # no secret in a prompt
        if FILE_LINES[0] <= text.count("\n") <= FILE_LINES[1]:
            found.append((path, text))
    if not found:
        raise CommandError(
            f"{root} has no source file of {FILE_LINES[0]} to {FILE_LINES[1]} lines: name another folder"
        )
    step = max(1, len(found) // count)
    return found[step // 2 :: step][:count]


async def _ours(settings: Settings, asked: Sequence[Question], keystrokes: Sequence[Keystroke], tokens: int) -> Ours:
    engine = make_local_engine(settings, several_models=True)
    try:
        status = await engine.ensure_ready()
        return Ours(await _all(OurSide(engine), asked, keystrokes, tokens, "dovetail"), status)
    finally:
        await engine.close()


async def _all(
    side: Side, asked: Sequence[Question], keystrokes: Sequence[Keystroke], tokens: int, name: str
) -> list[Answer]:
    console = Console(file=sys.stderr)
    pairs = list(zip(asked, keystrokes, strict=True))
    shown = track(pairs, name, console=console, transient=True, disable=not console.is_terminal)
    return [await side.answer(each, tokens, keystroke.drop_after_ms) for each, keystroke in shown]


def _report(
    arguments: argparse.Namespace, keystrokes: Sequence[Keystroke], ours: Ours, theirs: dict[str, list[Answer]]
) -> None:
    mine = by_kind(keystrokes, ours.answers)
    peers = {url: by_kind(keystrokes, answers) for url, answers in theirs.items()}
    for url, peer in peers.items() or (("", None),):
        print(*([url] if url else []), *table(mine, peer), sep="\n")
    decode = _decoding(mine["all"], ours.status)
    print(f"reused {mine['all'].reused_share:.1%} of all prompts' tokens; {decode['text']}")
    series = {OURS: ours.answers} | theirs
    firsts = {name: [each.first_ms for each in every if each.first_ms is not None] for name, every in series.items()}
    if arguments.html:
        html = bench_page(ours.status.model, {OURS: mine} | peers, firsts, str(decode["text"]), repeated())
        write_page(Path(arguments.html), html)
    if arguments.svg:
        Path(arguments.svg).write_text(picture(f"{len(keystrokes)} keystrokes, {ours.status.model}", firsts), "utf-8")
    if arguments.json:
        found = {"model": ours.status.model, "decode": decode, "dovetail": as_json(mine)}
        others = {url: as_json(peer) for url, peer in peers.items()}
        Path(arguments.json).write_text(json.dumps(found | {"peers": others}, indent=2), "utf-8")


def _decoding(every: Figures, status: EngineStatus) -> dict[str, object]:
    """Decoding against the time that reading all weights once takes."""
    bound_ms = status.weights_bytes / read_bytes_per_s(max(status.threads, 1)) * 1000
    share = bound_ms / max(every.ms_per_token, 1e-9)
    text = (
        f"decoding takes {every.ms_per_token:.1f} ms a token, {status.threads} threads read the weights from memory in "
        f"{bound_ms:.1f} ms: {share:.0%} of the bound (more than 100 % where drafts are right)"
    )
    return {"ms_per_token": every.ms_per_token, "bound_ms": bound_ms, "share": share, "text": text}
