"""Servers that end, send invalid answers or answer late, and buffers that are closed by then."""

from __future__ import annotations

import sys

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo"]}


def server_pid(edit: Editor) -> int:
    pids = edit.lua(
        """
        local found = {}
        for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
          found[#found + 1] = pid
        end
        return found
        """
    )
    assert len(pids) == 1
    return int(pids[0])


def test_a_server_killed_in_mid_word_is_started_again(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo⟧")
    edit.lua("vim.uv.kill(..., 9)", server_pid(edit))
    edit.type("f")
    edit.wait_screen("x = f")
    edit.wait_no_ghost()
    wait_for(lambda: len(edit.received("initialize")) == 2)
    edit.wait_attached()
    edit.type("<CR>x = ")
    edit.wait_screen("x = ⟦foo⟧")
    assert edit.lines() == ["x = f", "x = "]
    assert "Error" not in edit.messages()


def test_a_server_that_ends_again_and_again_is_given_up(start: Start) -> None:
    edit = start(cmd=(sys.executable, "-c", "raise SystemExit(3)"))
    edit.open(attached=False)
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "failed")
    assert "the server ended 5 times (status 3): see `:Dovetail log`" in edit.messages()
    edit.type("ix = <Tab>y<Esc>")
    wait_for(lambda: edit.lines() == ["x =     y"])


def test_a_server_that_is_not_there_is_named_once(start: Start) -> None:
    edit = start(cmd=("no-such-server", "serve"))
    edit.open("a.py", attached=False)
    edit.open("b.py", attached=False)
    assert edit.messages().count("`no-such-server` cannot be run: correct `server.cmd`") == 1


def test_an_answer_after_its_buffer_was_deleted(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["foo"], "delay": 0.4, "stubborn": True})
    edit.open()
    edit.type("ix = ")
    wait_for(lambda: edit.requests() > 0)
    edit.type("<Cmd>bwipeout!<CR>")
    edit.settle(0.8)
    assert (edit.ghost(), edit.lines()) == ("", [""])
    assert "Error" not in edit.messages()


def test_nonsense_is_not_shown(edit: Editor) -> None:
    place = {"line": 0, "character": 4}
    items = [
        {"insertText": {"kind": "snippet", "value": "$1"}},
        {"insertText": ""},
        {"insertText": "a", "range": {"start": {"line": 7, "character": 0}, "end": {"line": 9, "character": 2}}},
        {"insertText": "b", "range": {"start": {"line": 0, "character": 1}, "end": {"line": 0, "character": 2}}},
        {"insertText": "good", "range": {"start": place, "end": {"line": 0, "character": 999}}},
    ]
    edit.script({"when": r"x = $", "raw": {"items": items}}, {"when": r"y = $", "raw": "text"}, {"when": "z", "raw": 7})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦good⟧")
    edit.type("<Esc>ccy = ")
    edit.settle()
    edit.type("<Esc>ccz")
    edit.settle()
    assert edit.ghost() == ""
    assert "Error" not in edit.messages()


def test_carriage_returns_do_not_reach_the_text(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["(\r\n    1)"]})
    edit.open()
    edit.nvim.command("set fileformat=dos")
    edit.type("ix = ")
    edit.wait_screen("x = ⟦(⟧", "⟦    1)⟧")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = (", "    1)"])


def test_a_change_from_elsewhere_takes_the_suggestion_away(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="\nb = 2\n")
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo⟧")
    edit.lua("vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'y = ' })")
    edit.type("<Tab>")
    edit.settle()
    assert "foo" not in edit.lines()[0]


def test_lines_added_above_move_it_or_take_it_away(edit: Editor) -> None:
    edit.script({"when": r"^x = $", "texts": ["foo"]})
    edit.open(text="\nb = 2\n")
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo⟧")
    edit.lua("vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# one', '# two' })")
    edit.type("f")
    edit.settle()
    assert edit.lines() == ["# one", "# two", "x = f", "b = 2"]
    assert edit.ghost() == ""


def test_the_server_ends_with_neovim(edit: Editor) -> None:
    edit.open()
    edit.nvim.command("qall!", async_=True)
    wait_for(lambda: edit.received("shutdown"))
