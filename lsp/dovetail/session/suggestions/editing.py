"""What the newest edits of a document say about the next suggestion: that code is being deleted, or what was rejected.

It holds in the line of the newest edit, until another line is edited. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dovetail.completion.preparation.restraint import UNRESTRAINED, Rejected, Restraint
from dovetail.session.suggestions.acceptance import Suggestion
from dovetail.text.changes import Change, difference
from dovetail.text.document import Document
from dovetail.text.lines import Encoding

# Rejected suggestions of a line that are remembered, the newest: whoever rejects more has typed on far from the first.
MAX_REJECTED = 8


@dataclass(frozen=True, slots=True)
class Editing:
    """The newest edits of a document."""

    line: int = -1
    """The line of the newest edit, from 0; -1 where there is none."""
    restraint: Restraint = UNRESTRAINED
    """What holds in that line."""

    def at(self, document: Document, offset: int) -> Restraint:
        """Return what holds at an offset of the document."""
        return self.restraint if _line_of(document, offset) == self.line else UNRESTRAINED

    def rejecting(self, suggestion: Suggestion, document: Document, is_dismissed: bool = False) -> Editing:
        """Return it after a rejection of the suggestion, which the document shows."""
        line = _line_of(document, suggestion.offset)
        left = _left_of(document, suggestion.offset)
        before = self.restraint if line == self.line else UNRESTRAINED
        rejected = (Rejected(left, suggestion.text.replace("\r\n", "\n"), is_dismissed), *before.rejected)
        return Editing(line, replace(before, rejected=rejected[:MAX_REJECTED]))

    def edited(self, changes: Sequence[tuple[str, Change]], after: Document, is_typed_back: bool = False) -> Editing:
        """Return it after changes, each with the text that it changes, that led to the document `after`.

        `is_typed_back` is whether they only took back what was typed along a suggestion that is still on the screen.
        """
        kind, offset = _decisive(changes)
        if kind is None:
            return self
        line, was = _line_of(after, offset), self.restraint
        if line == self.line and self._is_slip(changes, after):
            return Editing(line, Restraint(rejected=was.rejected[1:]))
        goes_on = kind == "blank" and was.is_deleting and abs(line - self.line) <= 1
        is_deleting = (kind == "deleted" or goes_on) and not is_typed_back
        if line != self.line:
            return Editing(line, Restraint(is_deleting))
        text = after.line(line)
        return Editing(line, Restraint(is_deleting, tuple(one for one in was.rejected if not one.is_taken_back(text))))

    def _is_slip(self, changes: Sequence[tuple[str, Change]], after: Document) -> bool:
        """Return whether the one character typed against a suggestion was deleted at once: it was a wrong key."""
        if self.restraint.is_deleting or not self.restraint.rejected or len(changes) != 1:
            return False
        change, newest = _least(*changes[0]), self.restraint.rejected[0]
        is_one = change.end - change.start == 1 and not change.text
        return is_one and not newest.is_dismissed and _left_of(after, change.start) == newest.left


NO_EDITS = Editing()
"""A document that was just opened."""

_Kind = Literal["typed", "deleted", "blank"]
"""typed: text was inserted. deleted: code was only removed. blank: white space was only removed."""


def _decisive(changes: Sequence[tuple[str, Change]]) -> tuple[_Kind | None, int]:
    """Return what changes are as a whole, None for no change, and the offset behind the one that decides that.

    Text that is inserted anywhere is typing. Removed white space is not yet deleting: it may be a level of indentation.
    It does not end deleting either, since lines that are deleted backwards have some.
    """
    kind: _Kind | None = None
    offset = 0
    for text, change in changes:
        least = _least(text, change)
        removed = text[least.start : least.end]
        if least.text or (change.text and not removed):  # the latter is a bracket typed over one that is there
            return "typed", least.start + len(least.text)
        if removed.strip():
            kind, offset = "deleted", least.start
        elif removed and kind is None:
            kind, offset = "blank", least.start
    return kind, offset


def _least(text: str, change: Change) -> Change:
    """Return the same change of `text` without what is the same at the beginning and the end of old and new."""
    least = difference(text[change.start : change.end], change.text)
    return Change(change.start + least.start, change.start + least.end, least.text)


def _line_of(document: Document, offset: int) -> int:
    return document.position_at(offset, Encoding.UTF32).line


def _left_of(document: Document, offset: int) -> str:
    place = document.position_at(offset, Encoding.UTF32)
    return document.line(place.line)[: place.column]
