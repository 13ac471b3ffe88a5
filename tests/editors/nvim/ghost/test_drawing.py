"""How ghost text is drawn: its cells on the screen beside, over and between the text of the file."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo(bar)"]}
SHOWN = "x = ⟦foo(bar)⟧"
BLOCK = {"when": r"f\(\):$", "texts": ["\n    one = 1\n    return one"]}
MARKS = """
local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace("dovetail"), 0, -1, { details = true })
return vim.tbl_map(function(mark)
  return { mark[2], mark[3], mark[4].virt_text_pos or "", mark[4].virt_text or {}, mark[4].virt_lines or {} }
end, marks)
"""


def test_it_is_shown_behind_the_cursor(edit: Editor) -> None:
    edit.suggest(FOO, text="a = 1\n\nb = 2\n", keys="jix = ", shown=("a = 1", SHOWN, "b = 2"))
    assert edit.lines() == ["a = 1", "x = ", "b = 2"]
    assert edit.received("textDocument/inlineCompletion")[-1]["context"]["triggerKind"] == 2


def test_further_lines_are_shown_below(edit: Editor) -> None:
    shown = ("def f():", "⟦    one = 1⟧", "⟦    return one⟧", "b = 2")
    edit.suggest(BLOCK, text="\nb = 2\n", keys="idef f():", shown=shown)


def test_the_first_line_is_an_inline_extmark_and_the_others_are_virtual_lines(edit: Editor) -> None:
    edit.suggest({"when": r"x = $", "texts": ["(\n    1)"]}, shown=("x = ⟦(⟧", "⟦    1)⟧"))
    first, below = sorted(edit.lua(MARKS), key=lambda mark: len(mark[4]))
    assert first == [0, 4, "inline", [["(", "DovetailGhost"]], []]
    assert below[:2] == [0, 4]
    assert below[4] == [[["    1)", "DovetailGhost"]]]
    edit.type("<Esc>")
    wait_for(lambda: edit.lua(MARKS) == [], "the end of the extmarks")


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


def test_wide_and_combining_characters_take_their_cells(edit: Editor) -> None:
    edit.suggest({"when": r"漢 = $", "texts": ["ｆ(e\u0301) # 字"]}, keys="i漢 = ", shown="漢 = ⟦ｆ(e\u0301) # 字⟧")
    wide = next(row for row in edit.screen_cells() if row[0] == "漢")
    assert wide[:7] == ["漢", "", " ", "=", " ", "ｆ", ""]
    assert wide[8] == "e\u0301"


def test_what_it_replaces_stays_between_its_pieces(edit: Editor) -> None:
    rule = {"when": r"f\($", "texts": ["a, b):"], "replaced": 1}
    edit.suggest(rule, keys="if()<Left>", shown="f(⟦a, b⟧)⟦:⟧")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["f(a, b):"])


def test_what_it_replaces_is_covered_where_it_differs(edit: Editor) -> None:
    rule = {"when": r"x = $", "texts": ["other"], "replaced": 4}
    edit.suggest(rule, keys="ix = 1234567" + "<Left>" * 7, shown="x = ⟦other⟧567")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = other567"])


def test_an_item_that_repeats_what_is_before_the_cursor(edit: Editor) -> None:
    edit.suggest({"when": r"self\.$", "texts": ["self.loans"], "back": 5}, keys="iself.", shown="self.⟦loans⟧")
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
    asked = edit.suggest({"when": r"x = $", "texts": ["f(a) + 1"]}, shown="x = ⟦f(a) + 1⟧")
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
    edit.suggest({"when": r"x = $", "texts": ["f(a) + 1"]}, shown="x = ⟦f(a) + 1⟧")
    edit.type("f(<Tab>")
    wait_for(lambda: edit.lines() == ["x = f(a) + 1"])


def test_tabs_are_as_wide_as_in_the_file(edit: Editor) -> None:
    edit.script({"when": r"x$", "texts": ["\ty\n\tz"]})
    edit.open("a.go", "\n")
    edit.nvim.command("setlocal tabstop=4 noexpandtab")
    edit.type("ix")
    edit.wait_screen("x⟦   y⟧", "⟦    z⟧")


LONG = {"when": r"x = $", "texts": ["y" * 100]}


def test_a_long_line_is_wrapped(edit: Editor) -> None:
    shown = ("a" * 60 + " x = ⟦" + "y" * 15 + "⟧", "⟦" + "y" * 80 + "⟧", "⟦" + "y" * 5 + "⟧")
    edit.suggest(LONG, keys="i" + "a" * 60 + " x = ", shown=shown)


def test_without_wrap_a_long_line_is_cut_at_the_edge(edit: Editor) -> None:
    edit.nvim.command("set nowrap")
    shown = ("a" * 30 + " x = ⟦" + "y" * 45 + "⟧", "b = 2")
    edit.suggest(LONG, text="\nb = 2\n", keys="i" + "a" * 30 + " x = ", shown=shown)


def test_a_very_long_line_costs_nothing_but_its_sight(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["y" * 100_000]})
    edit.open(text="a" * 200_000 + "\n")
    edit.nvim.command("set nowrap")
    edit.type("A x = ")
    wait_for(lambda: edit.ghost().startswith("yy"))
    assert max(len(chunk[0]) for mark in edit.lua(MARKS) for chunk in mark[3]) < 1100
    edit.type("<Tab>")
    wait_for(lambda: len(edit.lines()[0]) == 300_005)


def test_the_other_window_of_the_same_buffer_shows_none(edit: Editor) -> None:
    edit.suggest(FOO, keys=":split<CR>ix = ", shown=SHOWN)
    # Neovim 0.10 cannot limit extmarks to a window.
    in_the_other = 1 if edit.version == "0.10" else 0
    assert edit.screen().count(SHOWN) == 1 + in_the_other
    assert edit.screen().count("x =") == 1 - in_the_other
    edit.type("<Tab>")
    wait_for(lambda: edit.screen().count("x = foo(bar)") == 2, "the text in both windows")
    assert edit.ghost() == ""


def test_a_change_in_the_other_window_leaves_no_ghost_text(edit: Editor) -> None:
    edit.suggest(FOO, keys=":split<CR>ix = ", shown=SHOWN)
    edit.type("<C-o><C-w>w")
    edit.wait_no_ghost()
    edit.type("<Esc>oy = 1<Esc>")
    wait_for(lambda: edit.lines() == ["x = ", "y = 1"])
    assert edit.ghost() == ""


def test_folds_below_stay_closed(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="\nb = 1\nb = 2\nb = 3\n")
    edit.nvim.command("2,4fold")
    edit.type("ix = ")
    edit.wait_screen(SHOWN)
    assert edit.nvim.eval("foldclosed(3)") == 2
    edit.type("<Tab>")
    wait_for(lambda: edit.lines()[0] == "x = foo(bar)")
    assert edit.nvim.eval("foldclosed(3)") == 2


def test_several_lines_are_shown_above_a_closed_fold(edit: Editor) -> None:
    edit.script(BLOCK)
    edit.open(text="\nb = 1\nb = 2\nb = 3\n")
    edit.nvim.command("2,4fold | set foldtext=")
    edit.type("idef f():")
    edit.wait_screen("def f():", "⟦    one = 1⟧", "⟦    return one⟧")
    assert edit.screen()[3].startswith("b = 1")
    assert edit.nvim.eval("foldclosed(2)") == 2


def test_in_an_open_fold_the_text_below_stays_in_order(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="a = 1\n\nb = 2\n")
    edit.nvim.command("1,3fold | 1,3foldopen")
    edit.type("jix = ")
    edit.wait_screen("a = 1", SHOWN, "b = 2")


def test_highlights_of_the_user_win(start: Start) -> None:
    edit = start(before='vim.api.nvim_set_hl(0, "DovetailGhostCount", { fg = 7 })')
    assert edit.lua("return vim.api.nvim_get_hl(0, { name = 'DovetailGhostCount' }).fg") == 7
    edit.nvim.command("colorscheme habamax")
    assert edit.lua("return vim.api.nvim_get_hl(0, { name = 'DovetailGhost' }).link") == "Comment"
