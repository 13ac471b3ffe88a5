"""Count the suggestions that the language's own parser rejects or whose indentation differs from the file's.

    python -m tests.benchmarks.shown ROOT... [--holes N] [--seed S] [--typescript FOLDER] [--indent FORM]
        [--forms] [--whole] [--replies FILE.jsonl] [--show]

Draws N holes in each project, asks a real server with the starter model as an editor does while one types, and gives
the file with and without the suggestion to the language's own parser. A suggestion counts as rejected where the parser
takes the file without it and not with it; "exact" counts those that give the project's own text.

Most holes in the middle of a line cannot be judged so, as the file is broken without the rest of the line. `--whole`
draws only holes where the parser takes the file without a suggestion. Of the other holes the column "finished" counts
those where the parser takes the file with the suggestion.

`--replies` records the model's replies in a file and takes from it those that are there already: a run that was
interrupted goes on, and a change of the code is measured on the same replies.

`--indent` writes the files in another form first: `tabs`, `2`, `4` or `8` spaces, `mixed`, `crlf`. "strings" counts the
lines inside of strings that are not as the model wrote them; this needs `--replies`. `--forms` with `--replies` shapes
each answer again in all these forms of its file.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from dovetail_context.languages.registry import language_for
from tests.benchmarks.shown.asking import Shown, ask
from tests.benchmarks.shown.forms import FormCounts
from tests.benchmarks.shown.indentation import altered_strings, foreign_lines, in_form
from tests.benchmarks.shown.judges import Judge, judges
from tests.benchmarks.shown.places import draw
from tests.benchmarks.shown.replies import RecordedEngine


async def measure(arguments: argparse.Namespace) -> None:
    found = judges(arguments.typescript)
    for name in found.missing:
        print(f"not judged, for lack of it: {name}")
    suffixes = frozenset(found.by_suffix) | frozenset((".c", ".h", ".cc", ".cpp", ".hpp", ".cs"))
    counts: Counter[tuple[str, str]] = Counter()
    forms = FormCounts()
    for root in arguments.roots:
        rng = random.Random(f"{arguments.seed} {root.name}")
        if arguments.whole:
            drawn = draw(root.resolve(), arguments.holes, rng, frozenset(found.by_suffix), found.accept)
        else:
            drawn = draw(root.resolve(), arguments.holes, rng, suffixes)
        holes = list(drawn)
        if arguments.indent:
            holes = [replace(hole, **in_form(hole, arguments.indent)) for hole in holes]
        with tempfile.TemporaryDirectory() as folder:
            engine = RecordedEngine(arguments.replies) if arguments.replies else None
            async for shown in ask(root.resolve(), holes, Path(folder), engine):
                if arguments.forms:
                    forms.take(shown, arguments.show)
                _count(counts, shown, found.by_suffix.get(Path(shown.hole.path).suffix), arguments.show)
    _print(counts)
    if arguments.forms:
        forms.print()


def _count(counts: Counter[tuple[str, str]], shown: Shown, judge: Judge | None, is_shown: bool) -> None:
    hole = shown.hole
    language = language_for(hole.path)
    name = language.name if language is not None else Path(hole.path).suffix
    counts[name, "holes"] += 1
    if not shown.inserted:
        return
    counts[name, "shown"] += 1
    counts[name, "exact"] += shown.text == hole.before + hole.truth + hole.after
    foreign = foreign_lines(shown)
    counts[name, "lines"] += shown.inserted.count("\n") + (not hole.before.rpartition("\n")[2].strip())
    counts[name, "foreign"] += len(foreign)
    altered = altered_strings(shown) if shown.written else []
    counts[name, "altered"] += len(altered)
    if altered and is_shown:
        print(f"-- altered {hole.root.name}/{hole.path}:{hole.position[0] + 1} {altered!r}")
    if foreign and is_shown:
        print(f"-- indented {hole.root.name}/{hole.path}:{hole.position[0] + 1} {foreign!r}")
    if judge is None:
        return
    if not judge(hole.path, hole.text):
        counts[name, "finished"] += judge(hole.path, shown.text)
        return
    counts[name, "judged"] += 1
    if not judge(hole.path, shown.text):
        counts[name, "rejected"] += 1
        if is_shown:
            line = hole.before.rpartition("\n")[2]
            print(f"-- rejected {hole.root.name}/{hole.path}:{hole.position[0] + 1} {line!r} + {shown.inserted!r}")


def _print(counts: Counter[tuple[str, str]]) -> None:
    print("language    holes  shown  exact  judged  rejected        finished  lines  otherwise indented  strings")
    columns = ("holes", "shown", "exact", "judged", "rejected", "finished", "lines", "foreign", "altered")
    for name in [*sorted({name for name, _ in counts}), "all"]:
        of = {
            column: sum(n for (language, what), n in counts.items() if what == column and name in (language, "all"))
            for column in columns
        }
        share = f"({100 * of['rejected'] / of['judged']:.2f} %)" if of["judged"] else "-"
        print(
            f"{name:10s} {of['holes']:6d} {of['shown']:6d} {of['exact']:6d} {of['judged']:7d} {of['rejected']:5d}"
            f" {share:9s} {of['finished']:8d} {of['lines']:6d} {of['foreign']:6d} {of['altered']:20d}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="+", type=Path, metavar="ROOT")
    parser.add_argument("--holes", type=int, default=60, help="in each project")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--typescript", type=Path, default=Path("editors/vscode/node_modules/typescript"))
    parser.add_argument("--indent", choices=("tabs", "2", "4", "8", "mixed", "crlf"))
    parser.add_argument("--forms", action="store_true", help="shape each answer in all forms of its file, too")
    parser.add_argument("--whole", action="store_true", help="draw only holes in files that the parser takes")
    parser.add_argument("--replies", type=Path, help="a file of the model's replies, to read and to add to")
    parser.add_argument("--show", action="store_true", help="print each suggestion that is rejected or badly indented")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
