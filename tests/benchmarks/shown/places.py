"""Places for completions in real files, each with the text as it is while someone writes there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dovetail_context.languages.registry import language_for
from dovetail_context.workspace.scan import scan

MAX_CHARACTERS = 60_000
"""The maximum size of a file, in characters. Longer files slow the parsers down and show nothing new."""
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|\"\"\"|''')")
_CODE = re.compile(r"\w+|[(.=,]\s?")
# What an editor that closes brackets leaves to the right of the cursor.
_TAIL = re.compile(r"[\s)\]}>\"'`;,:{]+\Z")


@dataclass(frozen=True, slots=True)
class Hole:
    """`before` and `after` surround the cursor in the file `path`; `truth` is the text that the file has there.

    `kind`: "rest" of a line, a whole "line" that is not there yet, or "new": a line more than the file has.
    """

    root: Path
    path: str
    kind: str
    before: str
    after: str
    truth: str

    @property
    def text(self) -> str:
        """The file while someone writes there."""
        return self.before + self.after

    @property
    def position(self) -> tuple[int, int]:
        """0-based line and column of the cursor in code points."""
        return self.before.count("\n"), len(self.before) - self.before.rfind("\n") - 1


def draw(
    root: Path,
    count: int,
    rng: random.Random,
    suffixes: frozenset[str],
    is_accepted: Callable[[str, str], bool] | None = None,
) -> Iterator[Hole]:
    """Yield `count` holes of a project, as many of each kind, in files whose names end in one of `suffixes`.

    Where `is_accepted` is given, it takes a path and the text around a hole, and only holes that it accepts are drawn.
    A rest of a line then keeps the brackets and signs at its end if the file is not accepted without them.
    """
    paths = [file.path for file in scan(root, lambda path: language_for(path) is not None).files]
    paths = [path for path in paths if Path(path).suffix in suffixes]
    drawn = 0
    for _ in range(count * 50):
        if drawn >= count or not paths:
            return
        path = rng.choice(paths)
        try:
            text = (root / path).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        if len(text) > MAX_CHARACTERS:
            continue
        hole = _hole(root, path, text, ("rest", "line", "new")[drawn % 3], rng)
        if hole is not None and is_accepted is not None:
            hole = next((each for each in (hole, _with_tail(hole)) if is_accepted(path, each.text)), None)
        if hole is not None:
            drawn += 1
            yield hole


def _with_tail(hole: Hole) -> Hole:
    """Return the hole with the brackets and signs left in the file that end its line."""
    tail = _TAIL.search(hole.truth)
    if hole.kind != "rest" or tail is None:
        return hole
    return replace(hole, after=tail[0] + hole.after, truth=hole.truth[: tail.start()])


def _hole(root: Path, path: str, text: str, kind: str, rng: random.Random) -> Hole | None:
    lines = text.splitlines(keepends=True)
    number = rng.randrange(len(lines)) if lines else 0
    if not lines or not lines[number].strip() or _COMMENT.match(lines[number]):
        return None
    line = lines[number]
    body = line.rstrip("\r\n")
    indent = len(body) - len(body.lstrip())
    start = sum(map(len, lines[:number]))
    if kind == "rest":
        ends = [match.end() for match in _CODE.finditer(body, indent) if match.end() < len(body)]
        if not ends:
            return None
        at = rng.choice(ends)
        return Hole(root, path, kind, text[: start + at], text[start + len(body) :], body[at:])
    if kind == "line":
        return Hole(root, path, kind, text[: start + indent], text[start + len(body) :], body[indent:])
    end = line[len(body) :] or "\n"
    return Hole(root, path, kind, text[: start + len(body)] + end + body[:indent], text[start + len(body) :], "")
