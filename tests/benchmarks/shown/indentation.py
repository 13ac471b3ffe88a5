"""Convert the indentation of a file, and find lines of a suggestion that do not match it."""

from __future__ import annotations

import re
from collections import Counter
from math import gcd

from tests.benchmarks.shown.asking import Shown
from tests.benchmarks.shown.places import Hole

_INDENT = re.compile(r"^[ \t]*(?=[^\s])", re.MULTILINE)
# Of lines that show a file's step: those of a block comment begin with a star, one space further in.
_SHOWS_STEP = re.compile(r"^[ \t]*(?=[^\s*])", re.MULTILINE)


def step_of(text: str) -> str:
    """Return what one level of a text is indented by: "\\t" or some spaces; "" where nothing is indented."""
    indents = [match[0] for match in _SHOWS_STEP.finditer(text) if match[0]]
    if sum(indent.startswith("\t") for indent in indents) * 2 > len(indents):
        return "\t"
    widths = Counter(len(indent) for indent in indents if "\t" not in indent)
    common = [width for width, count in widths.items() if count * 20 >= len(indents) and width > 1]
    return " " * gcd(*common) if common else ""


def in_form(hole: Hole, form: str) -> dict[str, str]:
    """Return the parts of a hole whose file is indented, or ends its lines, in another form."""
    if form == "crlf":
        return {part: re.sub(r"\r?\n", "\r\n", getattr(hole, part)) for part in ("before", "after", "truth")}
    step, wanted = step_of(hole.text), "\t" if form == "tabs" else " " * int(form)
    if not step:
        return {}

    def indented(match: re.Match[str]) -> str:
        levels, rest = divmod(len(match[0]), len(step))
        return wanted * levels + " " * rest if match[0] == step[0] * len(match[0]) else match[0]

    before = _INDENT.sub(indented, hole.before)
    line = before.rpartition("\n")[2]
    if line and not line.strip():  # the cursor is at an indentation, which is followed by nothing
        before = before[: len(before) - len(line)] + wanted * (len(line) // len(step))
    first, newline, after = hole.after.partition("\n")
    return {"before": before, "after": first + newline + _INDENT.sub(indented, after)}


def foreign_lines(shown: Shown) -> list[str]:
    """Return the lines of a suggestion whose indentation is of another kind than the file's: tabs for spaces, spaces
    for tabs, or no whole number of the file's steps more or less than the line before the cursor."""
    hole = shown.hole
    step = step_of(hole.text)
    if not step:
        return []
    above = next((line for line in reversed(hole.before.split("\n")) if line.strip()), "")
    base = len(above) - len(above.lstrip())
    foreign = []
    for line in shown.inserted.split("\n")[1:]:
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if not line.strip() or not indent:
            continue
        if line.lstrip().startswith("*"):
            indent = indent.removesuffix(" ")  # in a block comment
        if step == "\t":
            is_foreign = not indent.startswith("\t")
        else:
            is_foreign = "\t" in indent or ((len(indent) - base) % len(step) != 0 and len(indent) % len(step) != 0)
        if is_foreign:
            foreign.append(line)
    return foreign
