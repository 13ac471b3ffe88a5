"""The plugin with the real server and the starter model."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import REAL, Editor, wait_for
from tests.editors.nvim.processes import engine_hosts

# 5,000 keys take two minutes and more.
KEYS = int(os.environ.get("DOVETAIL_TYPED_KEYS", "300"))
LINE = "        self.loans.append("  # the starter model is sure how this goes on


COUNT_REQUESTS = """
local client = require("dovetail.client")
local request = client.request
_G.asked = 0
client.request = function(method, ...)
  _G.asked = _G.asked + (method == "textDocument/inlineCompletion" and 1 or 0)
  return request(method, ...)
end
"""


@pytest.fixture
def library(start: Start, repository: Path, tmp_path: Path) -> Editor:
    """Return an editor in a file of the example project, with the model ready."""
    shutil.copytree(repository / "docs" / "example", tmp_path / "example")
    edit = start(cmd=REAL, watchdog_s=120 + KEYS / 5, after=COUNT_REQUESTS)
    edit.nvim.command(f"edit {tmp_path / 'example' / 'library' / 'readers.py'}")
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "ready", "the model", 60)
    edit.wait_attached()
    return edit


def asked_until_shown(edit: Editor) -> Callable[[], bool]:
    """Return whether ghost text is on the screen; ask again while the index reads the project. (To delete and type
    again would reject what has just appeared, which is not shown again in its line.)"""
    tries: Iterator[int] = count(1)

    def shown() -> bool:
        if next(tries) % 100 == 0:
            edit.type("<M-Bslash>")
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


WORKSPACE = {
    "Cargo.toml": '[workspace]\nmembers = ["app", "kit"]\n',
    "kit/Cargo.toml": '[package]\nname = "kit"\n',
    "kit/src/lib.rs": "pub struct Scale;\nimpl Scale {\n    pub fn weigh_parcel(&self) -> u32 { 1 }\n}\n",
    "app/Cargo.toml": '[package]\nname = "app"\n[dependencies]\nkit = { path = "../kit" }\n',
    "app/src/main.rs": "use kit::Scale;\n\nfn run(scale: Scale) {\n    let weight = scale.\n}\n",
}


def test_a_module_sees_the_other_modules_of_its_workspace(start: Start, tmp_path: Path) -> None:
    for path, text in WORKSPACE.items():
        (tmp_path / "all" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "all" / path).write_text(text, encoding="utf-8")
    edit = start(cmd=REAL, watchdog_s=180)
    edit.nvim.command(f"edit {tmp_path / 'all' / 'app' / 'src' / 'main.rs'}")
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "ready", "the model", 60)
    edit.wait_attached()

    def shows_the_other_module() -> bool:
        edit.nvim.command("edit! | normal! 4G$")
        edit.nvim.command("Dovetail context")
        wait_for_buffer(edit, "dovetail://context")
        text = "\n".join(edit.lines())
        edit.type("q")
        wait_for_buffer(edit, "main.rs")
        return "kit/src/lib.rs" in text and "weigh_parcel" in text

    wait_for(shows_the_other_module, "the other module in the context", 60)


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


SOURCE = """\
class Reader:
    def __init__(self, name):
        self.name = name
        self.loans = []

    def lend(self, book):
        self.loans.append(book)

    def fee(self):
        return sum(loan.fee for loan in self.loans)

"""
ERRORS = ("Error", "E5108", "stack traceback", "attempt to")


def is_stale(edit: Editor) -> bool:
    """Return whether the screen shows ghost text that does not fit the document."""
    return bool(
        edit.lua("return require('dovetail.ghost.draw').is_drawn() and not require('dovetail.ghost').is_visible()")
    )


def length_at_the_server(edit: Editor) -> int:
    """Return the characters of the current document, as the server has them."""
    state = edit.lua(
        """
        local params = { textDocument = { uri = vim.uri_from_bufnr(0) } }
        local answer
        require("dovetail.client").request("dovetail/documentState", params, function(_, result)
          answer = result or {}
        end)
        vim.wait(10000, function() return answer ~= nil end)
        return answer
        """
    )
    return int(state["length"])


def test_the_text_is_what_was_typed(library: Editor) -> None:
    """Keys 20 ms apart, with the server answering: none is lost, no error is shown, no ghost text is stale.

    Without the pause that the plugin makes by default, each key asks; a rest now and then lets an answer be shown.
    """
    library.lua("require('dovetail.config').current.suggestion.debounce = 0")
    library.nvim.command("setlocal noautoindent indentexpr= indentkeys= textwidth=0")
    before = library.lines()
    library.type("Go")
    typed = (SOURCE * (KEYS // len(SOURCE) + 1))[:KEYS]
    shown = 0
    for place, key in enumerate(typed, 1):
        library.type({"\n": "<CR>", "<": "<lt>"}.get(key, key))
        time.sleep(0.02)
        if place % 10 == 0:
            assert not is_stale(library), typed[:place]
        if typed[:place].endswith(("self.loans.app", "= []", "for loan in")):
            library.settle(0.5)
            shown += library.ghost() != ""
            assert not is_stale(library), typed[:place]
    wait_for(lambda: library.lines() == [*before, *typed.split("\n")], "the text")
    library.type("<Esc>")
    library.wait_no_ghost()
    assert not is_stale(library)
    assert not [error for error in ERRORS if error in library.messages()]
    assert length_at_the_server(library) == len("\n".join(library.lines())) + 1
    asked = library.lua("return _G.asked")
    print(f"{KEYS} keys, {asked} requests; ghost text after {shown} rests")  # noqa: T201
    assert asked > KEYS / 4


def test_a_killed_engine_host_is_replaced(library: Editor, runtime_folder: Path) -> None:
    library.type(f"22GS{LINE.strip()}")
    wait_for(asked_until_shown(library), "the ghost text", 60)
    (before,) = engine_hosts(runtime_folder)
    before.kill()
    library.type("<CR>")
    library.wait_no_ghost()
    library.type(f"<Esc>S{LINE.strip()}")
    wait_for(asked_until_shown(library), "the ghost text of the next host", 60)
    (after,) = engine_hosts(runtime_folder)
    assert after.pid != before.pid
    assert [line.strip() for line in library.lines()[21:23]] == [LINE.strip()] * 2
    assert not [error for error in ERRORS if error in library.messages()]


def test_a_real_server_killed_in_mid_word_is_started_again(library: Editor) -> None:
    library.type(f"22GS{LINE.strip()}")
    wait_for(asked_until_shown(library), "the ghost text", 60)
    pid = library.lua(
        "return require('dovetail.client').get().rpc and vim.api.nvim_get_proc_children(vim.fn.getpid())[1]"
    )
    library.type("bo")
    library.lua("vim.uv.kill(..., 9)", pid)
    library.type("ok")
    wait_for(lambda: library.lines()[21] == f"{LINE}book")
    library.wait_no_ghost()
    library.wait_attached()
    library.type(f"<Esc>S{LINE.strip()}")
    wait_for(asked_until_shown(library), "the ghost text of the next server", 60)
    assert not [error for error in ERRORS if error in library.messages()]
