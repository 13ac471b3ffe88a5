"""Check that nothing is requested automatically inside comments, docstrings and multi-line strings.

    python -m tests.benchmarks.shown.prose FOLDER... [--places N] [--seed S] [--show]

Draws N places inside such tokens, as Pygments finds them, in the files below the folders, in as many of each language
as there are; every second one at the end of a line. Each file is opened in the real server with a scripted engine that
counts what it is asked. Prints a line for each language: places, and how many were asked about.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, String
from pygments.util import ClassNotFound

from dovetail_context.languages.identify import SUFFIX_OF_ID
from tests.benchmarks.shown.asking import AUTOMATIC
from tests.lsp.conftest import server_in_process
from tests.lsp.scripted import ScriptedEngine

SUFFIXES = tuple(".py .ts .js .java .cs .go .rs .c .cpp .kt .php .rb .sh .lua .sql .pl .r .swift .scala .hs".split())  # noqa: SIM905
_IDS = {suffix: name for name, suffix in reversed(SUFFIX_OF_ID.items())} | {
    ".kt": "kotlin",
    ".php": "php",
    ".rb": "ruby",
    ".sh": "shellscript",
    ".lua": "lua",
    ".sql": "sql",
    ".pl": "perl",
    ".r": "r",
    ".swift": "swift",
    ".scala": "scala",
    ".hs": "haskell",
}
MAX_CHARACTERS = 100_000


def prose(text: str, path: Path) -> Iterator[tuple[int, int]]:
    """Yield where comments, docstrings and strings of several lines begin and end, their marks left out."""
    lexer = get_lexer_for_filename(path.name)
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        if kind in Comment.Preproc or kind in Comment.PreprocFile or kind in Comment.Hashbang:
            continue
        is_prose = kind in Comment or kind in String.Doc or (kind in String and value.count("\n") > 1)
        end = start + len(value.rstrip())
        is_there = text.startswith(value, start)  # After a here-document, Perl's lexer miscounts.
        if is_prose and is_there and end - start > 8:
            yield start + 4, end - 3


async def measure(arguments: argparse.Namespace) -> None:
    rng = random.Random(arguments.seed)
    files = defaultdict(list)
    for folder in arguments.folders:
        for path in sorted(folder.resolve().rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and path.stat().st_size < MAX_CHARACTERS:
                files[path.suffix].append(path)
    counts: Counter[tuple[str, str]] = Counter()
    engine = ScriptedEngine(" and more of this\n")
    async with server_in_process(engine) as client:
        await client.initialize(None, encoding="utf-32")
        for suffix, paths in files.items():
            for _ in range(20 * arguments.places):
                if counts[suffix, "places"] >= arguments.places // len(files):
                    break
                path = rng.choice(paths)
                try:
                    text = path.read_bytes().decode("utf-8")
                    places = list(prose(text, path))
                except (UnicodeDecodeError, ClassNotFound):
                    continue
                if not places or text.startswith("\ufeff") or "\r" in text:
                    continue
                first, last = rng.choice(places)
                at = rng.randint(first, last)
                if counts[suffix, "places"] % 2:  # where people type
                    at = min(last, text.find("\n", at) if "\n" in text[at:] else last)
                before, asked = text[:at], len(engine.jobs)
                client.open(path.as_uri(), text, _IDS[suffix])
                line, column = before.count("\n"), at - before.rfind("\n") - 1
                await client.answer(client.ghost_text(path.as_uri(), line, column, kind=AUTOMATIC))
                client.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})
                counts[suffix, "places"] += 1
                if len(engine.jobs) > asked:
                    counts[suffix, "asked"] += 1
                    if arguments.show:
                        print(
                            f"-- {path}:{line + 1}:{column + 1} {text[max(0, at - 50) : at]!r} | {text[at : at + 30]!r}"
                        )
    print("language   places  asked")
    for suffix in files:
        print(f"{suffix:10s} {counts[suffix, 'places']:6d} {counts[suffix, 'asked']:6d}")
    print(f"all        {sum(n for key, n in counts.items() if key[1] == 'places'):6d}", end=" ")
    print(f"{sum(n for key, n in counts.items() if key[1] == 'asked'):6d}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--places", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print each place that is asked about")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
