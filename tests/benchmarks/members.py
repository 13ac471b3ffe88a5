"""Measure how often a dot gets a list of members, and how often that list lacks the name in the real code.

    python -m tests.benchmarks.members ROOT... [--dots N] [--seed S]

Draws dots in the code of each project, asks for the members at the cursor right after the dot, and checks whether the
name that follows is among them. Prints a line for each language: dots, lists returned, and names that a list lacks.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from contextlib import closing
from pathlib import Path

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.languages.registry import language_for
from dovetail_context.members import members_at
from dovetail_context.query import Query

DOT = re.compile(r"(?<=[\w)\]])(?:\.|->|::)(?=([A-Za-z_]\w*))")
COMMENT = re.compile(r"^\s*(?:#|//|\*|/\*|import\b|from\b|using\b|use\b|package\b)")


def draw(root: Path, count: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """Return counts by language ("python dots", "python wrong", ...), and a readable line for each wrong list."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with closing(WorkspaceIndex(root)) as index:
        index.build()
        snapshot = index.snapshot
        paths = sorted(snapshot.files)
        for _ in range(count * 20):
            if not paths or counts["drawn"] >= count:
                break
            path = rng.choice(paths)
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            dots = list(DOT.finditer(text))
            language = language_for(path)
            if not dots or language is None:
                continue
            dot = rng.choice(dots)
            line = text[text.rfind("\n", 0, dot.start()) + 1 : dot.start()]
            if COMMENT.match(line) or line.count('"') % 2 or line.count("'") % 2 or "//" in line:
                continue
            counts["drawn"] += 1
            counts[f"{language.name} dots"] += 1
            names = members_at(Query(path, text, dot.end()), snapshot)
            counts[f"{language.name} listed"] += bool(names)
            if names and dot[1] not in names:
                counts[f"{language.name} wrong"] += 1
                number = text.count("\n", 0, dot.start()) + 1
                wrong.append(f"{root.name}/{path}:{number} {line.strip()[-40:]}{dot[0]}{dot[1]}")
    return counts, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="+", type=Path, metavar="ROOT")
    parser.add_argument("--dots", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print every name that a list lacks")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for root in arguments.roots:
        more, lacking = draw(root.resolve(), arguments.dots, random.Random(f"{arguments.seed} {root.name}"))
        counts += more
        wrong += lacking
    if arguments.show:
        print("\n".join(wrong))
    for language in sorted({key.partition(" ")[0] for key in counts if key.endswith(" dots")}):
        dots, listed, lacks = (counts[f"{language} {what}"] for what in ("dots", "listed", "wrong"))
        print(f"{language}: {dots} dots, {listed} listed ({100 * listed / dots:.1f} %), {lacks} lack the name")
    listed, lacks = (sum(n for key, n in counts.items() if key.endswith(what)) for what in (" listed", " wrong"))
    print(
        f"all: {counts['drawn']} dots, {listed} listed, {lacks} lack the name ({100 * lacks / counts['drawn']:.2f} %)"
    )


if __name__ == "__main__":
    main()
