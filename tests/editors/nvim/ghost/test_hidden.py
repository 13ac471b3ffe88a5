"""Where and when no ghost text is shown, and nothing is asked."""

from __future__ import annotations

import pytest

from dovetail_context.languages.embedded import COMPONENTS
from dovetail_context.languages.identify import SUFFIX_OF_ID
from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo(bar)"]}
SHOWN = "x = ⟦foo(bar)⟧"
ANYWHERE = {"when": r"", "texts": ["ghost"]}


def test_leaving_insert_mode_takes_it_away(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type("<Esc>")
    edit.wait_no_ghost()
    assert edit.lines() == ["x = "]


def test_one_normal_command_from_insert_mode_hides_it(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type("<C-o>")
    edit.wait_no_ghost()
    edit.type(":let g:done = 1<CR>")
    edit.wait_screen(SHOWN)


def test_leaving_the_buffer_takes_it_away(edit: Editor) -> None:
    edit.open("other.py", "other\n")
    edit.suggest(FOO, shown=SHOWN)
    edit.type("<Cmd>set hidden | buffer other.py<CR>")
    edit.wait_screen("other")
    edit.wait_no_ghost()
    edit.type("<Esc>")
    edit.nvim.command("buffer game.py")
    assert edit.lines() == ["x = "]
    assert edit.ghost() == ""


def test_leaving_the_window_takes_it_away(edit: Editor) -> None:
    edit.nvim.command("new")
    edit.suggest(FOO, shown=SHOWN)
    edit.type("<Cmd>wincmd p<CR>")
    edit.wait_no_ghost()


def test_it_is_hidden_while_the_completion_menu_is_open(edit: Editor) -> None:
    edit.nvim.command("set completeopt=menuone,noinsert,noselect")
    rule = {"when": r"\bfo$", "texts": ["ghostly"]}
    edit.suggest(rule, text="\nfountain\nforest\n", keys="ifo", shown="fo⟦ghostly⟧")
    edit.type("<C-n>")
    wait_for(lambda: edit.nvim.eval("pumvisible()") == 1)
    edit.wait_no_ghost()
    asked = edit.requests()
    edit.settle()
    assert (edit.ghost(), edit.requests()) == ("", asked)
    edit.type("<C-e>")
    edit.wait_screen("fo⟦ghostly⟧")


def test_the_option_shows_it_beside_the_completion_menu(start: Start) -> None:
    edit = start(options={"suggestion": {"hide_during_completion": False}})
    edit.nvim.command("set completeopt=menuone,noinsert,noselect")
    rule = {"when": r"\bfo$", "texts": ["ghostly"]}
    edit.suggest(rule, text="\nfountain\nforest\n", keys="ifo", shown="fo⟦ghostly⟧")
    edit.type("<C-n>")
    wait_for(lambda: edit.nvim.eval("pumvisible()") == 1)
    edit.settle()
    assert edit.ghost() == "ghostly"


@pytest.mark.parametrize(
    ("loaded", "event"),
    [
        ("package.loaded['blink.cmp'] = { is_visible = is_open }", "doautocmd User BlinkCmpMenuClose"),
        ("package.loaded['cmp'] = { visible = is_open }", "lua require('dovetail.ghost').update()"),
    ],
    ids=["blink.cmp", "nvim-cmp"],
)
def test_it_is_hidden_while_the_menu_of_a_plugin_is_open(edit: Editor, loaded: str, event: str) -> None:
    edit.script(FOO)
    edit.lua(f"local function is_open() return vim.g.menu == 1 end {loaded}")
    edit.nvim.vars["menu"] = 1
    edit.open()
    edit.type_unseen("ix = ")
    assert edit.requests() == 0
    edit.nvim.vars["menu"] = 0
    edit.nvim.command(event)
    edit.wait_screen(SHOWN)


def test_it_is_hidden_while_a_snippet_is_active(edit: Editor) -> None:
    edit.script(ANYWHERE)
    edit.open()
    edit.type("i")
    edit.lua("vim.snippet.expand('call($1, $2)$0')")
    edit.type_unseen("a")
    assert edit.lines() == ["call(a, )"]
    edit.lua("vim.snippet.stop()")
    edit.type("b")
    edit.wait_screen("call(ab⟦ghost⟧, )")


def test_it_is_hidden_while_a_snippet_of_luasnip_is_active(edit: Editor) -> None:
    edit.script(FOO)
    edit.lua(
        """
        local function is_inside() return vim.g.inside == 1 end
        package.loaded["luasnip"] = { in_snippet = is_inside, jumpable = is_inside }
        """
    )
    edit.nvim.vars["inside"] = 1
    edit.open()
    edit.type_unseen("ix = ")
    edit.nvim.vars["inside"] = 0
    edit.type("<CR>x = ")
    edit.wait_screen(SHOWN)


@pytest.mark.parametrize("key", ["R", "gR"])
def test_replace_mode_shows_nothing(edit: Editor, key: str) -> None:
    edit.script(ANYWHERE)
    edit.open(text="abcdef\n")
    edit.type_unseen(f"{key}xy")
    assert (edit.lines(), edit.requests()) == (["xycdef"], 0)


def test_replace_mode_takes_it_away(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type("<Insert>")
    edit.wait_no_ghost()
    edit.type("<Tab>")
    wait_for(lambda: edit.lines()[0].startswith("x = ") and edit.lines()[0].strip() == "x =")


def test_nothing_is_shown_beyond_the_end_of_a_line(edit: Editor) -> None:
    edit.script(ANYWHERE)
    edit.open(text="ab\n")
    edit.nvim.command("set virtualedit=all")
    edit.type_unseen("10li")


def test_virtualedit_changes_nothing_within_a_line(edit: Editor) -> None:
    edit.nvim.command("set virtualedit=all")
    edit.suggest(FOO, shown=SHOWN)
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = foo(bar)"])


@pytest.mark.parametrize("command", ["set readonly", "set nomodifiable"])
def test_a_file_that_cannot_be_changed_is_left_alone(edit: Editor, command: str) -> None:
    edit.script(ANYWHERE)
    edit.open()
    edit.nvim.command(command)
    wait_for(lambda: not edit.is_attached())
    edit.nvim.command("set modifiable")
    edit.nvim.command("set readonly")
    edit.type_unseen("ix")
    assert edit.requests() == 0


@pytest.mark.parametrize("kind", ["nofile", "prompt", "acwrite", "help"])
def test_special_buffers_are_left_alone(edit: Editor, kind: str) -> None:
    edit.script(ANYWHERE)
    edit.open()
    edit.nvim.command(f"enew | set buftype={kind} filetype=python")
    edit.type_unseen("ix")
    assert not edit.is_attached()


def test_a_terminal_is_left_alone(edit: Editor) -> None:
    edit.script(ANYWHERE)
    edit.open()
    edit.lua("vim.api.nvim_open_term(vim.api.nvim_create_buf(true, true), {})")
    edit.nvim.command("blast")
    edit.type_unseen("ix")
    assert not edit.is_attached()


@pytest.mark.parametrize("suffix", sorted({*SUFFIX_OF_ID.values(), *COMPONENTS, ".html"}))
def test_every_language_of_the_engine_is_on(suffix: str, edit: Editor) -> None:
    edit.open(f"a{suffix}")


def test_filetypes_switch_languages(start: Start) -> None:
    edit = start(options={"filetypes": {"python": False, "vim": True}})
    edit.open("a.py", attached=False)
    edit.settle()
    assert not edit.is_attached()
    edit.open("a.vim")
    edit.nvim.command("let b:dovetail = v:false | doautocmd BufEnter")
    wait_for(lambda: not edit.is_attached())


def test_a_macro_replays_what_was_typed(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="\n\n")
    edit.type_unseen("qaix = ")
    edit.type("1<Esc>qj@a")
    wait_for(lambda: edit.lines() == ["x = 1", "x = 1"])


def test_tab_in_a_macro_is_a_tab(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="\n\n")
    edit.nvim.command("set expandtab shiftwidth=4 softtabstop=4")
    edit.type_unseen("qaix = ")
    edit.type("<Tab>1<Esc>qj@a")
    wait_for(lambda: edit.lines() == ["x =     1", "x =     1"])
    assert edit.ghost() == ""


def test_it_comes_back_when_the_recording_ends(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type_unseen("qaix = <Esc>")
    edit.type("qA")
    edit.wait_screen(SHOWN)
