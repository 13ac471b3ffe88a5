"""The one place that runs git. It reads a repository, changes nothing, and runs nothing that the repository names."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dovetail.command_errors import CommandError, UsageError

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "core.hooksPath=", "--no-pager")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of git on this machine."""

    top: Path
    """The folder with the working tree."""

    def read(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a command of git prints; `given` is its input. Raises CommandError with git's own last line."""
        return _git(self.top, *arguments, given=given)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit with one parent."""

    id: str
    """Its hash."""
    parent: str
    """The hash of the commit before it."""


def repository_at(folder: Path) -> Repository:
    """Return the repository that a folder belongs to. Raises UsageError where there is none, or no git."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name the folder of a project that git keeps")
    try:
        top = _git(folder, "rev-parse", "--show-toplevel").decode("utf-8").rstrip("\n")
    except CommandError as error:
        raise UsageError(f"{folder} has no history to read ({error}): name a project that git keeps") from None
    return Repository(Path(top).resolve())


def recent_commits(repository: Repository, number: int, until: str = "HEAD") -> tuple[Commit, ...]:
    """Return the last commits up to `until` that have exactly one parent, the oldest first. Raises CommandError."""
    one_parent = ("--min-parents=1", "--max-parents=1")
    listed = repository.read("log", *one_parent, f"--max-count={number}", "--format=%H %P", until, "--")
    pairs = [line.split() for line in listed.decode("ascii").splitlines()]
    return tuple(Commit(commit, parent) for commit, parent in reversed(pairs))


def commit_named(repository: Repository, name: str) -> str:
    """Return the hash of the commit that a name means now, such as HEAD. Raises CommandError where there is none."""
    return repository.read("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode("ascii").strip()


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *_SAFE, *arguments], input=given, capture_output=True, env=os.environ | _QUIET
        )
    except FileNotFoundError:
        raise UsageError("git is not installed here: install git, which reads the history") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"git ended with {done.returncode}"]
        raise CommandError(f"{arguments[0]}: {lines[-1]}")
    return done.stdout
