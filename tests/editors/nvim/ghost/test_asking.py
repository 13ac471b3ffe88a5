"""When the server is asked, what cancels a request, which answers are dropped, and which candidate is shown."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import Editor, wait_for

FOO = {"when": r"x = $", "texts": ["foo(bar)"]}
SHOWN = "x = ⟦foo(bar)⟧"
BLOCK = {"when": r"f\(\):$", "texts": ["\n    one = 1\n    return one"]}
# A server that answers a request despite its cancellation.
LATE = {"when": r"x = $", "texts": ["foo"], "delay": 0.4, "stubborn": True}
THREE = {"when": r"x = $", "texts": ["one", "two", "three"], "always_all": True}


def type_and_wait_for_the_request(edit: Editor, rule: dict[str, object], text: str = "") -> None:
    edit.script(rule)
    edit.open(text=text)
    edit.type("ix = ")
    wait_for(lambda: edit.requests() > 0, "the request")


def test_typing_along_asks_nothing(edit: Editor) -> None:
    asked = edit.suggest(FOO, shown=SHOWN)
    for typed in ("f", "o", "o", "("):
        edit.type(typed)
    edit.wait_screen("x = foo(⟦bar)⟧")
    edit.settle()
    assert edit.requests() == asked


def test_deleting_back_asks_nothing(edit: Editor) -> None:
    asked = edit.suggest(FOO, shown=SHOWN)
    edit.type("foo")
    edit.wait_screen("x = foo⟦(bar)⟧")
    edit.type("<BS><BS>")
    edit.wait_screen("x = f⟦oo(bar)⟧")
    edit.type("<BS>")
    edit.wait_screen(SHOWN)
    edit.settle()
    assert edit.requests() == asked


def test_deleting_a_wrong_letter_brings_it_back(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type_unseen("q")
    asked = edit.requests()
    edit.type("<BS>")
    edit.wait_screen(SHOWN)
    assert edit.requests() == asked


def test_typing_along_over_the_end_of_a_line(edit: Editor) -> None:
    asked = edit.suggest(BLOCK, keys="idef f():", shown="⟦    return one⟧")
    edit.type("<CR>one")
    edit.wait_screen("def f():", "    one⟦ = 1⟧", "⟦    return one⟧")
    edit.settle()
    assert edit.requests() == asked


def test_another_letter_hides_it_and_asks_again(edit: Editor) -> None:
    edit.suggest(FOO, {"when": r"x = g$", "texts": ["oo"]}, shown=SHOWN)
    edit.type("g")
    edit.wait_screen("x = g⟦oo⟧")


@pytest.mark.parametrize(
    "change",
    ["y", "<BS>", "<CR>", "<Left>", "<C-w>", "<C-r>=1<CR>", "<Esc>"],
    ids=lambda keys: keys.strip("<>"),
)
def test_every_change_cancels_the_request(edit: Editor, change: str) -> None:
    type_and_wait_for_the_request(edit, {"when": r"x = $", "texts": ["foo"], "delay": 30})
    waits_for = edit.requests()
    cancelled = len(edit.received("$/cancelRequest"))
    assert waits_for == cancelled + 1  # one request runs
    edit.type(change)
    wait_for(lambda: len(edit.received("$/cancelRequest")) > cancelled, "the cancellation")


def test_an_answer_for_an_older_text_is_dropped(edit: Editor) -> None:
    type_and_wait_for_the_request(edit, LATE)
    edit.type("zz")
    edit.settle(0.8)
    assert edit.ghost() == ""


def test_an_answer_for_an_older_changedtick_is_dropped(edit: Editor) -> None:
    """Line and cursor are as they were, and no event has reported the change below."""
    type_and_wait_for_the_request(edit, LATE, text="\nbelow\n")
    edit.lua(
        """
        vim.o.eventignore = "all"
        vim.api.nvim_buf_set_lines(0, 1, 2, false, { "changed" })
        """
    )
    edit.settle(0.8)
    assert edit.ghost() == ""
    assert edit.lines() == ["x = ", "changed"]


def test_an_answer_after_the_cursor_has_moved_is_dropped(edit: Editor) -> None:
    type_and_wait_for_the_request(edit, LATE, text="\nother\n")
    edit.type("<Down>")
    edit.settle(0.8)
    assert edit.ghost() == ""


def test_leaving_insert_mode_cancels_the_request(edit: Editor) -> None:
    type_and_wait_for_the_request(edit, LATE)
    edit.type("<Esc>")
    wait_for(lambda: edit.received("$/cancelRequest"))
    edit.settle(0.6)
    assert edit.ghost() == ""


def test_many_keys_at_once_make_few_requests(edit: Editor) -> None:
    asked = edit.suggest(FOO, keys="i" + "abcdefghij" * 5 + "<CR>x = ", shown=SHOWN)
    assert asked < 10


def test_dismiss_hides_it_until_the_text_changes(edit: Editor) -> None:
    edit.suggest(FOO, {"when": r"x =  $", "texts": ["spaced"]}, shown=SHOWN)
    edit.type_unseen("<C-]>")
    assert edit.lines() == ["x = "]
    edit.type("<Space>")
    edit.wait_screen("x =  ⟦spaced⟧")


def test_the_server_is_notified_of_a_dismissal(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type_unseen("<C-]>")
    (dismissed,) = edit.received("dovetail/dismissed")
    assert dismissed["textDocument"]["uri"] == edit.received("textDocument/didOpen")[-1]["textDocument"]["uri"]
    edit.type_unseen("<C-]>")
    assert len(edit.received("dovetail/dismissed")) == 1, "nothing was on the screen"


def test_next_and_previous_candidate(edit: Editor) -> None:
    asked = edit.suggest(THREE, shown="x = ⟦one⟧ (1/3)")
    edit.type("<M-]>")
    edit.wait_screen("x = ⟦two⟧ (2/3)")
    edit.type("<M-[><M-[>")
    edit.wait_screen("x = ⟦three⟧ (3/3)")
    assert edit.requests() == asked
    edit.type("<Tab>")
    wait_for(lambda: edit.lines() == ["x = three"])


def test_the_number_of_a_candidate_of_several_lines_is_in_its_last(edit: Editor) -> None:
    both = {"when": r"x = $", "texts": ["(\n1)", "[\n1]"], "always_all": True}
    edit.suggest(both, shown=("x = ⟦(⟧", "⟦1)⟧ (1/2)"))


def test_next_asks_for_more_where_there_is_one(edit: Editor) -> None:
    edit.suggest({"when": r"x = $", "texts": ["one", "two"]}, shown="x = ⟦one⟧")
    edit.type("<M-]>")
    edit.wait_screen("x = ⟦two⟧ (2/2)")
    assert edit.received("textDocument/inlineCompletion")[-1]["context"]["triggerKind"] == 1


def test_only_candidates_that_go_along_are_cycled(edit: Editor) -> None:
    tea = {"when": r"x = $", "texts": ["tea", "coffee", "toast"], "always_all": True}
    edit.suggest(tea, shown="x = ⟦tea⟧ (1/3)")
    edit.type("t")
    edit.wait_screen("x = t⟦ea⟧ (1/3)")
    edit.type("<M-]>")
    edit.wait_screen("x = t⟦oast⟧ (3/3)")
    edit.type("<M-]>")
    edit.wait_screen("x = t⟦ea⟧ (1/3)")


def test_the_trigger_key_asks_where_nothing_is_shown_unasked(start: Start) -> None:
    edit = start(options={"suggestion": {"auto_trigger": False}})
    edit.script(FOO)
    edit.open()
    edit.type_unseen("ix = ")
    assert edit.requests() == 0
    edit.type("<M-Bslash>")
    edit.wait_screen(SHOWN)
    assert edit.received("textDocument/inlineCompletion")[-1]["context"]["triggerKind"] == 1


def test_the_trigger_key_asks_after_a_dismissal(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type_unseen("<C-]>")
    edit.type("<M-Bslash>")
    edit.wait_screen(SHOWN)


def test_the_server_is_notified_of_what_was_on_the_screen(edit: Editor) -> None:
    edit.suggest(FOO, shown=SHOWN)
    edit.type("foo")
    edit.wait_screen("x = foo⟦(bar)⟧")
    (shown,) = edit.received("textDocument/didShowCompletion")
    assert shown["item"]["command"]["command"] == "dovetail.accepted"


def test_neovims_own_ghost_text_is_off_for_our_client(start: Start) -> None:
    edit = start(after="if vim.lsp.inline_completion then vim.lsp.inline_completion.enable() end")
    edit.suggest(FOO, shown=SHOWN)
    edit.settle(0.6)  # the built-in client waits for 0.2 s
    assert edit.screen()[0] == SHOWN
    assert edit.requests() <= 3
