"""What is wrong with a project's rules, as the protocol's diagnostics. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types

from dovetail.rules.source import Problem, SourceRange
from dovetail.text.lines import Encoding, content_length, offset_to_column, split_lines

_SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}


def diagnostics(problems: Iterable[Problem], text: str, unit: Encoding) -> list[types.Diagnostic]:
    """Return the problems at their places in `text`, in the client's columns. One without a place is at the top."""
    lines = split_lines(text)
    return [
        types.Diagnostic(
            range=_range(problem.source.place or SourceRange(), lines, unit),
            message=problem.message,
            severity=_SEVERITIES[problem.severity],
            source="Dovetail",
        )
        for problem in problems
    ]


def _range(place: SourceRange, lines: Sequence[str], unit: Encoding) -> types.Range:
    return types.Range(
        _position(place.line, place.column, lines, unit), _position(place.end_line, place.end_column, lines, unit)
    )


def _position(line: int, column: int, lines: Sequence[str], unit: Encoding) -> types.Position:
    """Return a place counted from 1, in code points, as the client counts it."""
    row = min(line, len(lines)) - 1
    return types.Position(row, offset_to_column(lines[row], min(column - 1, content_length(lines[row])), unit))
