"""Silence while the user deletes, and restraint after a rejection: as edits are read, and through the protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from dovetail.completion.postprocessing.confidence import SHIPPED
from dovetail.completion.postprocessing.rejection import REPEATED, UNSURE, withheld
from dovetail.completion.preparation.restraint import UNRESTRAINED, Rejected, Restraint
from dovetail.completion.preparation.trigger import DELETING
from dovetail.session.suggestions.acceptance import Suggestion
from dovetail.session.suggestions.editing import NO_EDITS, Editing
from dovetail.text.changes import changes_of
from dovetail.text.document import Document, Edit, Position
from dovetail.text.lines import Encoding
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine, logprob_of

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
URI = "untitled:a.py"
TEXT = "a = 0\nprint(a, b)\n    \nc = 3\n"

Span = tuple[int, int, int, int, str]
"""Line and column where an edit begins and ends, and its text."""


def edited(editing: Editing, document: Document, *spans: Span | str) -> tuple[Editing, Document]:
    """Apply the edits of one message; a string is the whole text."""
    edits = [
        Edit(span) if isinstance(span, str) else Edit(span[4], Position(*span[:2]), Position(*span[2:4]))
        for span in spans
    ]
    after = document.edited(edits, document.version + 1, Encoding.UTF16)
    return editing.edited(list(changes_of(document, edits, Encoding.UTF16)), after), after


def deleting_at(line: int, *messages: Sequence[Span | str]) -> bool:
    """Return whether the user counts as deleting at the end of a line after these messages."""
    editing, document = NO_EDITS, Document.of(URI, "python", 0, TEXT)
    for message in messages:
        editing, document = edited(editing, document, *message)
    offset = document.offset_at(Position(line, 10**6), Encoding.UTF16)
    return editing.at(document, offset).is_deleting


BACKSPACE: Span = (1, 10, 1, 11, "")


@pytest.mark.parametrize(
    ("line", "messages", "expected"),
    [
        (1, (), False),
        (1, [[BACKSPACE]], True),
        (1, [[BACKSPACE], [(1, 9, 1, 10, "")]], True),
        (1, [[(1, 5, 1, 6, "")]], True),  # a bracket
        (1, [[(1, 0, 2, 0, "")]], True),  # a line selected and deleted
        (0, [[(0, 5, 1, 11, "")]], True),  # up to the line above
        (3, [[BACKSPACE]], False),  # the cursor is elsewhere
        (1, [[BACKSPACE], [(1, 10, 1, 10, "x")]], False),
        (1, [[BACKSPACE], [(1, 10, 1, 10, " ")]], False),
        (2, [[BACKSPACE], [(1, 10, 1, 10, "\n")]], False),
        (1, [[(1, 0, 1, 11, "x")]], False),  # typed over a selection
        (1, [[(1, 10, 1, 11, ")")]], False),  # typed over a bracket that closes by itself
        (1, [[BACKSPACE], [(1, 10, 1, 11, ")")]], False),  # past the line's end nothing is removed
        (1, [[(1, 0, 1, 11, "print(a, b")]], True),  # a client that sends whole lines
        (1, [[TEXT.replace(" b)", "")]], True),  # or whole texts
        (1, [[BACKSPACE], [TEXT.replace("b)", "b")]], True),  # the same text again
        (2, [[(2, 0, 2, 4, "")]], False),  # a level of indentation
        (1, [[(1, 9, 1, 11, "")], [(1, 8, 1, 9, "")]], True),  # white space within what is deleted
        (1, [[(2, 0, 3, 0, "")], [(1, 10, 1, 11, "")], [(1, 7, 1, 10, "")]], True),
        (0, [[(1, 0, 1, 11, "")], [(0, 5, 1, 0, "")]], True),  # and the line end before it
        (2, [[(0, 0, 0, 5, "")], [(2, 0, 2, 4, "")]], False),  # other white space, far from what was deleted
        (0, [[(3, 4, 3, 5, ""), (0, 4, 0, 5, "")]], True),  # two cursors
        (3, [[(3, 5, 3, 5, "\n"), (2, 0, 2, 4, "")]], False),  # a new line, and the white space of another trimmed
    ],
)
def test_when_the_user_counts_as_deleting(line: int, messages: Sequence[Sequence[Span | str]], expected: bool) -> None:
    assert deleting_at(line, *messages) is expected


def rejected(text: str = "seven + eight", left: str = "x = ") -> tuple[Editing, Document]:
    document = Document.of(URI, "python", 0, f"a = 0\n{left}\nb = 1\n")
    return NO_EDITS.rejecting(Suggestion("1", len("a = 0\n") + len(left), text), document), document


def held(editing: Editing, document: Document, line: int = 1) -> tuple[Rejected, ...]:
    return editing.at(document, document.offset_at(Position(line, 0), Encoding.UTF16)).rejected


def test_a_rejection_holds_in_its_line_until_another_is_edited() -> None:
    editing, document = rejected()
    assert held(editing, document) == (Rejected("x = ", "seven + eight"),) and not held(editing, document, 2)
    for _ in range(2):
        editing, document = edited(editing, document, (1, 4, 1, 4, "9"))
        assert held(editing, document)
    editing, document = edited(editing, document, (2, 0, 2, 0, "b"))
    assert not held(editing, document) and not held(editing, document, 2)


def test_a_new_line_is_another_line() -> None:
    editing, document = edited(*rejected(), (1, 4, 1, 4, "\n"))
    assert not held(editing, document) and not held(editing, document, 2)


def test_a_wrong_key_that_is_taken_back_at_once_rejects_nothing() -> None:
    editing, document = edited(*rejected(), (1, 4, 1, 4, "x"))
    assert held(editing, document)
    editing, document = edited(editing, document, (1, 4, 1, 5, ""))
    assert editing.at(document, 10) == UNRESTRAINED


def test_more_than_a_wrong_key_is_a_rejection() -> None:
    editing, document = edited(*rejected(), (1, 4, 1, 4, "x"))
    editing, document = edited(editing, document, (1, 5, 1, 5, "y"))
    for column in (5, 4):
        editing, document = edited(editing, document, (1, column, 1, column + 1, ""))
        assert held(editing, document) and editing.at(document, 10).is_deleting


def test_a_rejection_ends_when_the_user_types_what_was_suggested() -> None:
    editing, document = edited(*rejected(), (1, 4, 1, 4, "xy"))
    editing, document = edited(editing, document, (1, 4, 1, 6, ""))
    assert held(editing, document)
    editing, document = edited(editing, document, (1, 4, 1, 4, "s"))
    assert not held(editing, document)


def test_the_newest_rejections_of_a_line_are_remembered() -> None:
    editing, document = rejected()
    for number in range(20):
        editing = editing.rejecting(Suggestion("1", 10, f"text {number}"), document)
    assert [one.text for one in held(editing, document)] == [f"text {number}" for number in range(19, 11, -1)]


@pytest.mark.parametrize(
    ("left", "text", "gain", "reason"),
    [
        ("x = ", "seven + eight", 20.0, REPEATED),
        ("x = ", "seven", 20.0, REPEATED),  # a part of it
        ("x = ", "seven + eight\ny = 2", 20.0, REPEATED),  # more than it
        ("x =", " seven + eight", 20.0, REPEATED),
        ("x = (", "seven + eight", 20.0, REPEATED),  # moved along
        ("x = (", "seven", 20.0, ""),
        ("x = seven +", " eight", 20.0, ""),  # typed as it was suggested
        ("x = ", "nine", 20.0, ""),
        ("x = 4 + ", "eight", 20.0, ""),
        ("x = ", "nine", SHIPPED.least_gain_after_rejection - 0.01, UNSURE),
        ("x = ", "nine", None, ""),
        ("x = ", "", 20.0, ""),
    ],
)
def test_what_is_withheld_after_a_rejection(left: str, text: str, gain: float | None, reason: str) -> None:
    assert withheld(left, text, gain, SHIPPED, [Rejected("x = ", "seven + eight")]) == reason
    assert withheld(left, text, gain, SHIPPED, []) == ""


def test_nothing_holds_where_nothing_was_edited() -> None:
    document = Document.of(URI, "python", 0, TEXT)
    assert NO_EDITS.at(document, 0) == UNRESTRAINED == Restraint()


class Typist:
    """An editor with one line of interest: the second."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._version = 0

    def edit(self, start: int, end: int, text: str) -> None:
        self._version += 1
        span = {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}
        changed = {"uri": URI, "version": self._version}
        params = {"textDocument": changed, "contentChanges": [{"range": span, "text": text}]}
        self._client.notify("textDocument/didChange", params)

    async def shown(self, column: int, kind: int = 2) -> list[dict[str, Any]]:
        """Return the items at a column, asked as typing asks (kind 2) or expressly (kind 1)."""
        answer = await self._client.answer(self._client.ghost_text(URI, 1, column, kind))
        return answer["result"]["items"] if answer["result"] else []

    async def why(self, html: bool = False) -> Any:
        return await self._client.ask("dovetail/why", {"textDocument": {"uri": URI}, "html": html})

    def look_at(self, item: dict[str, Any]) -> None:
        self._client.notify("textDocument/didShowCompletion", {"item": item})

    def dismiss(self) -> None:
        self._client.notify("dovetail/dismissed", {"textDocument": {"uri": URI}})


async def typist(connect: Connect, engine: ScriptedEngine, line: str, **options: Any) -> Typist:
    client = await connect(engine)
    await client.initialize(None, **options)
    client.open(URI, f"a = 0\n{line}\nb = 1\n")
    return Typist(client)


async def test_a_line_that_is_being_deleted_gets_nothing_unasked(connect: Connect) -> None:
    engine = ScriptedEngine("7")
    editor = await typist(connect, engine, "x = other")
    assert await editor.shown(9)
    asked = len(engine.jobs)
    for column in (9, 8, 7):
        editor.edit(column - 1, column, "")
        assert not await editor.shown(column - 1)
    assert len(engine.jobs) == asked, "the model is not asked"
    assert await editor.shown(6, kind=1), "who asks gets an answer"
    assert not await editor.shown(6)
    editor.edit(6, 6, "y")
    assert await editor.shown(7)


async def test_the_account_names_the_reason_of_the_silence(connect: Connect) -> None:
    editor = await typist(connect, ScriptedEngine("7"), "x = other")
    editor.edit(8, 9, "")
    assert not await editor.shown(8)
    account = await editor.why()
    assert account["why"]["decision"] == DELETING and account["text"] == ""
    assert (account["path"], account["line"], account["column"]) == ("a.py", 2, 9)
    assert DELETING in (await editor.why(html=True))["html"]
    editor.edit(8, 8, "y")
    assert await editor.shown(9) and (await editor.why())["text"] == "7"


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("x = other", 7, "inside a word"),
        ("x =  + 1", 4, "code to the right"),
        ("x = 1  # the", 12, "in a comment"),
    ],
)
async def test_every_silence_has_its_reason(connect: Connect, line: str, column: int, reason: str) -> None:
    editor = await typist(connect, ScriptedEngine("7"), line)
    assert not await editor.shown(column)
    assert reason in (await editor.why())["why"]["decision"]


@pytest.mark.parametrize("counts", [True, False])
async def test_a_text_typed_against_is_not_shown_again_in_its_line(
    connect: Connect, state_folder: object, counts: bool
) -> None:
    engine = ScriptedEngine("seven")
    editor = await typist(connect, engine, "x = ", statistics=counts)
    (item,) = await editor.shown(4)
    editor.dismiss() if not counts else editor.look_at(item)
    editor.edit(4, 4, "(")
    assert not await editor.shown(5)
    account = await editor.why()
    assert account["why"]["decision"] == REPEATED and any(REPEATED in step for step in account["why"]["steps"])
    assert await editor.shown(5, kind=1), "who asks gets an answer"
    engine.text = "nine"
    editor.edit(5, 5, "-")
    assert await editor.shown(6)


async def test_a_dismissed_text_is_not_shown_at_its_place(connect: Connect) -> None:
    editor = await typist(connect, ScriptedEngine("seven"), "x = ")
    assert await editor.shown(4)
    assert await editor.shown(4), "coming back is no rejection"
    editor.dismiss()
    assert not await editor.shown(4)
    editor.edit(4, 4, "z")
    editor.edit(4, 5, "")
    assert not await editor.shown(4), "a dismissal is no wrong key"
    editor.edit(4, 4, "s")
    assert await editor.shown(5), "the user types it"


async def test_after_a_rejection_the_model_must_be_surer(connect: Connect) -> None:
    engine = ScriptedEngine("seven")
    editor = await typist(connect, engine, "x = ")
    assert await editor.shown(4)
    editor.dismiss()
    engine.text, engine.logprob = "eight", logprob_of("eight", SHIPPED.least_gain_after_rejection - 0.01)
    editor.edit(4, 4, "(")
    assert not await editor.shown(5)
    assert (await editor.why())["why"]["decision"] == UNSURE
    engine.logprob = logprob_of("eight", SHIPPED.least_gain_after_rejection + 0.01)
    editor.edit(5, 5, "-")
    assert await editor.shown(6)


async def test_a_suggestion_that_is_typed_along_stays(connect: Connect) -> None:
    engine = ScriptedEngine("seven + (eight)")
    editor = await typist(connect, engine, "x = ")
    assert await editor.shown(4)
    for column, key in enumerate("sev", 4):
        editor.edit(column, column, key)
    assert [item["insertText"] for item in await editor.shown(7)] == ["en + (eight)"]
    editor.edit(6, 7, "")
    assert [item["insertText"] for item in await editor.shown(6)] == ["ven + (eight)"], "deleted back into it"
    editor.edit(3, 6, "")
    assert not await editor.shown(3), "and out of it"


async def test_a_wrong_key_taken_back_brings_the_suggestion_back(connect: Connect) -> None:
    engine = ScriptedEngine("seven")
    editor = await typist(connect, engine, "x = ")
    (item,) = await editor.shown(4)
    editor.look_at(item)
    editor.edit(4, 4, "z")
    engine.text = ""
    assert not await editor.shown(5)
    editor.edit(4, 5, "")
    assert [item["insertText"] for item in await editor.shown(4)] == ["seven"]


async def test_a_document_that_is_opened_again_was_not_edited(connect: Connect) -> None:
    client = await connect(ScriptedEngine("7"))
    await client.initialize(None)
    client.open(URI, "a = 0\nx = other\n")
    editor = Typist(client)
    editor.edit(8, 9, "")
    assert not await editor.shown(8)
    client.open(URI, "a = 0\nx = othe\n")
    assert await editor.shown(8)
