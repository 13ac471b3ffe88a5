"""Edits as spans of offsets: what a change removes and what it puts there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding

# The maximum number of edits in one message that count as separate changes. A message with more of them (a rename, a
# formatter) is one change: nobody types with that many cursors.
MAX_EDITS = 32


@dataclass(frozen=True, slots=True)
class Change:
    """The characters from `start` to `end` (offsets in code points) become `text`."""

    start: int
    end: int
    text: str


def changes_of(document: Document, edits: Sequence[Edit], encoding: Encoding) -> Iterator[tuple[str, Change]]:
    """Yield the changes that these edits make, each with the text that it changes."""
    if len(edits) > MAX_EDITS:
        yield document.text, difference(document.text, document.edited(edits, document.version, encoding).text)
        return
    for number, edit in enumerate(edits):
        if number:
            document = document.edited(edits[number - 1 : number], document.version, encoding)
        yield document.text, _change_of(document, edit, encoding)


def difference(before: str, after: str) -> Change:
    """Return the one change that makes `after` of `before`: all between their common beginning and their common end."""
    start = common_length(before, after)
    rest = min(len(before), len(after)) - start
    end = common_length(before[len(before) - rest :][::-1], after[len(after) - rest :][::-1])
    return Change(start, len(before) - end, after[start : len(after) - end])


def common_length(one: str, other: str) -> int:
    """Length of the common beginning of two texts. It is found by halving: comparing slices is fast, comparing
    characters is not."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _change_of(document: Document, edit: Edit, encoding: Encoding) -> Change:
    if edit.start is None or edit.end is None:
        return difference(document.text, edit.text)
    start, end = sorted((document.offset_at(edit.start, encoding), document.offset_at(edit.end, encoding)))
    return Change(start, end, edit.text)
