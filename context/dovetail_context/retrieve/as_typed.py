"""The record of a text as it is being typed, whose statement at the cursor may not parse yet."""

from functools import lru_cache
from textwrap import dedent

from dovetail_context.languages.language import Language
from dovetail_context.languages.registry import extract
from dovetail_context.query import Query
from dovetail_context.records.record import FileRecord


def record_as_typed(language: Language, query: Query, known: FileRecord | None) -> FileRecord:
    """Return the record of a text after its statement at the cursor was repaired. If the repaired text does not parse,
    return the better record of the two texts. `known` is the record of the text in the index.

    The repaired text does not change while one statement is being typed, so it is read once for all those keystrokes.
    Many files never parse as a whole (headers with macros). Such a file is not read again if nothing at the cursor is
    to be repaired.
    """
    text = language.repaired(query.text, query.offset)
    at_hand = known if known is not None and known.text == query.text else None
    if at_hand is not None and (text == query.text or _parses(language, query.path, _changed_lines(query.text, text))):
        return at_hand
    repaired = _extracted(query.path, text, query.language)
    if not repaired.problems:
        return repaired
    raw = _extracted(query.path, query.text, query.language) if at_hand is None else at_hand
    return raw if not raw.problems or len(raw.symbols) > len(repaired.symbols) else repaired


@lru_cache(maxsize=8)
def _extracted(path: str, text: str, language: str) -> FileRecord:
    return extract(path, text, language)


def _parses(language: Language, path: str, lines: str) -> bool:
    """Return whether some lines parse by themselves, so that they are not what a text fails to parse for."""
    grammar = language.grammar(path)
    # Where nothing was written yet, something may be missing: the body of a function.
    return grammar is not None and bool(lines.strip()) and not grammar.parse(dedent(lines)).is_broken


def _changed_lines(text: str, other: str) -> str:
    """Return the lines of a text that `other` changes, which differs in one place."""
    first = _common_length(text, other)
    last = len(text) - _common_length(text[first:][::-1], other[first:][::-1])
    end = text.find("\n", last)
    return text[text.rfind("\n", 0, first) + 1 : len(text) if end < 0 else end]


def _common_length(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    least, most = 0, min(len(one), len(other))
    while least < most:  # comparing slices is faster than comparing characters
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
