"""Where a rule was defined: a file, and lines and columns in it. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

RULES_FILE = ".dovetail.toml"

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class SourceRange:
    """A range of a text: lines and columns (code points) from 1, the end column after the last character."""

    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a named file: `.dovetail.toml`, the user's own rules, or the editor's settings, without lines."""

    file: str
    place: SourceRange | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.place.line}" if self.place else self.file


@dataclass(frozen=True, slots=True)
class RuleText:
    """A text of the rules, and its position. Two are equal if their texts are, wherever they appear."""

    text: str
    source: Source = field(compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in the rules, in one sentence that explains what to do. Errors fail `rules check`."""

    severity: Severity
    message: str
    source: Source
