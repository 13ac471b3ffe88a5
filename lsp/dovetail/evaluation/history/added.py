"""Where a commit added lines: the hunks of a diff without context lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DIFF = ("diff-tree", "-r", "-p", "-U0", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-filter=AM")
"""The command of git whose output `added_hunks` reads. A file that was only moved adds nothing."""
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NEW_FILE = b"+++ b/"


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of a file that take the place of others. Numbers count from 0."""

    path: str
    """The file, relative to the repository, with forward slashes."""
    old_start: int
    """The first line of the parent's file that is replaced; where nothing is, the line before which lines are added."""
    old_count: int
    """The number of lines replaced."""
    new_start: int
    """The first new line in the commit's file."""
    new_count: int
    """The number of new lines."""
    is_new_file: bool = False
    """Whether the parent does not have the file."""


def added_hunks(diff: bytes) -> Iterator[Hunk]:
    """Yield the hunks of a diff that add lines. A path that git writes in quotes is left out, as is one that is not
    UTF-8."""
    path: str | None = None
    is_new_file = False
    skipped = 0  # lines of the current hunk that are still to come: any of them may look like a header
    for line in diff.split(b"\n"):
        if skipped and not line.startswith(b"\\"):
            skipped -= 1
            continue
        if line.startswith(_NEW_FILE):
            path = _path(line[len(_NEW_FILE) :])
        elif line.startswith((b"+++ ", b"--- ")):
            path, is_new_file = None, line == b"--- /dev/null"
        elif match := _HUNK.match(line):
            old, old_count, new, new_count = (1 if each is None else int(each) for each in match.groups())
            skipped = old_count + new_count
            if path is not None and new_count:
                yield Hunk(path, old - 1 if old_count else old, old_count, new - 1, new_count, is_new_file)


def _path(name: bytes) -> str | None:
    try:
        return name.removesuffix(b"\t").decode("utf-8")
    except UnicodeDecodeError:
        return None
