"""White space as the file has it: pure functions on text."""

from __future__ import annotations

import re

from dovetail.completion.postprocessing.levels import OPENS, Levels, unit_at
from dovetail.completion.preparation.lexical import depth, inside, read
from dovetail.completion.preparation.place import TAB_COLUMNS, Place

# The same inside of brackets, where a colon has other meanings.
_OPENS_IN_BRACKETS = re.compile(r"\{\s*\Z")


def fit_indentation(text: str, place: Place) -> str:
    """Return `text`, to be inserted at `place`, in the file's own indentation style, without extra spaces in front.

    The contents of strings stay unchanged, and so do spaces after tabs, which align.
    """
    first, *rest = text.split("\n")
    written = _columns(place.left[: place.indent] if place.left.strip() else place.left + _parted(first)[0])
    if place.left.strip() == "":
        if place.left and len(place.left) >= _expected_indent(place):
            first = first.lstrip(" \t")  # the line has its indentation already; the model repeated it or went too deep
            written = _columns(place.left)
        elif not inside([first], place.syntax, place.state)[0]:
            first = _first_fitted(first, place)
    elif place.left.endswith((" ", "\t")):
        first = first.lstrip(" \t")
    if not rest or not place.indent_unit:
        return "\n".join([first, *rest])  # a file that shows none: the model's own is as good
    return "\n".join([first, *_fitted(first, rest, place, written)])


def _first_fitted(first: str, place: Place) -> str:
    """Return a line that brings its own indentation with it, measured from the line above."""
    space, content = _parted(first)
    outer = _parted(place.line_above())[0]
    in_comment = content.startswith("*") and not place.code_of(first).strip()
    if not space or not place.indent_unit or in_comment:  # where a star is aligned
        return first
    unit, above, width = unit_at(place, outer), _columns(outer), _columns(place.left + space)
    columns = _columns(unit)
    in_tabs, in_spaces = not space.strip("\t"), "\t" not in space
    if (unit == "\t" and in_tabs) or (unit != "\t" and in_spaces and (width == above or not width % columns)):
        return first
    levels = round((width - above) / columns)
    if width > above:  # a block's first line is one level further in, of whatever size that is for the model
        opens = place.line_above().rstrip().endswith((":", "{", "(", "["))
        levels = 1 if opens else max(levels, int(width > above + 1))
    width = max(0, above + levels * columns)
    indent = "\t" * (width // columns) if unit == "\t" else " " * width
    return indent[len(place.left) :] + content if indent.startswith(place.left) else first


def _expected_indent(place: Place) -> int:
    """Return the least that a line here is indented."""
    above = place.line_above()
    indent = len(above) - len(above.lstrip())
    return indent + 1 if above.rstrip().endswith((":", "{", "(", "[")) else 0


def _fitted(first: str, rest: list[str], place: Place, written: int) -> list[str]:
    """Return the lines after the first one, which begins in column `written` for the model."""
    lines = [first, *rest]
    in_string = inside(lines, place.syntax, place.state)
    code = place.code_of("\n".join(lines)).split("\n")
    own = place.left[: place.indent] if place.left.strip() else place.left + _parted(first)[0]
    base = _columns(own)
    columns = base - _written_base(lines, code, in_string, written)
    if columns:
        rest = _shifted(rest, in_string[1:], columns)
        lines = [first, *rest]
        code = place.code_of("\n".join(lines)).split("\n")
    levels = Levels(place, own, _step(lines, code, in_string, base))
    levels.read(place.left + first, base, read(place.left, place.syntax)[0] + code[0])
    fitted = []
    for line, stays, bare in zip(rest, in_string[1:], code[1:], strict=True):
        if stays or not line.strip():
            fitted.append(line)
            levels.read(line, None, bare)
        else:
            fitted.append(levels.fitted(line, bare))
    return fitted


def _written_base(lines: list[str], code: list[str], in_string: list[bool], written: int) -> int:
    """Return the columns at which the model takes the first line to be: those of the line that closes its brackets; in
    a block comment one less than those of its stars; else those where it wrote the line."""
    if lines[0].lstrip().startswith("/*") and lines[1].lstrip().startswith("*"):
        return _width(lines[1].expandtabs(TAB_COLUMNS)) - 1
    open_ = 0
    for number, line in enumerate(lines):
        closes = number > 0 and open_ > 0 and open_ + _depth_at_start(line, code[number]) <= 0
        if closes and not in_string[number]:
            return _width(line.expandtabs(TAB_COLUMNS))
        open_ += depth(code[number])
        if open_ <= 0:
            break
    return written


def _depth_at_start(line: str, code: str) -> int:
    """Return minus the number of brackets that a line begins with closing."""
    content = code[len(_parted(line)[0]) :]
    return len(content.lstrip(")]}")) - len(content)


def _shifted(lines: list[str], in_string: list[bool], columns: int) -> list[str]:
    """Return the lines moved by some columns, without those of strings."""
    moved = []
    for line, stays in zip(lines, in_string, strict=True):
        wide = line.expandtabs(TAB_COLUMNS) if line[:1] == "\t" else line
        is_kept = stays or not line.strip()
        moved.append(line if is_kept else " " * max(0, _width(wide) + columns) + line.lstrip(" \t"))
    return moved


def _step(lines: list[str], code: list[str], in_string: list[bool], base: int) -> int:
    """Return the columns of one level as the model wrote it, 0 where it did not show."""
    open_brackets, opened = 0, None
    for number, line in enumerate(lines):
        width = base if number == 0 else _width(line.expandtabs(TAB_COLUMNS))
        if in_string[number] or not line.strip():
            continue
        space = _parted(line)[0]
        if opened is not None and 0 < width - opened <= len(space) - len(space.rstrip(" ")):
            return width - opened  # a tab is a level, however wide
        open_brackets += _open_brackets(code[number])
        begins = OPENS if open_brackets <= 0 else _OPENS_IN_BRACKETS
        opened = width if begins.search(code[number].rstrip()) else None
    return 0


def _columns(space: str) -> int:
    return len(space.expandtabs(TAB_COLUMNS))


def _parted(line: str) -> tuple[str, str]:
    content = line.lstrip(" \t")
    return line[: len(line) - len(content)], content


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _open_brackets(code: str) -> int:
    """Return how many more round and square brackets a line opens than closes: their contents are aligned."""
    return code.count("(") + code.count("[") - code.count(")") - code.count("]")
