"""A word chosen in the editor's own list of words, while it is open: what is completed is the document with that word,
and the completion begins with it (LSP 3.18, `selectedCompletionInfo`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dovetail.completion.request import Completion
from dovetail.completion.values import Shaped
from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding


@dataclass(frozen=True, slots=True)
class SelectedCompletion:
    """A word of the editor's list in place of [start:start + replaced], and the document with it."""

    text: str
    start: int
    replaced: int
    document: Document

    @classmethod
    def of(cls, document: Document, selected: Edit | None, encoding: Encoding) -> SelectedCompletion | None:
        """None where no word is chosen."""
        if selected is None or selected.start is None or selected.end is None:
            return None
        start, end = (document.offset_at(place, encoding) for place in (selected.start, selected.end))
        return cls(selected.text, start, end - start, document.edited([selected], document.version, encoding))

    @property
    def end(self) -> int:
        """Behind the word, in the document with it."""
        return self.start + len(self.text)

    def begin(self, completion: Completion) -> Completion:
        """Return the completion as one of the document as it is: the word first."""
        if not completion.text:
            return completion
        others = (Shaped(self.text + one.text, self.replaced + one.replaced) for one in completion.others)
        return replace(
            completion,
            text=self.text + completion.text,
            offset=self.start,
            column=completion.column - len(self.text),
            replaced=self.replaced + completion.replaced,
            others=tuple(others),
        )
