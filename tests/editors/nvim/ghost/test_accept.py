"""Acceptance, whole and in parts: the text, the screen, undo, repetition, and what the server learns of it."""

from __future__ import annotations

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo(bar, baz)"]}
BLOCK = {"when": r"f\(\):$", "texts": ["\n    one = 1\n    return one"]}


def accepted(edit: Editor) -> list[object]:
    return [params["arguments"] for params in edit.received("workspace/executeCommand")]


def test_tab_accepts_the_whole_suggestion(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    edit.type("<Tab>")
    edit.wait_screen("x = foo(bar, baz)")
    assert edit.lines() == ["x = foo(bar, baz)"]
    assert edit.mode() == "i"
    wait_for(lambda: len(accepted(edit)) == 1)
    edit.type("!")
    wait_for(lambda: edit.lines() == ["x = foo(bar, baz)!"])


def test_several_lines_keep_their_own_indentation(edit: Editor) -> None:
    edit.script({"when": r"f\(\):$", "texts": ["\n        one = 1\n        return one"]})
    edit.open(text="class A:\n    pass\n")
    edit.nvim.command("set autoindent")
    edit.type("odef f():")
    edit.wait_screen("class A:", "    def f():", "⟦        one = 1⟧", "⟦        return one⟧", "    pass")
    edit.type("<Tab>.")
    after = ["class A:", "    def f():", "        one = 1", "        return one.", "    pass"]
    wait_for(lambda: edit.lines() == after)


def test_word_by_word_with_the_rest_behind_the_cursor(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    asked = edit.requests()
    for shown in ("x = foo⟦(bar, baz)⟧", "x = foo(⟦bar, baz)⟧", "x = foo(bar⟦, baz)⟧"):
        edit.type("<M-Right>")
        edit.wait_screen(shown)
    edit.type(",<M-Right>")
    edit.wait_screen("x = foo(bar, baz⟦)⟧")
    assert edit.requests() == asked
    wait_for(lambda: len(edit.received("textDocument/didPartiallyAcceptCompletion")) == 4)
    lengths = [each["acceptedLength"] for each in edit.received("textDocument/didPartiallyAcceptCompletion")]
    assert lengths == [3, 4, 7, 12]
    assert accepted(edit) == []
    edit.type("<M-Right>")
    wait_for(lambda: len(accepted(edit)) == 1)
    assert edit.lines() == ["x = foo(bar, baz)"]


def test_accepted_lengths_count_utf16_units(edit: Editor) -> None:
    edit.script({"when": r"x = $", "texts": ["'🎉é' + more"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦'🎉é' + more⟧")
    edit.type("<M-Right><M-Right>")
    wait_for(lambda: len(edit.received("textDocument/didPartiallyAcceptCompletion")) == 2)
    lengths = [each["acceptedLength"] for each in edit.received("textDocument/didPartiallyAcceptCompletion")]
    assert lengths == [1, 4]
    edit.wait_screen("x = '🎉é⟦' + more⟧")


def test_line_by_line(edit: Editor) -> None:
    edit.script(BLOCK)
    edit.open()
    edit.type("idef f():")
    edit.wait_screen("⟦    return one⟧")
    edit.type("<M-C-Right>")
    edit.wait_screen("def f():", "    one = 1", "⟦    return one⟧")
    assert edit.lines() == ["def f():", "    one = 1"]
    edit.type("<M-C-Right>")
    wait_for(lambda: edit.lines() == ["def f():", "    one = 1", "    return one"])
    edit.wait_no_ghost()


def test_undo_takes_back_the_accepted_text_alone(edit: Editor) -> None:
    edit.script(BLOCK)
    edit.open()
    edit.type("idef f():")
    edit.wait_screen("⟦    return one⟧")
    edit.type("<Tab> # typed<Esc>")
    wait_for(lambda: edit.lines() == ["def f():", "    one = 1", "    return one # typed"])
    edit.type("u")
    wait_for(lambda: edit.lines() == ["def f():", "    one = 1", "    return one"])
    edit.type("u")
    wait_for(lambda: edit.lines() == ["def f():"])
    edit.type("<C-r>")
    wait_for(lambda: edit.lines() == ["def f():", "    one = 1", "    return one"])


def test_undo_takes_back_what_was_replaced(edit: Editor) -> None:
    edit.script({"when": r"f\($", "texts": ["a, b):"], "replaced": 1})
    edit.open(text="f()\n")
    edit.type("f(a")
    edit.wait_screen("f(⟦a, b⟧)⟦:⟧")
    edit.type("<Tab><Esc>")
    wait_for(lambda: edit.lines() == ["f(a, b):"])
    edit.type("u")
    wait_for(lambda: edit.lines() == ["f()"])


def test_dot_repeats_typed_and_accepted_text(edit: Editor) -> None:
    edit.script(FOO)
    edit.open(text="\n\n")
    edit.type("Ax = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    edit.type("<Tab>;<Esc>j.")
    wait_for(lambda: edit.lines() == ["x = foo(bar, baz);"] * 2)


def test_keys_typed_ahead_of_the_screen_are_in_order(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    edit.type("fo<Tab> + 1<CR>y")
    wait_for(lambda: edit.lines() == ["x = foo(bar, baz) + 1", "y"])


def test_tab_right_behind_a_wrong_letter_accepts_nothing(edit: Editor) -> None:
    edit.script(FOO)
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    edit.type("q<Tab>")
    edit.settle()
    assert edit.lines()[0].rstrip() == "x = q"
    assert len(edit.lines()[0]) > len("x = q")


def test_accepted_text_is_not_mapped_abbreviated_or_wrapped(start: Start) -> None:
    edit = start(after='vim.cmd("inoreabbrev foo WRONG | inoremap b WRONG")')
    edit.script(FOO)
    edit.open()
    edit.nvim.command("setlocal textwidth=10 formatoptions+=t")
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = foo(bar, baz)"])


def test_after_acceptance_the_next_suggestion_is_asked_for(edit: Editor) -> None:
    edit.script(FOO, {"when": r"baz\)$", "texts": [".more()"]})
    edit.open()
    edit.type("ix = ")
    edit.wait_screen("x = ⟦foo(bar, baz)⟧")
    edit.type("<Tab>")
    edit.wait_screen("x = foo(bar, baz)⟦.more()⟧")
