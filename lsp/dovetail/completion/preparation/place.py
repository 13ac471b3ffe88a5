"""The place of a cursor, read once: the text and the tree around it. All later decisions use this value."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from dovetail.completion.preparation.judge import compiles, parts_around
from dovetail.completion.preparation.lexical import (
    LONG_QUOTES,
    State,
    continued_lines,
    kind_of,
    name_of,
    read,
    state_in,
)
from dovetail.text.lazy import lazy
from dovetail_context.api import ParsedText, PlaceKind, language_for, parse_text, shown_path

# Columns that an editor shows for a tab, where a file does not reveal the width of its levels.
TAB_COLUMNS = 4
# The number of characters at the beginning of a file that show its indentation.
INDENTED_CHARACTERS = 40_000
# The number of characters before a cursor to read for strings and comments where there is no tree.
READ_CHARACTERS = 40_000
_ALIGNED_BEHIND_TABS = re.compile(r"^\t+ +[^\s*]", re.MULTILINE)
# Labels of a class's parts, which C++ indents by less than a level.
LABEL = re.compile(r"\s*(?:public|private|protected|signals)\b[\w\s]*:")
# Where a string between backticks may have several lines.
_LONG_TEMPLATES = ("typescript", "javascript", "go")
_LINE_WITH_TEXT = re.compile(r"\n([^\S\n]*\S[^\n]*)")


@dataclass(frozen=True)
class Place:
    """A cursor in a text. Lines end with "\\n" here, whatever the file has; `offset` counts code points of `text`.

    `left` and `right` are the parts of its line. `language` is the id of the text's language, "" if its path determines
    it. The text is parsed on first use, so the class has no `slots`.
    """

    path: str
    text: str
    offset: int
    left: str
    right: str
    language: str = ""

    @lazy
    def parsed(self) -> ParsedText | None:
        """The tree of the text, of a large one that of what is around the cursor; None where the language is not known.

        The first time this takes as long as parsing does: up to 0.2 s, so it is not for the event loop.
        """
        return parse_text(self.path, self.text, self.offset, self.language)

    @lazy
    def errors(self) -> int:
        """How broken the text is before anything is inserted."""
        return self.parsed.errors() if self.parsed else 0

    @lazy
    def errors_elsewhere(self) -> int:
        """How broken the text is without the cursor's line."""
        start, end = self.offset - len(self.left), self.offset + len(self.right)
        return self.parsed.replaced(start, end, "").errors() if self.parsed else 0

    @lazy
    def rejected(self) -> frozenset[str]:
        """What the language's own parser rejects on the cursor's line before anything is inserted."""
        start, end = self.offset - len(self.left), self.offset + len(self.right)
        return self.parsed.rejected(start, end) if self.parsed is not None else frozenset()

    @lazy
    def judged(self) -> tuple[int, int] | None:
        """The part of the text, from one offset to another, that the language's own compiler takes, or would if the
        cursor's line were a finished one; None where there is none, or no compiler to ask."""
        if self.language_name != "python" or self.parsed is None or not self.parsed.tree.is_read:
            return None
        first, last = self.offset - len(self.left), self.offset + len(self.right)
        line = f"{self.left[: self.indent]}pass"
        for start, end in parts_around(self.text, first, last):
            finished = self.text[start:first] + line + self.text[last:end]
            if compiles(finished, start) or compiles(self.text[start:end], start):
                return start, end
        return None

    @lazy
    def kind(self) -> PlaceKind:
        """Whether text inserted here is code, or part of a comment or a string."""
        if self.parsed:
            return self.parsed.kind_at(self.offset)
        return kind_of(self._state_read, self.syntax)

    @lazy
    def _state_read(self) -> State:
        """What is open at the cursor, as far as one can read it off the text before without a tree."""
        return read(self.text[max(0, self.offset - READ_CHARACTERS) : self.offset], self.syntax)[1]

    @property
    def is_in_long_text(self) -> bool:
        """Whether the cursor is in a string of several lines, or in one with the quotes of such (docstrings)."""
        if self.kind != "string":
            return False
        goes_on = self.state.end == "`" and "`" not in self.right and self.syntax in _LONG_TEMPLATES
        if self.state.end in LONG_QUOTES or goes_on:
            return True
        if self.parsed:
            start = self.parsed.string_start(self.offset)
            return start is not None and "\n" in self.text[start : self.offset]
        return kind_of(read(self.left, self.syntax)[1], self.syntax) != "string"

    @property
    def syntax(self) -> str:
        """How strings and comments are written here, for `lexical`."""
        return name_of(self.language_name, self.path)

    @property
    def language_name(self) -> str:
        """Name of the language; "" where it is not one of ours."""
        language = language_for(self.path, self.language)
        return language.name if language else ""

    @lazy
    def state(self) -> State:
        """Whether a string or a comment is open at the cursor."""
        if self.parsed is None:
            return self._state_read
        return state_in(self.kind, self.text[: self.offset], self.syntax)

    def code_of(self, text: str) -> str:
        """Return `text`, inserted at the cursor, with everything but code in it blanked out."""
        return read(text, self.syntax, self.state)[0]

    @property
    def shown_path(self) -> str:
        """The path as the model sees it, with a suffix for the language where the path itself does not reveal it."""
        return shown_path(self.path, self.language)

    @property
    def indent(self) -> int:
        """Characters of white space that the line begins with."""
        return len(self.left) - len(self.left.lstrip())

    @lazy
    def indent_unit(self) -> str:
        """One level of indentation, as the file has it: a tab or some spaces; "" where no line is indented."""
        return _indent_unit(self.text)

    @lazy
    def _continued(self) -> tuple[bool, frozenset[int]]:
        return continued_lines(self.text[:INDENTED_CHARACTERS], self.syntax)

    @property
    def aligns_to_brackets(self) -> bool:
        """Whether lines in round or square brackets are aligned with what follows the bracket on its line."""
        return self._continued[0]

    @property
    def hanging_columns(self) -> frozenset[int]:
        """By how many columns lines are indented below one that ends with a round or square bracket."""
        return self._continued[1]

    @lazy
    def aligns_behind_tabs(self) -> bool:
        """Whether any line is indented by tabs and then by spaces, the stars of a block comment aside."""
        return _ALIGNED_BEHIND_TABS.search(self.text, 0, INDENTED_CHARACTERS) is not None

    def line_above(self) -> str:
        """Return the nearest line above that is not empty; "" where there is none."""
        before = self.text[: self.offset - len(self.left)].rstrip()
        return before[before.rfind("\n") + 1 :]

    def lines_below(self, count: int) -> list[str]:
        """Return the next `count` lines below that are not empty."""
        matches = _LINE_WITH_TEXT.finditer(self.text, self.offset + len(self.right))
        return [match[1] for match in islice(matches, count)]


def read_place(path: str, text: str, offset: int, language: str = "") -> Place:
    """Return the place at `offset` (code points) of `text`, which may have any line ends."""
    before = unix_line_ends(text[:offset])
    whole = before + unix_line_ends(text[offset:]) if "\r" in text else text
    start = before.rfind("\n") + 1
    end = whole.find("\n", len(before))
    right = whole[len(before) : end if end >= 0 else len(whole)]
    return Place(path, whole, len(before), before[start:], right, language)


def unix_line_ends(text: str) -> str:
    """Models are trained on "\\n"; the editor puts its own line ends back when it inserts."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _indent_unit(text: str) -> str:
    """By the differences in indentation between one line and the next, which are mostly one level."""
    steps: Counter[int] = Counter()
    previous = tabs = 0
    for line in text[:INDENTED_CHARACTERS].split("\n"):
        content = line.lstrip()
        if not content or LABEL.match(content):
            continue
        tabs += line[0] == "\t"
        width = len(line) - len(content)
        steps[width - previous] += 1
        previous = width
    rising = {step: count for step, count in steps.items() if 1 < step <= 8}
    if tabs and tabs >= sum(rising.values()):
        return "\t"
    return " " * max(rising, key=lambda step: rising[step]) if rising else ""
