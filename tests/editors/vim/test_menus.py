"""vim-lsp and yegappan/lsp: the suggestion of the real server as an item of the menu of a real Vim."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.editors.pages import block
from tests.editors.terminal import LINE, SERVER, Terminal, library, needs, terminal

VIMRC = """
set nocompatible runtimepath^=%s noswapfile shortmess+=I viminfo= backspace=indent,eol,start
filetype on
"""
Open = Callable[[str, str], Terminal]


def as_here(configuration: str) -> str:
    """Return a configuration of users, with the command of the server that is tested."""
    program, *arguments = SERVER
    for users, ours in [
        ("['dovetail', 'serve']", json.dumps(SERVER)),
        ("path: 'dovetail'", f"path: {json.dumps(program)}"),
        ("args: ['serve']", f"args: {json.dumps(arguments)}"),
    ]:
        configuration = configuration.replace(users, ours)
    assert program in configuration
    return configuration


@pytest.fixture
def readers(tmp_path: Path) -> Path:
    """Return a file of a project, with its last line begun."""
    found = library(tmp_path)
    found.write_text(found.read_text(encoding="utf-8") + LINE + "\n", encoding="utf-8")
    return found


@pytest.fixture
def opened(readers: Path, tmp_path: Path) -> Iterator[Open]:
    """Yield a function that opens the file in a Vim with a plugin and its configuration."""
    with ExitStack() as open_terminals:

        def open_one(name: str, configuration: str) -> Terminal:
            plugin = Path(os.environ.get("VIM_PLUGINS_FOR_TESTS", "")) / name
            if not (plugin / "plugin").is_dir():
                pytest.skip(f"needs {name} in the folder that $VIM_PLUGINS_FOR_TESTS names")
            vimrc = tmp_path / "vimrc"
            vimrc.write_text(VIMRC % plugin + as_here(configuration), encoding="utf-8")
            vim = open_terminals.enter_context(terminal((needs("vim"), "-u", str(vimrc), str(readers)), tmp_path))
            vim.wait_row("class Reader")
            return vim

        yield open_one


def shown_line(vim: Terminal) -> str:
    return next((row for row in vim.rows() if row.startswith(LINE)), "")


def pressed_until(vim: Terminal, keys: str, condition: Callable[[], object]) -> Callable[[], object]:
    """Whether a condition holds; presses keys from time to time, while the server starts and reads the project."""
    tries = count()

    def holds() -> object:
        if not condition() and next(tries) % 100 == 0:
            vim.type(keys)
        return condition()

    return holds


def saved(vim: Terminal, readers: Path, folder: Path) -> str:
    """Save, check that Vim has reported nothing, and return the last line."""
    report = folder / "messages.txt"
    vim.type(f"\x1b:write\r:call writefile([execute('messages')], '{report}')\r")
    vim.wait_for(report.exists, "the messages")
    reported = report.read_text(encoding="utf-8")
    assert "rror" not in reported and "ovetail:" not in reported, reported
    return readers.read_text(encoding="utf-8").splitlines()[-1]


def test_vim_lsp_completes_on_demand(opened: Open, readers: Path, tmp_path: Path) -> None:
    vim = opened("vim-lsp", block("vim.md", "vim", 0))
    again = "\x7f(\x18\x0f"  # the last key again, then Control-X Control-O
    vim.type("GA")
    vim.wait_for(pressed_until(vim, again, lambda: len(shown_line(vim)) > len(LINE)), "the rest of the line")
    vim.type("\x19")
    shown = shown_line(vim)
    assert saved(vim, readers, tmp_path) == shown


def test_yegappan_lsp_opens_its_menu(opened: Open, readers: Path, tmp_path: Path) -> None:
    vim = opened("lsp", block("vim.md", "vim", 1))
    vim.type("GA")
    vim.wait_for(pressed_until(vim, "\x7f(", lambda: any("Dovetail" in row for row in vim.rows())), "the menu")
    vim.type("\x0e\x19")  # the first item, and take it
    vim.wait_for(lambda: len(shown_line(vim)) > len(LINE), "the rest of the line")
    shown = shown_line(vim)
    assert saved(vim, readers, tmp_path) == shown
