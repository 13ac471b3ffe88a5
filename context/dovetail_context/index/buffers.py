"""The open buffers of a workspace: texts that editors hold, which count instead of the files on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dovetail_context.index.extraction.build import odd_language, read_text, words_of_record
from dovetail_context.index.words import TextWords
from dovetail_context.languages.registry import language_for, language_of
from dovetail_context.records.record import FileRecord
from dovetail_context.workspace.exclude import MAX_FILE_BYTES
from dovetail_context.workspace.scan import is_excluded
from dovetail_context.workspace.secrets.find import redact
from dovetail_context.workspace.selection import Selection, left_out


class OpenBuffers:
    """The records of open buffers, by path, and which of them have changed."""

    def __init__(self, root: Path, is_on_disk: Callable[[str], bool]) -> None:
        """`is_on_disk` says whether the index holds a file, which is why its buffer counts without a check."""
        self.records: dict[str, FileRecord] = {}
        self._words: dict[str, TextWords] = {}  # of some of these records: a large text takes a second
        self._root = root
        self._is_on_disk = is_on_disk
        self._counts: dict[tuple[str, str], bool] = {}  # whether a buffer counts, by path and language

    def lay(self, path: str, text: str | None, language: str, selection: Selection) -> bool:
        """Lay `text` over the file `path`; None removes it. Return whether anything has changed.

        A buffer of a file that would not be read from disk does not count. `language` is the language id, or "" if the
        path or the first line implies it.
        """
        language = language or language_of(path, text=text or "")
        found, known = language_for(path, language), self.records.get(path)
        # Parsing a large text with every keystroke would stall everything else.
        is_too_large = text is not None and len(text) > MAX_FILE_BYTES
        if text is None or found is None or is_too_large or not self._is_counted(path, language, selection):
            self._words.pop(path, None)
            return self.records.pop(path, None) is not None
        text = redact(text)
        is_same = known is not None and (known.text, known.language) == (text, found.name)
        record = known if is_same else read_text(path, text, language)
        if not isinstance(record, FileRecord):
            return False
        if record is not known:
            self._words.pop(path, None)
        self.records[path] = record
        return True

    def words(self, path: str) -> TextWords:
        """Return the words of a buffer, read once for each of its texts. Raises KeyError if there is no such buffer."""
        if path not in self._words:
            self._words[path] = words_of_record(self.records[path])
        return self._words[path]

    def drop_left_out(self, selection: Selection) -> list[str]:
        """Drop the buffers that `selection` rejects; return their paths."""
        return self._drop(
            [path for path, record in self.records.items() if left_out(selection, path, odd_language(path, record))]
        )

    def drop_excluded(self, found: set[str], selection: Selection) -> list[str]:
        """Drop the buffers that a walk over the tree, which saw `found`, would not have read; return their paths."""
        return self._drop(
            [
                path
                for path in self.records.keys() - found
                if is_excluded(self._root, path, selection, language=odd_language(path, self.records[path]))
            ]
        )

    def _drop(self, paths: list[str]) -> list[str]:
        self._counts.clear()
        for path in paths:
            del self.records[path]
            self._words.pop(path, None)
        return paths

    def _is_counted(self, path: str, language: str, selection: Selection) -> bool:
        """Return whether a buffer counts. Every keystroke needs the answer, so it is remembered."""
        is_by_path = language_for(path, language) is language_for(path)
        if is_by_path and (path in self.records or self._is_on_disk(path)):
            return True
        key = (path, "" if is_by_path else language)
        if key not in self._counts:
            self._counts[key] = is_excluded(self._root, path, selection, language=key[1]) is None
        return self._counts[key]
