"""Every command in the pages runs, or a comment above its block gives the reason why not.

A block of commands is fenced as `console`. Each line of those that run begins with `$ `, and each command runs in a
copy of the example project. Above all others there is a comment `<!-- not run: REASON -->`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, Block, all_pages, blocks

# Pages for users and contributors. READMEs of folders describe measurements that take hours.
PAGES = [
    page
    for page in all_pages()
    if page.name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
    or page in (REPOSITORY / "README.md",)
    or page.is_relative_to(REPOSITORY / "docs")
]
CONSOLE = [block for page in PAGES for block in blocks(page) if block.language == "console"]
RUN = [block for block in CONSOLE if not block.not_run]
PROMPT = "$ "
# Several pages show the same command. Each is run once.
COMMANDS = sorted({line for block in RUN for line in block.text.splitlines()})
TIMEOUT_S = 300


def place_of(block: Block) -> str:
    return f"{block.page.relative_to(REPOSITORY).as_posix()}:{block.line}"


@pytest.mark.long(keep=6)
@pytest.mark.parametrize("line", COMMANDS)
def test_commands_run(line: str, tmp_path: Path) -> None:
    project = shutil.copytree(REPOSITORY / "docs" / "example", tmp_path / "library")
    program, *arguments = shlex.split(line.removeprefix(PROMPT))
    assert line.startswith(PROMPT) and program == "dovetail", "give the reason above the block why it is not run"
    done = subprocess.run(
        [sys.executable, "-m", "dovetail", *arguments],
        cwd=project,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "it printed nothing"


def test_some_commands_run() -> None:
    assert len({block.page for block in RUN}) >= 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_blocks_of_commands_are_marked_as_such(page: Path) -> None:
    for block in blocks(page):
        if block.language in ("", "sh", "bash", "shell"):
            assert not re.search(r"^(\$ |dovetail |pip |python3? |\.venv/)", block.text, re.MULTILINE), (
                f"{place_of(block)}: fence commands as `console`, and output as `text`"
            )
