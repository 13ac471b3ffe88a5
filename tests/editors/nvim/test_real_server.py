"""The plugin with the real server and the starter model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import REAL, Editor, wait_for

LINE = "        self.loans.append("  # the starter model is sure how this goes on


@pytest.fixture
def library(start: Start, repository: Path, tmp_path: Path) -> Editor:
    """An editor in a file of the example project, with the model ready."""
    shutil.copytree(repository / "docs" / "example", tmp_path / "example")
    edit = start(cmd=REAL)
    edit.nvim.command(f"edit {tmp_path / 'example' / 'library' / 'readers.py'}")
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "ready", "the model", 60)
    edit.wait_attached()
    return edit


def asked_until_shown(edit: Editor) -> Callable[[], bool]:
    """Whether ghost text is on the screen; asks again from time to time, while the project is read."""
    tries: Iterator[int] = count(1)

    def shown() -> bool:
        if next(tries) % 100 == 0:
            edit.type("<BS>(")
        return edit.ghost() != ""

    return shown


def test_ghost_text_is_shown_and_accepted(library: Editor) -> None:
    library.type(f"22GS{LINE.strip()}")
    wait_for(asked_until_shown(library), "the ghost text", 60)
    ghost = library.ghost().split("\n")[0]
    assert f"{LINE}⟦{ghost}⟧" in library.screen()
    library.type("<Tab>")
    wait_for(lambda: library.lines()[21] == f"{LINE}{ghost}")
    library.type("<Esc>")
    library.nvim.command("Dovetail why")
    wait_for(lambda: "# decision" in library.lines())
    assert "# tokens" in library.lines()


def wait_for_buffer(edit: Editor, name: str) -> None:
    wait_for(lambda: edit.nvim.eval("bufname()").endswith(name), name)


def test_commands_show_context_rules_and_statistics(library: Editor) -> None:
    library.type("22G")
    for command, title, expected in [
        ("context", "context", "tokens"),
        ("rules", "rules", "readers.py"),
        ("stats", "stats", ""),
    ]:
        library.nvim.command(f"Dovetail {command}")
        wait_for_buffer(library, f"dovetail://{title}")
        assert expected in "\n".join(library.lines())
        library.type("q")
        wait_for_buffer(library, "readers.py")


def test_pausing_and_resuming(library: Editor) -> None:
    library.nvim.command("Dovetail pause")
    wait_for(lambda: library.lua("return require('dovetail').status().paused"))
    library.type(f"22GS{LINE.strip()}")
    library.settle(1)
    assert library.ghost() == ""
    library.type("<Esc>")
    library.nvim.command("Dovetail resume")
    wait_for(lambda: not library.lua("return require('dovetail').status().paused"))
    library.type("A<BS>(")
    wait_for(asked_until_shown(library), "the ghost text", 60)


def test_the_text_is_what_was_typed(library: Editor) -> None:
    """500 keys, 5 ms apart, with the server answering: no key is lost, no error shown, no ghost text left."""
    library.nvim.command("enew | setlocal filetype=python")
    library.nvim.command("setlocal noautoindent indentexpr= indentkeys= textwidth=0")
    library.type("i")
    line = "total = sum(loan.fee for loan in self.loans)"
    typed = [*(f"{line}\n" * 11)]
    for key in typed:
        library.type({"\n": "<CR>", "<": "<lt>"}.get(key, key))
        library.settle(0.005)
    wait_for(lambda: library.lines() == [*[line] * 11, ""])
    library.type("<Esc>")
    library.wait_no_ghost()
    assert "Error" not in library.messages()
    state = library.lua(
        """
        local params = { textDocument = { uri = vim.uri_from_bufnr(0) } }
        local answer
        require("dovetail.client").request("dovetail/documentState", params, function(_, result)
          answer = result or {}
        end)
        vim.wait(5000, function() return answer ~= nil end)
        return answer
        """
    )
    assert state["length"] in (len(typed), len(typed) + 1)
