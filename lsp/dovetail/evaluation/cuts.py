"""What of a model's text is scored: cuts that suites share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dovetail.evaluation.task import Task, TextHole
from dovetail_context.api import parse_text


def before_stops(written: str, stops: Sequence[str]) -> str:
    """Return a text up to the first of the stop texts."""
    return written[: min((at for stop in stops if (at := written.find(stop)) >= 0), default=len(written))]


def first_line_with_text(written: str) -> str:
    """Return the first line that is not blank, without its line end; "" where there is none."""
    return next((line.rstrip() for line in written.split("\n") if line.strip()), "")


def longest_that_parses(beginnings: Iterable[str], task: Task) -> str | None:
    """Return the first of `beginnings`, longest first, with which the task's text has no syntax error.

    None where there is none, or where the language has no grammar.
    """
    hole = task.question
    if not isinstance(hole, TextHole):
        return None
    for written in beginnings:
        parsed = parse_text(hole.path, hole.prefix + written + hole.suffix)
        if parsed is None:
            return None
        if not parsed.tree.is_broken:
            return written
    return None


def lines_that_parse(written: str, task: Task) -> str:
    """Return as many lines as possible with which the text has no syntax error; all where that never happens."""
    lines = written.split("\n")
    beginnings = ("\n".join(lines[:count]) for count in range(len(lines), 0, -1))
    return longest_that_parses(beginnings, task) or written


def part_of_line_that_parses(written: str, task: Task) -> str:
    """Return the longest beginning of the first line with which the text has no syntax error, else the line."""
    line = first_line_with_text(written).strip()
    return longest_that_parses((line[:count] for count in range(len(line), 0, -1)), task) or line
