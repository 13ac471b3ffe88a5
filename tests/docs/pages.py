"""The project's Markdown pages, read: links, headings and fenced blocks."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FENCED = re.compile(
    r"^(?P<indent> *)```(?P<language>[^\s`]*)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>[^\n]+) -->\s*\Z")
_LINK = re.compile(r"(?<!\\)\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_SKIPPED = {".venv", "node_modules", ".git", "site", "work"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    """The page's file."""
    line: int
    """Line of the opening fence, counted from 1."""
    language: str
    """What follows the fence; "" for none."""
    title: str
    """The value of `title="..."`; "" for none."""
    text: str
    """The block's text without the indentation of its fence."""
    not_run: str
    """The reason of a comment `<!-- not run: REASON -->` right above; "" without one."""


def all_pages() -> list[Path]:
    """Return the Markdown files that git tracks, or all below the repository where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=REPOSITORY, capture_output=True, text=True
    )
    if listed.returncode == 0 and listed.stdout:
        return sorted(path for name in listed.stdout.splitlines() if (path := REPOSITORY / name).exists())
    found = REPOSITORY.rglob("*.md")
    return sorted(path for path in found if not _SKIPPED & set(path.relative_to(REPOSITORY).parts))


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for match in FENCED.finditer(text):
        reason = NOT_RUN.search(text, 0, match.start())
        title = re.search(r'title="([^"]*)"', match["info"])
        body = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, match["language"], title[1] if title else "", body, reason["reason"] if reason else "")


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links and pictures that lead to the project itself."""
    prose = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page.read_text(encoding="utf-8")))
    for match in _LINK.finditer(prose):
        if not re.match(r"[a-z]+:", match["target"]):
            yield match["target"]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as the usual hosts of Markdown make them."""
    headings = _HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
