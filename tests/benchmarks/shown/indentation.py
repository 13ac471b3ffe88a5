"""Convert the indentation of a file, and find lines of a suggestion that do not match it."""

from __future__ import annotations

import re

from dovetail_context.api import parse_text
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
    widths = [len(indent) for indent in indents if "\t" not in indent]
    fitting = (
        step
        for step in (8, 4, 3, 2)
        if sum(width % step == 0 for width in widths) >= 0.8 * len(widths)
        and widths.count(step // 2) <= 0.05 * len(widths)
    )
    return " " * next(fitting, 0) if widths else ""


def in_form(hole: Hole, form: str) -> dict[str, str]:
    """Return the parts of a hole whose file is indented, or ends its lines, in another form."""
    if form == "crlf":
        return {part: re.sub(r"\r?\n", "\r\n", getattr(hole, part)) for part in ("before", "after", "truth")}
    if form == "mixed":
        return _mixed(hole)
    step, wanted = step_of(hole.text), "\t" if form == "tabs" else " " * int(form)
    if not step:
        return {}

    def indented(match: re.Match[str]) -> str:
        rest, levels = match[0], 0
        while rest.startswith(step):
            rest, levels = rest.removeprefix(step), levels + 1
        return wanted * levels + rest

    before = _INDENT.sub(indented, hole.before)
    line = before.rpartition("\n")[2]
    if line and not line.strip():  # the cursor is at an indentation, which is followed by nothing
        before = before[: len(before) - len(line)] + wanted * (len(line) // len(step))
    first, newline, after = hole.after.partition("\n")
    return {"before": before, "after": first + newline + _INDENT.sub(indented, after)}


def _mixed(hole: Hole) -> dict[str, str]:
    """Return the parts of a hole whose file has every second top-level part in tabs, the others in four spaces."""
    forms = {form: {"before": hole.before, "after": hole.after, **in_form(hole, form)} for form in ("tabs", "4")}
    tabs, spaces = (forms[form]["before"] + "\0" + forms[form]["after"] for form in ("tabs", "4"))
    mixed, form, previous = [], 0, ""
    for lines in zip(tabs.split("\n"), spaces.split("\n"), strict=True):
        if not previous.strip("\0 \t\r") and lines[0][:1] not in ("", " ", "\t", "\0", "\r"):
            form = 1 - form
        previous = lines[0]
        mixed.append(lines[form])
    before, _, after = "\n".join(mixed).partition("\0")
    return {"before": before, "after": after}


def string_lines(shown: Shown) -> frozenset[int]:
    """Return which lines of a suggestion begin inside a string; its first one has the number 0."""
    parsed = parse_text(shown.hole.path, shown.text, shown.start)
    if parsed is None:
        return frozenset()
    starts = [match.end() for match in re.finditer("\n", shown.inserted)]
    return frozenset(n for n, at in enumerate(starts, 1) if parsed.kind_at(shown.start + at) == "string")


def altered_strings(shown: Shown) -> list[str]:
    """Return the lines inside of strings that are not as the model wrote them."""
    lines = shown.inserted.split("\n")
    inside = (lines[number] for number in sorted(string_lines(shown)))
    return [line for line in inside if not any(f"\n{line}" in text.replace("\r", "") for text in shown.written)]


def foreign_lines(shown: Shown) -> list[str]:
    """Return the lines of a suggestion whose indentation is of another kind than the file's: tabs for spaces, spaces
    for tabs, or no whole number of the file's steps more or less than the line before the cursor."""
    hole = shown.hole
    step = step_of(hole.text)
    if not step:
        return []
    above = next((line for line in reversed(hole.before.split("\n")) if line.strip()), "")
    base = len(above) - len(above.lstrip())
    here = hole.before.rpartition("\n")[2]
    below = next((line for line in hole.after.split("\n")[1:] if line.strip()), "")
    own = next((line for line in (here, above, below) if line[:1] in (" ", "\t")), "")
    if own[:1] in (" ", "\t") and (own[0] == "\t") != (step == "\t"):  # a mixed file
        step = "\t" if own[0] == "\t" else "    "
    foreign, inside = [], string_lines(shown)
    first, *rest = shown.inserted.split("\n")
    is_indented = not here.strip() and first[:1] in (" ", "\t")
    whole = [here + first if is_indented else "", *rest]
    if not own and re.search(r"^\t", hole.text, re.MULTILINE) and re.search(r"^ ", hole.text, re.MULTILINE):
        begins = next((line[0] for line in whole if line[:1] in (" ", "\t")), "")
        step = "\t" if begins == "\t" else "    "  # the file has both kinds, and none near by
    for number, line in enumerate(whole):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if not line.strip() or not indent or number in inside:
            continue
        if re.match(r"\s*\*(?:[\s/]|$)", line):
            indent = indent.removesuffix(" ")  # in a block comment
        if step == "\t":
            is_foreign = not indent.startswith("\t")
        else:
            is_foreign = "\t" in indent or ((len(indent) - base) % len(step) != 0 and len(indent) % len(step) != 0)
        if is_foreign:
            foreign.append(line)
    return foreign
