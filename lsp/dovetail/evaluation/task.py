"""What is asked: a task of a suite, with the facts that score its answer. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FOLLOWING = "following"
"""The name, among a task's official texts, of the lines that its author wrote next."""

DELETED = "deleted"
"""The scenario of a line that its author is deleting."""

Comparison = Literal["exit", "output", "number"]
"""What a program must do to pass.

exit: end with status 0. output: print one of the expected texts; spaces at line ends and blank lines at the end do not
count. number: print the expected number.
"""


@dataclass(frozen=True, slots=True)
class ProjectHole:
    """A hole in a file of a project on this machine: the project is searched for context."""

    root: Path
    """The project's folder."""
    path: str
    """The file, relative to the project, with forward slashes."""
    start: int
    """Where the hole begins in the file, in code points."""
    end: int
    """Where it ends. The file has the ground truth between `start` and `end`."""
    text: str | None = None
    """The file's text, where it is not that on disk."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another file that a suite retrieved for a task."""

    path: str
    """The file that it is from."""
    text: str
    """The piece."""


@dataclass(frozen=True, slots=True)
class TextHole:
    """A hole in a text that the suite brings along; without a suffix the text is to be continued."""

    path: str
    """A name for the text, whose suffix implies the language."""
    prefix: str
    """What precedes the hole."""
    suffix: str = ""
    """What follows it."""
    snippets: tuple[Snippet, ...] = ()
    """What the suite retrieved from other files, the most relevant first."""


@dataclass(frozen=True, slots=True)
class Case:
    """One input of a program, and what it must print."""

    stdin: str
    """What the program reads."""
    expected: tuple[str, ...]
    """What it may print: one of these."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a completion is tested: it is put between `before` and `after`, and the program is run."""

    language: str
    """One of the names in `execution/languages.py`."""
    before: str
    """The program up to the completion."""
    after: str
    """The rest of the program."""
    comparison: Comparison = "exit"
    """What the program must do."""
    cases: tuple[Case, ...] = ()
    """Inputs to try, all of which must pass; none runs the program once, without input."""
    as_literal: bool = False
    """Whether the completion is inserted as a Python string literal, for programs that run it themselves."""
    seconds: float = 10.0
    """The most time that one run of the program may take."""


@dataclass(frozen=True, slots=True)
class Task:
    """One question of a suite."""

    id: str
    """Unique in the suite."""
    group: str
    """Tasks of one group (a function, a file) are not independent: intervals take that into account."""
    language: str
    """As the suite names it; figures are also given by language."""
    question: ProjectHole | TextHole
    """The hole."""
    truth: str
    """What the author wrote there; empty where only tests decide."""
    check: Check | None = None
    """The tests, where the suite has them."""
    official: Mapping[str, str] = field(default_factory=dict)
    """Further texts of the suite that presets are made of, by the suite's own names."""
    stop: tuple[str, ...] = ()
    """Texts before which an answer ends, where the suite specifies them."""
    quiet: str = ""
    """Why silence is right here, in a word; empty where an answer is wanted. Such a task is asked as typing asks."""
