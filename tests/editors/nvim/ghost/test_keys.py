"""Keys do what they did before where no ghost text is shown."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo"]}


def test_tab_inserts_a_tab(edit: Editor) -> None:
    edit.open()
    edit.nvim.command("set noexpandtab")
    edit.type("ia<Tab>b")
    wait_for(lambda: edit.lines() == ["a\tb"])


def test_tab_inserts_a_tab_in_a_buffer_that_is_not_ours(edit: Editor) -> None:
    edit.type("ia<Tab>b")
    wait_for(lambda: edit.lines() == ["a\tb"])


def test_tab_jumps_in_a_snippet(edit: Editor) -> None:
    edit.open()
    edit.type("i")
    edit.lua("vim.snippet.expand('call($1, $2)$0')")
    edit.type("a<Tab>b<Tab>;")
    wait_for(lambda: edit.lines() == ["call(a, b);"])


@pytest.mark.parametrize(
    "mapping",
    [
        'vim.keymap.set("i", "<Tab>", "MINE")',
        'vim.keymap.set("i", "<Tab>", function() return "MINE" end, { expr = true })',
        'vim.keymap.set("i", "<Tab>", function() vim.api.nvim_put({ "MINE" }, "c", false, true) end)',
        "vim.cmd(\"inoremap <expr> <Tab> 'MI' .. 'NE'\")",
        'vim.cmd("imap <Tab> <Plug>(mine)") vim.cmd("inoremap <Plug>(mine) MINE")',
        'vim.cmd("imap <expr> <Tab> \\"\\\\<Plug>(mine)\\"") vim.cmd("inoremap <Plug>(mine) MINE")',
        'vim.cmd("function! Mine() \\n return \'MINE\' \\n endfunction") vim.cmd("inoremap <Tab> <C-r>=Mine()<CR>")',
    ],
    ids=["keys", "expr", "function", "vim-expr", "remapped", "remapped-expr", "register"],
)
def test_tab_falls_to_the_users_own_mapping(start: Start, mapping: str) -> None:
    edit = start(before=mapping)
    edit.script(FOO)
    edit.open()
    edit.type("ia<Tab>b<CR>x = ")
    edit.wait_screen("x = ⟦foo⟧")
    assert edit.lines() == ["aMINEb", "x = "]
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["aMINEb", "x = foo"])
    assert "Error" not in edit.messages()


def test_tab_chooses_from_the_menu_as_the_user_mapped_it(start: Start) -> None:
    choose = """
    vim.keymap.set("i", "<Tab>", function()
      return vim.fn.pumvisible() == 1 and "<C-n>" or "<Tab>"
    end, { expr = true })
    """
    edit = start(before=choose)
    edit.open(text="\nfountain\n")
    edit.nvim.command("set completeopt=menuone,noinsert,noselect")
    edit.type("ifo<C-n>")
    wait_for(lambda: edit.nvim.eval("pumvisible()") == 1)
    edit.type("<Tab><C-y>")
    wait_for(lambda: edit.lines() == ["fountain", "fountain"])


def test_false_leaves_a_key_alone_and_others_can_be_chosen(start: Start) -> None:
    keymap = {"accept": "<C-l>", "dismiss": False, "next": False}
    edit = start(options={"suggestion": {"keymap": keymap}})
    edit.script(FOO)
    edit.open()
    assert edit.nvim.call("maparg", "<C-]>", "i") == ""
    assert edit.nvim.call("maparg", "<M-]>", "i") == ""
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo⟧")
    edit.type("<C-l>")
    wait_for(lambda: edit.lines() == ["x = foo"])


def test_a_second_setup_maps_other_keys_and_gives_the_first_back(start: Start) -> None:
    edit = start(before='vim.keymap.set("i", "<Tab>", "MINE")')
    edit.lua("require('dovetail').setup({ suggestion = { keymap = { accept = '<C-l>' } } })")
    edit.type("i<Tab>")
    wait_for(lambda: edit.lines() == ["MINE"])
    assert "dovetail" in edit.lua("return vim.fn.maparg('<C-l>', 'i', false, true).desc")


def test_without_ghost_text_no_key_is_mapped(start: Start) -> None:
    edit = start(options={"suggestion": {"enabled": False}})
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.settle()
    assert (edit.requests(), edit.ghost()) == (0, "")
    assert "dovetail" not in str(edit.lua("return vim.fn.maparg('<Tab>', 'i', false, true).desc or ''"))
