"""coc.nvim 0.0.82 or newer: ghost text of the real server, in Neovim in a terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.editors.nvim.driver import neovims
from tests.editors.pages import block
from tests.editors.picture import DARK, picture
from tests.editors.terminal import LINE, SERVER, Terminal, library, needs, terminal

GHOST_COLOUR = "8a8a8a"
# Where coc.nvim is and keeps its files, the key that users are given, and a colour by which ghost text is known.
INIT = """
set runtimepath^=%(plugin)s noswapfile shortmess+=I
let g:coc_config_home = '%(folder)s'
let g:coc_data_home = '%(folder)s/data'
%(keys)s
set notermguicolors background=dark
set laststatus=2
autocmd User CocNvimInit set statusline=%%f\\ \\ coc.nvim\\ is\\ ready
highlight CocInlineVirtualText ctermfg=245
"""


def settings() -> str:
    """Return the users' configuration, with the command of the tested server."""
    given = json.loads(block("coc.md", "json"))
    given["languageserver"]["dovetail"] |= {"command": SERVER[0], "args": SERVER[1:]}
    return json.dumps(given)


@pytest.fixture
def readers(tmp_path: Path) -> Path:
    """Return a file of a project: `readers.py`, with `Copy` of `books.py` in it."""
    return library(tmp_path)


@pytest.fixture
def vim(readers: Path, tmp_path: Path) -> Iterator[Terminal]:
    """Yield a Neovim with coc.nvim and the file."""
    plugin = Path(os.environ.get("COC_FOR_TESTS", ""))
    if not (plugin / "build" / "index.js").is_file():
        pytest.skip("needs coc.nvim (its release branch) in the folder that $COC_FOR_TESTS names")
    if not neovims():
        pytest.skip("needs Neovim on PATH or in $NVIM_FOR_TESTS")
    needs("node")
    init = INIT % {"plugin": plugin, "folder": tmp_path, "keys": block("coc.md", "vim")}
    (tmp_path / "init.vim").write_text(init, encoding="utf-8")
    (tmp_path / "coc-settings.json").write_text(settings(), encoding="utf-8")
    executable = neovims()[-1][1]
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    command = (executable, "-i", "NONE", "-u", str(tmp_path / "init.vim"), str(readers))
    with terminal(command, tmp_path, **homes) as found:
        found.wait_row("coc.nvim is ready")
        yield found


def asked_until_shown(vim: Terminal) -> Callable[[], bool]:
    """Return whether ghost text is on the screen; retry while coc.nvim and the server start."""
    tries: Iterator[int] = count(1)

    def shown() -> bool:
        # coc.nvim asks when it finds the text changed, so the two keys must not come at once.
        turn = next(tries) % 100
        if turn in (80, 99):
            vim.type("\x7f" if turn == 80 else "(")
        ghost = vim.coloured(GHOST_COLOUR)
        return ghost != "" and f"{LINE}{ghost}" in vim.rows()  # between the two keys there is one, too

    return shown


def test_ghost_text_is_shown_and_accepted(vim: Terminal, readers: Path, tmp_path: Path) -> None:
    vim.type(f"Go{LINE.strip()}")
    vim.wait_for(asked_until_shown(vim), "the ghost text")
    ghost = vim.coloured(GHOST_COLOUR)  # what it is depends on how much of the project has been read
    picture(vim, "coc", DARK)
    vim.type("\t")
    vim.wait_for(lambda: vim.coloured(GHOST_COLOUR) == "", "the end of the ghost text")
    report = tmp_path / "messages.txt"
    vim.type(f"\x1b:write\r:call writefile([execute('messages')], '{report}')\r")
    vim.wait_for(report.exists, "the messages")
    assert readers.read_text(encoding="utf-8").splitlines()[-1] == f"{LINE}{ghost}"
    reported = report.read_text(encoding="utf-8")
    assert "coc" not in reported.lower() and "rror" not in reported, reported
