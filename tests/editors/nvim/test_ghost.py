"""Ghost text on the screen: when it is asked for, shown, kept and hidden."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo(bar)"]}
BLOCK = {"when": r"f\(\):$", "texts": ["\n    one = 1\n    return one"]}


def test_it_is_shown_behind_the_cursor(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="a = 1\n\nb = 2\n")
    edit.type("jix = ")
    edit.wait_screen("a = 1", "x = ⟦foo(bar)⟧", "b = 2")
    assert edit.lines() == ["a = 1", "x = ", "b = 2"]
    assert edit.received("textDocument/inlineCompletion")[-1]["context"]["triggerKind"] == 2


def test_further_lines_are_shown_below(edit: Editor) -> None:
    edit.script(BLOCK)
    edit.open(text="\nb = 2\n")
    edit.type("idef f():")
    edit.wait_screen("def f():", "⟦    one = 1⟧", "⟦    return one⟧", "b = 2")


def test_typing_along_asks_nothing(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    asked = edit.requests()
    for typed in ("f", "o", "o", "("):
        edit.type(typed)
    edit.wait_screen("x = foo(⟦bar)⟧")
    edit.settle()
    assert edit.requests() == asked


def test_deleting_back_asks_nothing(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("foo")
    edit.wait_screen("x = foo⟦(bar)⟧")
    asked = edit.requests()
    edit.type("<BS><BS>")
    edit.wait_screen("x = f⟦oo(bar)⟧")
    edit.settle()
    assert edit.requests() == asked


def test_deleting_a_wrong_letter_brings_it_back(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("q")
    edit.wait_no_ghost()
    edit.settle()
    asked = edit.requests()
    edit.type("<BS>")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    assert edit.requests() == asked


def test_typing_along_over_the_end_of_a_line(edit: Editor) -> None:
    edit.script(BLOCK)
    edit.open()
    edit.type("idef f():")
    edit.wait_screen("⟦    return one⟧")
    asked = edit.requests()
    edit.type("<CR>one")
    edit.wait_screen("def f():", "    one⟦ = 1⟧", "⟦    return one⟧")
    edit.settle()
    assert edit.requests() == asked


def test_another_letter_hides_it_and_asks_again(edit: Editor) -> None:
    edit.script(FOO, {"when": r"x = g$", "texts": ["oo"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("g")
    edit.wait_screen("x = g⟦oo⟧")


def test_a_request_is_cancelled_by_the_next_change(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["foo"], "delay": 5}, {"when": r"x = y$", "texts": ["yy"]})
    edit.open()
    edit.type("ix = ")
    wait_for(lambda: edit.requests() > 0)
    asked = len(edit.received("$/cancelRequest"))
    edit.type("y")
    edit.wait_screen("x = y⟦yy⟧")
    assert len(edit.received("$/cancelRequest")) == asked + 1


def test_an_answer_for_an_older_text_is_dropped(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["foo"], "delay": 0.4, "stubborn": True})
    edit.open()
    edit.type("ix = ")
    wait_for(lambda: edit.requests() > 0)
    edit.type("zz")
    edit.settle(0.8)
    assert edit.ghost() == ""


def test_an_answer_after_the_cursor_has_moved_is_dropped(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["foo"], "delay": 0.4, "stubborn": True})
    edit.open(text="\nother\n")
    edit.type("ix = ")
    wait_for(lambda: edit.requests() > 0)
    edit.type("<Down>")
    edit.settle(0.8)
    assert edit.ghost() == ""


def test_many_keys_at_once_make_few_requests(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("i" + "abcdefghij" * 5 + "<CR>x = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    assert edit.requests() < 10


def test_dismiss_hides_it_until_the_text_changes(edit: Editor) -> None:
    edit.script(FOO, {"when": r"x =  $", "texts": ["spaced"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("<C-]>")
    edit.wait_no_ghost()
    edit.settle()
    assert edit.ghost() == ""
    assert edit.lines() == ["x = "]
    edit.type("<Space>")
    edit.wait_screen("x =  ⟦spaced⟧")


def test_next_and_previous_candidate(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["one", "two", "three"], "always_all": True})
    edit.open()
    edit.type("ix = ")
    wait_for(lambda: edit.ghost() == "one")
    assert "(1/3)" in edit.screen()[0]
    asked = edit.requests()
    edit.type("<M-]>")
    wait_for(lambda: edit.ghost() == "two")
    assert "(2/3)" in edit.screen()[0]
    edit.type("<M-[><M-[>")
    wait_for(lambda: edit.ghost() == "three")
    assert edit.requests() == asked
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = three"])


def test_next_asks_for_more_where_there_is_one(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["one", "two"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦one⟧")
    edit.type("<M-]>")
    wait_for(lambda: edit.ghost() == "two")
    assert edit.received("textDocument/inlineCompletion")[-1]["context"]["triggerKind"] == 1


def test_only_candidates_that_go_along_are_cycled(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["tea", "coffee", "toast"], "always_all": True})
    edit.open()
    edit.type("ix = ")
    wait_for(lambda: edit.ghost() == "tea")
    edit.type("t")
    wait_for(lambda: edit.ghost() == "ea")
    edit.type("<M-]>")
    wait_for(lambda: edit.ghost() == "oast")
    edit.type("<M-]>")
    wait_for(lambda: edit.ghost() == "ea")


def test_the_trigger_key_asks_where_nothing_is_shown_unasked(start: Start) -> None:
    edit = start(options={"suggestion": {"auto_trigger": False}})
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.settle()
    assert edit.requests() == 0
    edit.type("<M-Bslash>")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    assert edit.received("textDocument/inlineCompletion")[-1]["context"]["triggerKind"] == 1


def test_it_is_hidden_while_the_completion_menu_is_open(edit: Editor) -> None:
    edit.script({"when": r"\bfo$", "texts": ["ghostly"]})
    edit.open(text="\nfountain\nforest\n")
    edit.type("ifo")
    edit.wait_screen("fo⟦ghostly⟧")
    edit.nvim.command("set completeopt=menuone,noinsert,noselect")
    edit.type("<C-n>")
    wait_for(lambda: edit.nvim.eval("pumvisible()") == 1)
    edit.wait_no_ghost()
    asked = edit.requests()
    edit.settle()
    assert edit.ghost() == ""
    assert edit.requests() == asked
    edit.type("<C-e>")
    edit.wait_screen("fo⟦ghostly⟧")


def test_it_is_hidden_while_the_menu_of_a_plugin_is_open(edit: Editor) -> None:
    edit.script(FOO)
    edit.lua("package.loaded['blink.cmp'] = { is_visible = function() return vim.g.menu == 1 end }")
    edit.nvim.vars["menu"] = 1
    edit.open()
    edit.type("ix = ")
    edit.settle()
    assert (edit.ghost(), edit.requests()) == ("", 0)
    edit.nvim.vars["menu"] = 0
    edit.nvim.command("doautocmd User BlinkCmpMenuClose")
    edit.wait_screen("x = ⟦foo(bar)⟧")


def test_it_is_hidden_while_a_snippet_is_active(edit: Editor) -> None:
    edit.script({"when": r".", "texts": ["ghost"]})
    edit.open()
    edit.type("i")
    edit.lua("vim.snippet.expand('call($1, $2)$0')")
    edit.type("a")
    edit.settle()
    assert (edit.ghost(), edit.lines()) == ("", ["call(a, )"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_multi_byte_text_in_each_encoding(start: Start, encoding: str) -> None:
    edit = start()
    edit.script({"when": r"名🎉é = $", "texts": ["漢字('😀')", "b"], "replaced": 1}, encoding=encoding)
    if edit.version == "0.10" and encoding != "utf-16":
        pytest.skip("Neovim 0.10 offers UTF-16 only")
    edit.open(text="\nok\n")
    edit.type("i名🎉é = )<Left>")
    edit.wait_screen("名🎉é = ⟦漢字('😀'⟧)")
    edit.type("漢")
    edit.wait_screen("名🎉é = 漢⟦字('😀'⟧)")
    edit.type("<Tab>!")
    wait_for(lambda: edit.lines() == ["名🎉é = 漢字('😀')!", "ok"])


def test_leaving_insert_mode_takes_it_away(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("<Esc>")
    edit.wait_no_ghost()
    assert edit.lines() == ["x = "]


def test_leaving_insert_mode_cancels_the_request(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["foo"], "delay": 0.4, "stubborn": True})
    edit.open()
    edit.type("ix = ")
    wait_for(lambda: edit.requests() > 0)
    edit.type("<Esc>")
    wait_for(lambda: edit.received("$/cancelRequest"))
    edit.settle(0.6)
    assert edit.ghost() == ""


def test_one_normal_command_from_insert_mode_hides_it(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("<C-o>")
    edit.wait_no_ghost()
    edit.type(":let g:done = 1<CR>")
    edit.wait_screen("x = ⟦foo(bar)⟧")


def test_leaving_the_buffer_takes_it_away(edit: Editor) -> None:
    edit.script(FOO)
    edit.open("other.py", "other\n")
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("<Cmd>set hidden | buffer other.py<CR>")
    edit.wait_screen("other")
    edit.wait_no_ghost()
    edit.type("<Esc>")
    edit.nvim.command("buffer game.py")
    assert edit.lines() == ["x = "]
    assert edit.ghost() == ""


def test_replace_mode_shows_nothing(edit: Editor) -> None:
    edit.script({"when": r".", "texts": ["ghost"]})
    edit.open(text="abcdef\n")
    edit.type("Rxy")
    edit.settle()
    assert (edit.lines(), edit.ghost(), edit.requests()) == (["xycdef"], "", 0)


def test_nothing_is_shown_beyond_the_end_of_a_line(edit: Editor) -> None:
    edit.script({"when": r"", "texts": ["ghost"]})
    edit.open(text="ab\n")
    edit.nvim.command("set virtualedit=all")
    edit.type("10li")
    edit.settle()
    assert edit.ghost() == ""


@pytest.mark.parametrize("command", ["set readonly", "set nomodifiable"])
def test_a_file_that_cannot_be_changed_is_left_alone(edit: Editor, command: str) -> None:
    edit.open()
    edit.nvim.command(command)
    wait_for(lambda: not edit.is_attached())


@pytest.mark.parametrize("kind", ["nofile", "prompt", "acwrite", "help"])
def test_special_buffers_are_left_alone(edit: Editor, kind: str) -> None:
    edit.script({"when": r"", "texts": ["ghost"]})
    edit.open()
    edit.nvim.command(f"enew | set buftype={kind} filetype=python")
    edit.type("ix")
    edit.settle()
    assert (edit.is_attached(), edit.ghost()) == (False, "")


def test_filetypes_switch_languages(start: Start) -> None:
    edit = start(options={"filetypes": {"python": False, "lua": True}})
    edit.open("a.py", attached=False)
    edit.settle()
    assert not edit.is_attached()
    edit.open("a.lua")
    edit.nvim.command("let b:dovetail = v:false | doautocmd BufEnter")
    wait_for(lambda: not edit.is_attached())


def test_what_it_replaces_stays_between_its_pieces(edit: Editor) -> None:
    edit.script({"when": r"f\($", "texts": ["a, b):"], "replaced": 1})
    edit.open()
    edit.type("if()<Left>")
    edit.wait_screen("f(⟦a, b⟧)⟦:⟧")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["f(a, b):"])


def test_what_it_replaces_is_covered_where_it_differs(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["other"], "replaced": 4})
    edit.open()
    edit.type("ix = 1234567<Left><Left><Left><Left><Left><Left><Left>")
    edit.wait_screen("x = ⟦other⟧567")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = other567"])


def test_an_item_that_repeats_what_is_before_the_cursor(edit: Editor) -> None:
    edit.script({"when": r"self\.$", "texts": ["self.loans"], "back": 5})
    edit.open()
    edit.type("iself.")
    edit.wait_screen("self.⟦loans⟧")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["self.loans"])


def test_it_stays_with_a_plugin_for_pairs(start: Start) -> None:
    pairs = """
    vim.keymap.set("i", "(", "()<Left>")
    vim.keymap.set("i", ")", function()
      return vim.api.nvim_get_current_line():sub(vim.fn.col(".")):sub(1, 1) == ")" and "<Right>" or ")"
    end, { expr = true })
    """
    edit = start(after=pairs)
    edit.script({"when": r"x = $", "texts": ["f(a) + 1"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦f(a) + 1⟧")
    asked = edit.requests()
    edit.type("f(")
    edit.wait_screen("x = f(⟦a⟧)⟦ + 1⟧")
    edit.type("a")
    edit.wait_screen("x = f(a)⟦ + 1⟧")
    edit.type(")")
    edit.wait_screen("x = f(a)⟦ + 1⟧")
    assert edit.requests() == asked
    edit.type("<BS><Tab>")
    wait_for(lambda: edit.lines()[0].startswith("x = f("))


def test_accepting_with_a_plugin_for_pairs_leaves_one_bracket(start: Start) -> None:
    edit = start(after='vim.keymap.set("i", "(", "()<Left>")')
    edit.script({"when": r"x = $", "texts": ["f(a) + 1"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦f(a) + 1⟧")
    edit.type("f(<Tab>")
    wait_for(lambda: edit.lines() == ["x = f(a) + 1"])


def test_tabs_are_as_wide_as_in_the_file(edit: Editor) -> None:
    edit.script({"when": r"x$", "texts": ["\ty\n\tz"]})
    edit.open("a.go", "\n")
    edit.nvim.command("setlocal tabstop=4 noexpandtab")
    edit.type("ix")
    edit.wait_screen("x⟦   y⟧", "⟦    z⟧")


def test_a_long_line_is_wrapped(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["y" * 100]})
    edit.open()
    edit.type("i" + "a" * 60 + " x = ")
    edit.wait_screen("a" * 60 + " x = ⟦" + "y" * 15 + "⟧", "⟦" + "y" * 80 + "⟧", "⟦" + "y" * 5 + "⟧")


def test_a_very_long_line_costs_nothing_but_its_sight(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["y" * 100_000]})
    edit.open(text="a" * 200_000 + "\n")
    edit.nvim.command("set nowrap")
    edit.type("A x = ")
    wait_for(lambda: edit.ghost().startswith("yy"))
    edit.type("<Tab>")
    wait_for(lambda: len(edit.lines()[0]) == 300_005)


def test_the_other_window_of_the_same_buffer_shows_none(edit: Editor) -> None:
    if edit.version == "0.10":
        pytest.skip("Neovim 0.10 cannot limit extmarks to a window")
    edit.script(FOO)
    edit.open()
    edit.nvim.command("split")
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    assert edit.ghost() == "foo(bar)"
    assert "x =" in edit.screen()


def test_folds_below_stay_closed(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="\nb = 1\nb = 2\nb = 3\n")
    edit.nvim.command("2,4fold")
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    assert edit.nvim.eval("foldclosed(3)") == 2
    edit.type("<Tab>")
    wait_for(lambda: edit.lines()[0] == "x = foo(bar)")
    assert edit.nvim.eval("foldclosed(3)") == 2


def test_a_macro_replays_what_was_typed(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["ghost"]})
    edit.open(text="\n\n")
    edit.type("qaix = ")
    edit.settle()
    assert edit.ghost() == ""
    edit.type("1<Esc>qj@a")
    wait_for(lambda: edit.lines() == ["x = 1", "x = 1"])


def test_the_server_is_told_what_was_on_the_screen(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.type("foo")
    edit.wait_screen("x = foo⟦(bar)⟧")
    (shown,) = edit.received("textDocument/didShowCompletion")
    assert shown["item"]["command"]["command"] == "dovetail.accepted"


def test_highlights_of_the_user_win(start: Start) -> None:
    edit = start(before='vim.api.nvim_set_hl(0, "DovetailGhostCount", { fg = 7 })')
    assert edit.lua("return vim.api.nvim_get_hl(0, { name = 'DovetailGhostCount' }).fg") == 7
    edit.nvim.command("colorscheme habamax")
    assert edit.lua("return vim.api.nvim_get_hl(0, { name = 'DovetailGhost' }).link") == "Comment"


def test_neovims_own_ghost_text_is_off_for_our_client(start: Start) -> None:
    edit = start(after="if vim.lsp.inline_completion then vim.lsp.inline_completion.enable() end")
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar)⟧")
    edit.settle(0.6)  # the built-in client waits for 0.2 s
    assert edit.screen()[0] == "x = ⟦foo(bar)⟧"
    assert edit.requests() <= 3
