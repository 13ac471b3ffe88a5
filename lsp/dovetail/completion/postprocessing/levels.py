"""Levels of indentation: from the columns in which a model wrote a line to those that the file would have.

A line is measured from the line that opened the bracket around it, else from the line of the cursor. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dovetail.completion.preparation.lexical import content_after
from dovetail.completion.preparation.place import LABEL, TAB_COLUMNS, Place

_CLOSES = {")": "(", "]": "[", "}": "{"}
# The end of a line that makes the next one a level deeper.
OPENS = re.compile(r"(?:[:{]|=>|\b(?:do(?:\s*\|[^|]*\|)?|then))\s*\Z")


@dataclass(frozen=True, slots=True)
class Bracket:
    """An open bracket. The line that opens it begins in column `width`, for the model in column `written`.

    Unless the bracket ends its line, what follows it there begins in column `content`, and `content_written`.
    """

    sign: str
    written: int
    width: int
    content_written: int | None
    content: int


class Levels:
    """Reads the lines of a suggestion in order, and indents each as the file is indented."""

    def __init__(self, place: Place, own: str, step: int) -> None:
        """`own` is the indentation of the cursor's line, `step` the columns of the model's levels, 0 if unknown."""
        self._place = place
        self._unit = unit_at(place, own)
        self._columns = TAB_COLUMNS if self._unit == "\t" else len(self._unit)
        self._step = step
        self._base = self._written = self._width = len(own.expandtabs(TAB_COLUMNS))
        self._open: list[Bracket] = []
        self._opens = False

    def fitted(self, line: str, code: str) -> str:
        """Return the next line as the file would indent it. `code` is the line with everything but code blanked out."""
        content = line.lstrip(" \t")
        space = line[: len(line) - len(content)]
        code = code[len(space) :]
        if self._unit != "\t" and "\t" in space:  # a tab is a level
            space = self._unit * space.count("\t") + space.replace("\t", "")
        written = len(space.expandtabs(TAB_COLUMNS))
        width = self._new_width(written, content, code)
        if content.startswith("*") and not code.startswith("*"):  # in a block comment, whose stars are aligned
            self.read(space + content, width, space + code)
            return self._rendered(width - 1) + " " + content
        is_tabbed = self._unit == "\t" and re.fullmatch(r"\t* *", space) is not None
        if is_tabbed and (" " not in space or (space[0] == "\t" and self._may_align(content))):
            width, indent = written, space
        else:
            indent = self._rendered(width)
        self.read(space + content, width, space + code)
        return indent + content

    def read(self, line: str, width: int | None, code: str) -> None:
        """Take in the brackets of a line that begins in column `width`; None for one that begins inside a string."""
        indent = _indent(line)
        written = self._written if width is None else len(line[:indent].expandtabs(TAB_COLUMNS))
        width = self._width if width is None else width
        for at, sign in enumerate(code):
            if sign in _CLOSES.values():
                content = content_after(line, code, at)
                behind = (content if content is not None else len(line)) - indent
                held = None if content is None else written + behind
                self._open.append(Bracket(sign, written, width, held, width + behind))
            elif sign in _CLOSES and self._open and self._open[-1].sign == _CLOSES[sign]:
                self._open.pop()
        if code.strip():
            self._written, self._width = written, width
            self._opens = OPENS.search(code) is not None

    def _may_align(self, content: str) -> bool:
        """Return whether the spaces of a line behind its tabs may align it: not if it begins a level, or ends one."""
        if content.startswith("*") or self._place.aligns_behind_tabs:
            return True
        if not self._open:
            return not self._opens
        return self._open[-1].content_written is not None

    def _new_width(self, written: int, content: str, code: str) -> int:
        closed = len(code) - len(code.lstrip(")]}"))
        if content.startswith("*") and not code.startswith("*"):  # in a block comment
            return self._measured(written - 1) + 1
        if closed and len(self._open) >= closed:
            opener = self._open[-closed]
            if opener.content_written is not None and 0 <= opener.content_written - written <= 1:
                return self._aligned(opener, opener.content_written - written)
            return opener.width + self._scaled(written - opener.written, opener.width)
        if LABEL.match(content) and self._place.language_name == "cpp":
            return max(0, self._width + written - self._written)
        if self._open:
            opener = self._open[-1]
            if written == opener.content_written:
                return self._aligned(opener, 0)
            deeper = written - opener.written
            if opener.content_written is not None and deeper > 0 and deeper % self._columns and not self._step:
                return self._aligned(opener, 0)  # with the line in another column than it is in
            hangs = self._place.hanging_columns
            if opener.content_written is None and opener.sign != "{" and hangs and deeper > 0 and deeper not in hangs:
                scaled = self._scaled(deeper, opener.width)
                return opener.width + (scaled if scaled in hangs else min(hangs))
            return max(0, opener.width + self._scaled(deeper, opener.width))
        return self._measured(written)

    def _measured(self, written: int) -> int:
        """Return the column of a line that is in no bracket."""
        opener = self._open[-1] if self._open else None
        old, new = (opener.written, opener.width) if opener is not None else (self._base, self._base)
        return max(0, new + self._scaled(written - old, new))

    def _aligned(self, opener: Bracket, before: int) -> int:
        """Return the column that aligns with what follows a bracket, or one level if the file does not align so."""
        column = opener.content - before
        if self._place.aligns_to_brackets or (column - opener.width) % self._columns == 0:
            return column
        return opener.width + self._columns

    def _scaled(self, deeper: int, start: int) -> int:
        """Return how much deeper than column `start` the file would indent what the model indents by `deeper`."""
        columns, step, unit = abs(deeper), self._step, self._columns
        if step not in (0, unit) and columns % step == 0:
            columns = columns // step * unit
        elif columns % unit and (start + deeper) % unit:
            columns = max(1, round(columns / (step or unit))) * unit
        return columns if deeper > 0 else -columns

    def _rendered(self, width: int) -> str:
        if self._unit != "\t":
            return " " * width
        opener = self._open[-1] if self._open else None
        if opener is not None and width == opener.content and width % TAB_COLUMNS:
            return "\t" * (opener.width // TAB_COLUMNS) + " " * (width - opener.width // TAB_COLUMNS * TAB_COLUMNS)
        return "\t" * (width // TAB_COLUMNS)


def unit_at(place: Place, own: str) -> str:
    """Return one level of indentation around the cursor, or "" in a file without any. `own` is the indentation of the
    line there, or of the one above it; the file may have other kinds elsewhere."""
    unit = place.indent_unit
    if not own:
        own = next((line[: _indent(line)] for line in place.lines_below(1)), "")
    if "\t" in own:
        return "\t"
    if unit != "\t" and 1 < len(own) < len(unit):
        return own  # what is indented so far in can have no larger levels
    if own and unit == "\t":
        return next((" " * columns for columns in (4, 8, 2) if len(own) % columns == 0), unit)
    return unit


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
