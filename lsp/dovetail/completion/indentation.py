"""White space as the file has it: pure functions on text."""

from __future__ import annotations

from dovetail.completion.place import TAB_COLUMNS, Place


def fit_indentation(text: str, place: Place) -> str:
    """`text`, to be inserted at `place`, with the file's own kind of indentation, and no space too many in front."""
    first, *rest = text.split("\n")
    if place.left.strip() == "":
        if place.left and len(place.left) >= _expected_indent(place):
            first = first.lstrip(" \t")  # it stands there already, said again or one level too deep
    elif place.left.endswith((" ", "\t")):
        first = first.lstrip(" \t")
    return "\n".join([first, *(_in_unit(line, place.indent_unit) for line in rest)])


def _expected_indent(place: Place) -> int:
    """The least that a line here is indented."""
    above = place.line_above()
    indent = len(above) - len(above.lstrip())
    return indent + 1 if above.rstrip().endswith((":", "{", "(", "[")) else 0


def _in_unit(line: str, unit: str) -> str:
    if not unit:
        return line  # the file shows none: the model's own is as good
    content = line.lstrip(" \t")
    space = line[: len(line) - len(content)]
    if unit == "\t" and " " in space and content:
        columns = len(space.expandtabs(TAB_COLUMNS))
        return "\t" * (columns // TAB_COLUMNS) + content
    if unit != "\t" and "\t" in space:
        return unit * space.count("\t") + space.replace("\t", "") + content
    return line
