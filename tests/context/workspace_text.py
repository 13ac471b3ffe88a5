"""A workspace written as text, the format of all fixtures in this folder.

    What this case shows, in plain words.
    #- shop/money.py
    class Money: ...
    #- shop/cart.py
    from .money import Money
    Mon$0
    #= context
    #shop/money.py
    class Money: ...

`#- path` begins a file, `$0` is the cursor (in one file), `#= name` begins an expectation. The text above the first
file is prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.query import Query

CURSOR = "$0"
_SECTION = re.compile(r"^#(?P<kind>[-=]) (?P<name>.*)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The parts of such a text. `query` is None where no file has a cursor."""

    prose: str
    files: dict[str, str]
    expected: dict[str, str]
    query: Query | None

    def write(self, root: Path) -> Path:
        """Write the files below `root`."""
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="")
        return root

    def snapshot(self, root: Path) -> IndexSnapshot:
        """Write the files and index them."""
        index = WorkspaceIndex(self.write(root))
        index.build()
        return index.snapshot


def read_workspace(text: str) -> Workspace:
    """Take the text apart."""
    sections = list(_SECTION.finditer(text))
    files: dict[str, str] = {}
    expected: dict[str, str] = {}
    query = None
    for section, following in zip(sections, [*sections[1:], None], strict=True):
        body = text[section.end() : following.start() if following else len(text)]
        name = section["name"].strip()
        if section["kind"] == "=":
            expected[name] = body
            continue
        offset = body.find(CURSOR)
        if offset >= 0:
            body = body.replace(CURSOR, "", 1)
            query = Query(name, body, offset)
        files[name] = body
    return Workspace(text[: sections[0].start() if sections else len(text)], files, expected, query)


def with_expectation(text: str, name: str, body: str) -> str:
    """Return the text with the expectation `name` rewritten."""
    start = text.index(f"#= {name}\n") + len(f"#= {name}\n")
    following = _SECTION.search(text, start)
    end = following.start() if following else len(text)
    return text[:start] + body + text[end:]
