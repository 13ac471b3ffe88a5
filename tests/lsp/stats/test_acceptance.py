"""The fate of a suggestion, inferred from changes alone: the state machine, and the server around it."""

from __future__ import annotations

import random

import pytest

from dovetail.session.suggestions import acceptance
from dovetail.session.suggestions.acceptance import SEEN_S, Event, Following, Kept, Outcome, Suggestion
from dovetail.text.changes import MAX_EDITS, Change, changes_of, difference
from dovetail.text.document import Document, Edit, Position
from dovetail.text.lines import Encoding

URI = "untitled:a.py"


class Screen:
    """A text with one cursor, as the state machine hears of it. Each act takes a second."""

    def __init__(self, text: str, suggestion: str = "", replaced: int = 0, reports: bool = False) -> None:
        self.text, self.cursor = text.replace("|", ""), text.index("|")
        self.now, self.reports, self.count = 0.0, reports, 0
        self.following = Following()
        self.events: list[Event] = []
        if suggestion:
            self.show(suggestion, replaced)

    def show(self, suggestion: str, replaced: int = 0, *others: str) -> None:
        self.count += 1
        right = self.text[self.cursor : self.cursor + replaced]
        items = tuple(
            Suggestion(f"{self.count}.{number}", self.cursor, text, right)
            for number, text in enumerate((suggestion, *others))
        )
        self._take(acceptance.shown(self.following, items, self.now))

    def insert(self, text: str, delete: int = 0, move: int | None = None) -> None:
        """At the cursor, in place of `delete` characters right of it (left of it if negative)."""
        start, end = sorted((self.cursor, self.cursor + delete))
        self.change(start, end, text)
        self.cursor = start + (len(text) if move is None else move)

    def change(self, start: int, end: int, text: str) -> None:
        self.now += 1
        step = acceptance.changed(self.following, self.text, Change(start, end, text), self.now, self.reports)
        self.text = self.text[:start] + text + self.text[end:]
        self._take(step)

    def report_accept(self, name: str, length: int | None = None) -> None:
        self.following = acceptance.reported_accept(self.following, name, self.now, length)

    def type(self, text: str) -> None:
        for character in text:
            self.insert(character)

    def outcome(self) -> Outcome:
        """End the suggestion and return its outcome."""
        self._take(acceptance.ended(self.following, self.now))
        (outcome,) = [event for event in self.events if isinstance(event, Outcome)]
        return outcome

    def kept(self) -> dict[int, float]:
        return {event.after_s: event.kept / event.accepted for event in self.events if isinstance(event, Kept)}

    def _take(self, step: tuple[Following, tuple[Event, ...]]) -> None:
        self.following, events = step
        self.events.extend(events)


def summed_up(screen: Screen) -> tuple[str, int, int]:
    outcome = screen.outcome()
    return outcome.how, outcome.accepted, outcome.typed


def test_accepted_whole() -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.insert("foo(1)")
    assert summed_up(screen) == ("whole", 6, 0)


def test_typed_through() -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.type("foo(1)")
    assert summed_up(screen) == ("typed", 0, 6)


def test_typed_through_with_brackets_that_close_by_themselves() -> None:
    screen = Screen("x = |\n", "foo(a)")
    screen.type("foo")
    screen.insert("()", move=1)
    screen.type("a")
    screen.insert(")", delete=1)  # Type over the existing bracket.
    assert summed_up(screen) == ("typed", 0, 5)
    screen = Screen("x = |\n", "foo(a)")
    screen.type("foo")
    screen.insert("()", move=1)
    screen.show("a)", 1)  # what is left now takes the place of the bracket
    screen.type("a")
    assert summed_up(screen) == ("typed", 0, 5)


def test_accepted_word_by_word() -> None:
    screen = Screen("x = |\n", "first + second")
    screen.insert("first")
    screen.show(" + second")
    screen.insert(" +")
    screen.show(" second")
    assert summed_up(screen) == ("part", 7, 0)


def test_a_line_of_a_block_is_a_part() -> None:
    screen = Screen("|\n", "a = 1\nb = 2")
    screen.insert("a = 1")
    assert summed_up(screen) == ("part", 5, 0)


def test_typed_and_then_accepted() -> None:
    screen = Screen("x = |\n", "first + second")
    screen.type("fir")
    screen.insert("st + second")
    assert summed_up(screen) == ("whole", 11, 3)


def test_accepted_over_a_closing_bracket() -> None:
    screen = Screen("foo(|)\n", "a, b)", 1)
    screen.insert("a, b)", delete=1)
    assert summed_up(screen) == ("whole", 5, 0)


def test_accepted_over_a_closing_bracket_by_an_editor_that_sends_the_smallest_change() -> None:
    screen = Screen("foo(|)\n", "a, b)", 1)
    screen.insert("a, b")
    assert summed_up(screen) == ("whole", 4, 0)


def test_a_change_reported_from_further_right_because_the_text_repeats() -> None:
    screen = Screen("a\n|\n    c\n", "\n    b")
    whole = screen.text[: screen.cursor] + "\n    b" + screen.text[screen.cursor :]
    change = difference(screen.text, whole)
    assert change.start > screen.cursor
    screen.change(change.start, change.end, change.text)
    assert screen.text == whole
    assert summed_up(screen) == ("whole", 6, 0)


@pytest.mark.parametrize(("text", "how"), [("y", "rejected"), ("yes", "rejected"), ("fooled", "rejected")])
def test_something_else_typed(text: str, how: str) -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.insert(text)
    assert summed_up(screen) == (how, 0, 0)


def test_typed_along_and_left_at_a_fork_is_rejected() -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.type("fob")
    assert summed_up(screen) == ("rejected", 0, 2)


def test_deleted_back_into_a_suggestion_it_is_still_on_the_screen() -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.type("foo")
    screen.insert("", delete=-1)
    assert not screen.events
    screen.insert("o(1)")
    assert summed_up(screen) == ("whole", 4, 2)


def test_a_word_chosen_from_a_menu_is_not_accepting() -> None:
    screen = Screen("x = |\n", "foo_bar(1)")
    screen.type("fo")
    screen.insert("foo_bar", delete=-2)
    assert summed_up(screen) == ("rejected", 0, 7)


def test_a_new_line_with_its_indentation_is_one_key() -> None:
    screen = Screen("if x:|\n", "\n    pass")
    screen.insert("\n    ")
    assert summed_up(screen) == ("rejected", 0, 5)


def test_an_import_added_above_moves_the_suggestion() -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.change(0, 0, "import foo\n")
    screen.cursor += len("import foo\n")
    screen.insert("foo(1)")
    assert summed_up(screen) == ("whole", 6, 0)


def test_what_was_gone_at_once_was_not_seen() -> None:
    screen = Screen("x = |\n", "foo(1)")
    screen.now = SEEN_S / 2 - 1
    screen.insert("y")
    assert summed_up(screen)[0] == "unseen"


def test_one_of_several_is_chosen() -> None:
    screen = Screen("x = |\n")
    screen.show("foo", 0, "bar")
    screen.insert("bar")
    assert screen.outcome() == Outcome("1.1", "whole", 3, 0)


def test_one_of_several_is_chosen_and_reported() -> None:
    screen = Screen("x = |\n", reports=True)
    screen.show("a", 0, "bar")
    screen.report_accept("1.1")
    screen.insert("bar")
    assert screen.outcome() == Outcome("1.1", "whole", 3, 0)


def test_an_editor_that_gathers_keystrokes_says_itself_what_was_accepted() -> None:
    screen = Screen("x = |\n", "first + second", reports=True)
    screen.insert("first")
    assert summed_up(screen) == ("rejected", 0, 5)
    screen = Screen("x = |\n", "first + second", reports=True)
    screen.report_accept("1.0", 5)  # before the change that it speaks of, or after it
    screen.insert("first")
    screen.show(" + second")
    screen.insert(" + second")
    screen.report_accept("1.0")
    assert summed_up(screen) == ("whole", 14, 0)


def test_windows_line_ends() -> None:
    screen = Screen("|\r\n", "a = 1\r\nb = 2")
    screen.insert("a = 1\r\nb = 2")
    assert summed_up(screen) == ("whole", 12, 0)


def accepted_screen() -> Screen:
    screen = Screen("x = |\ny = 2\n", "first + second")
    screen.insert("first + second")
    screen._take(acceptance.ended(screen.following, screen.now))
    return screen


def test_all_is_kept_when_only_other_places_change() -> None:
    screen = accepted_screen()
    screen.change(0, 0, "import something\n")
    screen.change(len(screen.text), len(screen.text), "z = 3\n")
    screen.now += 400
    screen.change(0, 0, "#\n")
    assert screen.kept() == {30: 1.0, 300: 1.0}


def test_what_is_deleted_or_replaced_is_not_kept_and_what_is_inserted_does_not_count() -> None:
    screen = accepted_screen()
    start = screen.text.index("second")
    screen.change(start, start + 6, "")
    screen.change(start - 3, start - 3, "(1)")
    screen.now += 40
    screen.change(0, len(screen.text), "")
    screen.now += 400
    screen.change(0, 0, "#\n")
    assert screen.kept() == {30: 8 / 14, 300: 0.0}


def test_a_formatter_that_replaces_the_whole_text_keeps_what_it_keeps() -> None:
    screen = accepted_screen()
    screen.change(0, len(screen.text), "import os\n\n\nx = (first + second)\n\ny = 2\n")
    screen.now += 400
    screen.change(0, 0, "#\n")
    assert screen.kept() == {30: 1.0, 300: 1.0}


def test_an_accept_undone_counts_as_accepted_and_not_kept() -> None:
    screen = Screen("x = |\n", "first")
    screen.insert("first")
    screen.insert("", delete=-5)
    screen.now += 400
    screen.change(0, 0, "#\n")
    assert summed_up(screen) == ("whole", 5, 0)
    assert screen.kept() == {30: 0.0, 300: 0.0}


def test_of_what_is_closed_too_soon_nothing_is_reported() -> None:
    screen = accepted_screen()
    screen.now += 60
    assert [event.after_s for event in acceptance.closed(screen.following, screen.now) if isinstance(event, Kept)] == [
        30
    ]


def test_what_is_followed_through_random_edits_is_what_is_left(seed: int = 7) -> None:
    """Against marks on every single character of the text."""
    dice = random.Random(seed)
    for _ in range(50):
        screen = accepted_screen()
        marks = [4 <= place < 18 for place in range(len(screen.text))]
        for _ in range(30):
            start = dice.randrange(len(screen.text) + 1)
            end = min(len(screen.text), start + dice.randrange(4))
            text = "".join(dice.choice("§¶") for _ in range(dice.randrange(3)))
            screen.change(start, end, text)
            marks[start:end] = [False] * len(text)
        left = {place for one in screen.following.taken for span in one.spans for place in range(*span)}
        assert left == {place for place, marked in enumerate(marks) if marked}


@pytest.mark.parametrize("encoding", list(Encoding))
def test_changes_make_the_texts_that_edits_make(encoding: Encoding) -> None:
    dice = random.Random(3)
    for count in (1, 3, MAX_EDITS + 5):
        document = Document.of(URI, "python", 0, "eins\r\n😀zwei\n\ndréi\r\n")
        edits = [
            Edit(dice.choice(["", "ä\n", "😀", "x"]), *(Position(dice.randrange(5), dice.randrange(7)) for _ in "ab"))
            for _ in range(count)
        ]
        text = document.text
        for before, change in changes_of(document, edits, encoding):
            assert before == text
            text = before[: change.start] + change.text + before[change.end :]
        assert text == document.edited(edits, 1, encoding).text


def test_the_difference_of_two_texts() -> None:
    assert difference("abcabc", "abcXabc") == Change(3, 3, "X")
    assert difference("aaa", "aa") == Change(2, 3, "")
    assert difference("same", "same") == Change(4, 4, "")
