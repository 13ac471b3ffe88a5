"""The history of a repository as a suite: tasks in the order of their commits, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dovetail.command_errors import CommandError
from dovetail.evaluation.history.added import DIFF, Hunk, added_hunks
from dovetail.evaluation.history.git import Commit, Repository, recent_commits
from dovetail.evaluation.history.holes import Spot, draw, row, spots
from dovetail.evaluation.history.quiet import HOLES_A_QUIET_PLACE, drawn, quiet_rows
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import FOLLOWING, ProjectHole, Task
from dovetail_context.api import MAX_FILE_BYTES, language_for

HOLES_A_COMMIT = 8
"""The most holes of one commit, where the user names no number: one large commit must not decide the figures alone."""
QUIET_HUNKS = 6
"""The hunks of a commit that are searched for places at which silence is right."""
TEXT = "text"
"""The name of what is read as a language without a grammar: prose, data, configuration."""
PARENT = "parent"
"""The name of the commit whose state the project is in."""


def to_task(row: Row, checkout: Path, number: int) -> Task:
    """Return the task of a row that `holes.row` made. The project is in the folder `checkout`."""
    language = language_for(row["path"])
    return Task(
        id=row["id"],
        group=f"{row['commit']}:{row['path']}",
        language=language.name.casefold() if language else Path(row["path"]).suffix,
        question=ProjectHole(checkout, row["path"], row["start"], row["end"], row["text"]),
        truth=row["groundtruth"],
        official={PARENT: row["parent"], FOLLOWING: row["following"]},
        quiet=row.get("quiet", ""),
    )


HISTORY = Suite(
    name="history",
    title="lines that recent commits of your own project added",
    source="the repository that you name",
    to_task=to_task,
    scorers=("exact_match", "edit_similarity", "identifier_f1", "characters_saved", "silence"),
)


@dataclass(frozen=True, slots=True)
class HistoryChoice:
    """Which commits to take."""

    commits: int
    """The number of the last commits that have one parent."""
    until: str = "HEAD"
    """The last of them."""
    per_commit: int = HOLES_A_COMMIT
    """The most holes of one commit."""
    with_quiet: bool = True
    """Whether places at which silence is right are taken, too: a quarter as many as holes."""


def history_tasks(repository: Repository, choice: HistoryChoice, checkout: Path) -> tuple[Task, ...]:
    """Return the tasks of the chosen commits. Raises CommandError where they added nothing that can be completed."""
    tasks: list[Task] = []
    for commit in recent_commits(repository, choice.commits, choice.until):
        rows = _rows(repository, commit, choice)
        tasks += [to_task(each, checkout, len(tasks) + number) for number, each in enumerate(rows)]
    if not tasks:
        raise CommandError(
            f"the last {choice.commits} commits of {repository.top} added no line that can be completed: "
            "take more with --commits N"
        )
    return tuple(tasks)


def _rows(repository: Repository, commit: Commit, choice: HistoryChoice) -> list[Row]:
    """Return the chosen places of a commit, spread over it, in the order of its files and lines."""
    hunks = [hunk for hunk in added_hunks(repository.read(*DIFF, commit.parent, commit.id)) if _is_code(hunk.path)]
    texts = _Texts(repository, commit)
    found = [spot for hunk in hunks if (lines := texts.new(hunk)) is not None for spot in spots(commit.id, hunk, lines)]
    ordered = sorted(found, key=lambda spot: draw(commit.id, spot.hunk.path, spot.line, "order"))
    taken = list(islice(_drawn_rows(commit, ordered, texts), choice.per_commit))
    if choice.with_quiet:
        # A few holes give one quiet place in some commits and none in others, or small commits would never give any.
        number = (len(taken) + draw(commit.id, "quiet places") % HOLES_A_QUIET_PLACE) // HOLES_A_QUIET_PLACE
        taken += drawn(commit.id, list(_quiet_rows(commit, hunks, texts)), number)
    return sorted(taken, key=lambda each: (each["path"], each["start"]))


class _Texts:
    """The lines of a commit's files and of their parents, each read once; None for what is too large or no text."""

    def __init__(self, repository: Repository, commit: Commit) -> None:
        self._repository = repository
        self._commit = commit
        self._known: dict[tuple[str, str], list[str] | None] = {}

    def new(self, hunk: Hunk) -> list[str] | None:
        return self._read(self._commit.id, hunk.path)

    def old(self, hunk: Hunk) -> list[str] | None:
        return [] if hunk.is_new_file else self._read(self._commit.parent, hunk.path)

    def _read(self, commit: str, path: str) -> list[str] | None:
        if (commit, path) not in self._known:
            self._known[commit, path] = _lines(self._repository, commit, path)
        return self._known[commit, path]


def _is_code(path: str) -> bool:
    language = language_for(path)
    return language is not None and language.name != TEXT


def _drawn_rows(commit: Commit, ordered: list[Spot], texts: _Texts) -> Iterator[Row]:
    for spot in ordered:
        old_lines, new_lines = texts.old(spot.hunk), texts.new(spot.hunk)
        if old_lines is None or new_lines is None:
            continue
        made = row(commit.parent, commit.id, spot, old_lines, new_lines)
        if made is not None:
            yield made


def _quiet_rows(commit: Commit, hunks: list[Hunk], texts: _Texts) -> Iterator[Row]:
    drawn_hunks = sorted(hunks, key=lambda hunk: draw(commit.id, hunk.path, hunk.new_start, "quiet"))
    for hunk in drawn_hunks[:QUIET_HUNKS]:
        old_lines, new_lines = texts.old(hunk), texts.new(hunk)
        if old_lines is not None and new_lines is not None:
            yield from quiet_rows(commit.parent, commit.id, hunk, old_lines, new_lines)


def _lines(repository: Repository, commit: str, path: str) -> list[str] | None:
    """Return the lines of a file, with their ends; None where it is too large or no text."""
    data = repository.read("cat-file", "blob", f"{commit}:{path}")
    if len(data) > MAX_FILE_BYTES:
        return None
    try:
        *lines, last = data.decode("utf-8").split("\n")  # as git counts them
    except UnicodeDecodeError:
        return None
    return [f"{line}\n" for line in lines] + ([last] if last else [])
